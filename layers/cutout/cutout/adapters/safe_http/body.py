"""The body of an answer: complete, within the limit, or refused."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Final

from cutout.adapters.safe_http.target import Refused
from cutout.adapters.safe_http.wire import Wire

NOT_HTTP: Final = "The URL's answer isn't valid HTTP."

_PIECE_BYTES: Final = 64 * 1024
# Chunked framing costs some 8 bytes a chunk: enough for chunks of 64 bytes on average, far below what real servers send.
_FRAMING_SHARE: Final = 8
_MAX_TRAILER_BYTES: Final = 64 * 1024
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_COMPRESSIONS: Final = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})


class BodyTooLarge(Exception):
    """The body is, or says that it is, over the limit."""


def read_body(response: HTTPResponse, wire: Wire, max_bytes: int) -> bytes:
    """The body of a complete answer of status 200, as it was sent. Raises BodyTooLarge, Refused, or what `wire` raises."""
    if response.status != HTTPStatus.OK:
        raise Refused(f"The URL answered with status {response.status} instead of 200.")
    # Other codings than compressions are nonsense that browsers ignore too ("base64" and "utf-8" are common on S3).
    if not _COMPRESSIONS.isdisjoint(_tokens(response, "Content-Encoding")):
        raise Refused("The URL answered with a compressed body, although none was asked for.")
    declared = _declared_length(response)
    if declared is not None and declared > max_bytes:
        raise BodyTooLarge
    wire.allow(max_bytes + max_bytes // _FRAMING_SHARE + _MAX_TRAILER_BYTES)
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(response):
        size += len(piece)
        if size > max_bytes:
            raise BodyTooLarge
        pieces.append(piece)
    if declared is not None and size < declared:
        raise Refused("The connection to the URL's host ended before the whole image had arrived.")
    # http.client also takes a head that breaks off for a complete one.
    if not pieces:
        raise Refused("The URL answered with nothing.")
    return b"".join(pieces)


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := response.read(_PIECE_BYTES):
            yield piece
    except ValueError as error:
        # http.client takes -3 for a chunk's size and only then fails to read so many bytes.
        raise Refused(NOT_HTTP) from error


def _declared_length(response: HTTPResponse) -> int | None:
    """The body's length, None where only its end will show it. Two ways to read one body are refused (RFC 9112, 6.3)."""
    lengths = {value.strip() for value in response.headers.get_all("Content-Length", [])}
    codings = _tokens(response, "Transfer-Encoding")
    if codings and (codings != ["chunked"] or not response.chunked or lengths):
        raise Refused(NOT_HTTP)
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise Refused(NOT_HTTP)
    return int(length)


def _tokens(response: HTTPResponse, header: str) -> list[str]:
    values = ",".join(response.headers.get_all(header, []))
    return [token.strip().lower() for token in values.split(",") if token.strip()]
