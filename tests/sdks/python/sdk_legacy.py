"""`runware`, the client before `runware-sdk`, as its users call it: WebSocket only. Arguments: the URL, the key, seconds of patience."""

import asyncio
import sys
from dataclasses import asdict
from typing import Any

import lines
from runware import IAsyncTaskResponse, IImageBackgroundRemoval, Runware
from runware.utils import RunwareAPIError


async def main(url: str, key: str, _patience_s: str) -> None:
    # It has no time limit that can be set: 60 s for an upload, 120 s for a removal.
    client = Runware(api_key=key, url=url)

    async def remove(image: str, *, is_file: bool = False, **task: Any) -> dict[str, Any]:
        # It finds out by itself whether it is a file, and uploads it first.
        removal = IImageBackgroundRemoval(inputImage=image, model="runware:109@1", **task)
        answer = await client.imageBackgroundRemoval(removal)
        return told(answer if isinstance(answer, IAsyncTaskResponse) else answer[0])

    async def upload(image: str) -> dict[str, Any]:
        return told(await client.uploadImage(image))

    async def store(media: str) -> dict[str, Any]:
        return told(await client.uploadMedia(media))

    async def fetch(task: str) -> dict[str, Any]:
        return told((await client.getResponse(task))[0])

    calls = {"connect": client.connect, "remove": remove, "upload": upload, "store": store, "fetch": fetch}
    await lines.serve(calls, as_error)
    await client.disconnect()


def told(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if value is not None}


def as_error(error: Exception) -> dict[str, Any]:
    if isinstance(error, RunwareAPIError):
        return {name: error.error_data.get(name) for name in ("code", "message", "parameter", "taskUUID")}
    return {"code": type(error).__name__, "message": str(error)}


asyncio.run(main(*sys.argv[1:]))
