"""A network that breaks when it is told to: a relay of connections, which ends all that there are."""

import contextlib
import socket
from collections.abc import Iterator
from threading import Lock, Thread


class Wire:
    """Leads from a port of its own to another."""

    def __init__(self, server: socket.socket, port: int) -> None:
        self.port: int = server.getsockname()[1]
        self._server = server
        self._target = ("127.0.0.1", port)
        self._ends: list[socket.socket] = []
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> int:
        """How many connections it ended."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        return len(ends) // 2

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the end of the test
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(self._target)
                with self._lock:
                    self._ends += [client, server]
                for source, target in ((client, server), (server, client)):
                    Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        wire = Wire(server, port)
        try:
            yield wire
        finally:
            server.shutdown(socket.SHUT_RDWR)
            wire.cut()
