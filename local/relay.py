"""Containers reach what listens on 127.0.0.1 only: a relay on the address that this machine has for them."""

import contextlib
import socket
from collections.abc import Iterator
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Final

_CHUNK: Final = 1 << 16


@contextlib.contextmanager
def relay(address: str, port: int) -> Iterator[None]:
    """Pass connections to `address`:`port` on to 127.0.0.1:`port`, until the end of the `with` block.

    Raises:
        OSError: the address isn't this machine's, or the port is taken there.
    """
    with _Relay((address, port), _Connection) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


class _Relay(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


class _Connection(BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.server_address[1])) as inner:
            back = Thread(target=_copy, args=(inner, self.request), daemon=True)
            back.start()
            _copy(self.request, inner)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    # One that hangs up in the middle ends the connection, and that is all.
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
