"""The test's line to a client: a call a line on stdin, an answer a line on stdout, as many at once as are sent.

Runs in the client's own environment, so: the standard library only.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Call = Callable[..., Awaitable[Any]]
AsError = Callable[[Exception], dict[str, Any]]


async def serve(calls: Mapping[str, Call], as_error: AsError) -> None:
    """Until stdin ends."""

    async def answer(line: bytes) -> None:
        asked = json.loads(line)
        try:
            told = {"result": await calls[asked["call"]](**asked["with"])}
        except Exception as error:  # noqa: BLE001 - whatever the client raises is what the test wants to know
            told = {"error": as_error(error)}
        sys.stdout.write(json.dumps({"id": asked["id"], **told}) + "\n")
        sys.stdout.flush()

    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with asyncio.TaskGroup() as group:
        async for line in reader:
            group.create_task(answer(line))
