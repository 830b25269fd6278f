"""`runware-sdk` as its users call it. Arguments: the URL, the key, seconds of patience."""

import asyncio
import sys
from typing import Any

import lines
from runware import Runware, RunwareError, file_to_data_uri


async def main(url: str, key: str, patience_s: str) -> None:
    address = {"transport": "rest", "http_base_url": url} if url.startswith("http") else {"ws_base_url": url}
    patience_ms = int(patience_s) * 1000
    client = Runware(api_key=key, timeout=patience_ms, poll_timeout=patience_ms, **address)

    async def remove(image: str, *, is_file: bool = False, **task: Any) -> dict[str, Any]:
        inputs = {"image": file_to_data_uri(image) if is_file else image}
        (item,) = await client.run({"taskType": "removeBackground", "model": "runware:109@1", "inputs": inputs, **task})
        return item

    async def upload(image: str) -> dict[str, Any]:
        (item,) = await client.image_upload({"image": file_to_data_uri(image)})
        return item

    async def store(**parameters: str) -> dict[str, Any]:
        (item,) = await client.media_storage(parameters)
        return item

    async def fetch(task: str) -> dict[str, Any]:
        (item,) = await client.get_response({"taskUUID": task})
        return item

    async def account() -> dict[str, Any]:
        (item,) = await client.account_management({"operation": "getDetails"})
        return item

    calls = {"connect": client.connect, "remove": remove, "upload": upload, "store": store, "fetch": fetch, "account": account}
    await lines.serve(calls, as_error)
    await client.close()


def as_error(error: Exception) -> dict[str, Any]:
    if isinstance(error, RunwareError):
        return {"code": error.code, "message": error.message, "parameter": error.parameter, "taskUUID": error.task_uuid}
    return {"code": type(error).__name__, "message": str(error)}


asyncio.run(main(*sys.argv[1:]))
