"""WebSocket messages, in and out: an array of tasks in each that comes, one result in each that goes."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from cutout.service.outcomes import Rejected
from cutout.service.sockets import MAX_FRAME_BYTES, Authentication, Frame, Pong, Reply, Welcome, too_large
from cutout.wire.requests import AUTHENTICATION, Models, open_body, parse_task
from cutout.wire.responses import error_item, frames

PING = "ping"


def open_frame(text: str, models: Models, http_hosts: Collection[str] = ()) -> Frame:
    """What a client sent, parsed. `http_hosts` is as in `parse_task`.

    Raises:
        InvalidRequest: it isn't an array of 1 to 100 tasks.
    """
    body = open_body(text)
    tasks = [element for element in body.elements if not _is_ping(element)]
    return Frame(
        authentication=_authentication(body.authentication, body.api_key) if body.authentication is not None else None,
        pings=len(body.elements) - len(tasks),
        requests=[parse_task(element, models, http_hosts) for element in tasks],
    )


def reply_frames(replies: Iterable[Reply], documentation: str) -> Iterator[bytes]:
    """A frame for each reply but those that come by themselves later; what wouldn't fit into one is replaced by an error."""
    for reply in replies:
        match reply:
            case Welcome(session):
                # Without a taskUUID: with one, a client never takes itself for connected.
                yield _text({"data": [{"taskType": AUTHENTICATION, "connectionSessionUUID": str(session)}]})
            case Pong():
                yield _text({"data": [{"taskType": PING, "pong": True}]})
            case _:
                for frame in frames([reply], documentation):
                    yield _within_limit(frame, documentation)


def _is_ping(element: object) -> bool:
    return isinstance(element, Mapping) and element.get("taskType") == PING


def _authentication(element: Mapping[str, object], api_key: str | None) -> Authentication:
    session = element.get("connectionSessionUUID")
    try:
        return Authentication(api_key, UUID(session) if isinstance(session, str) else None)
    except ValueError:
        # No session of ours has such a name: as good as none.
        return Authentication(api_key)


def _within_limit(frame: dict[str, Any], documentation: str) -> bytes:
    text = _text(frame)
    if len(text) <= MAX_FRAME_BYTES:
        return text
    (item,) = frame.get("data") or frame["errors"]
    rejected = Rejected(too_large(len(text)), item.get("taskType"), item.get("taskUUID"))
    return _text({"errors": [error_item(rejected, documentation)]})


def _text(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()
