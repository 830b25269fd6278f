"""A small made-up Internet: names, public addresses, and real servers on 127.0.0.1 behind them."""

import contextlib
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Self

from cutout.adapters.safe_http import SafeHttp

PUBLIC = "93.184.215.14"
"""Where the names of these tests lead to unless a test says otherwise."""

URL = "http://images.example/a.png"
IMAGE = b"\x89PNG and so on"
LIMIT = 1000

Answer = bytes | Callable[[socket.socket, threading.Event], None]
"""What a server sends: bytes, or a function that writes to the connection until the event tells it to stop."""


def ok(body: bytes, *headers: str) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n" + body


def sized(body: bytes) -> bytes:
    return ok(body, f"Content-Length: {len(body)}")


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def endlessly(start: bytes, again: bytes, pause_s: float = 0.0) -> Answer:
    """Send `start`, then `again` for ever, with a pause before each."""

    def write(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(start)
        while not stop.wait(pause_s):
            connection.sendall(again)

    return write


def silence(_connection: socket.socket, stop: threading.Event) -> None:
    stop.wait()


class Server:
    """Accepts connections on 127.0.0.1, reads one request from each and gives the next answer; the last one repeats."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.hung_up = threading.Event()
        """Set once a client closed its connection."""
        self._answers = deque(answers)
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
            thread = threading.Thread(target=self._serve, args=(connection, answer))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, answer: Answer) -> None:
        # The client hangs up in the middle of most of these answers; that isn't this server's error.
        with contextlib.suppress(OSError), contextlib.ExitStack() as open_connections:
            open_connections.enter_context(connection)
            connection.settimeout(5)
            if self._tls is not None:
                connection = open_connections.enter_context(self._tls.wrap_socket(connection, server_side=True))
            self.requests.append(_read_request(connection))
            if callable(answer):
                answer(connection, self._stop)
            else:
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
            self.hung_up.set()


def _read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += _some(connection)
    head, _, body = request.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.partition(b":")[2]):
                body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionResetError
    return part


class Internet:
    """Names and addresses for a SafeHttp: every public address leads to one local server.

    `names` gives each name its answers, one a look-up; the last one repeats. A name that isn't there doesn't exist.
    """

    def __init__(self, server: Server | None = None, names: dict[str, Sequence[Sequence[str]]] | None = None) -> None:
        self.lookups: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.connections: list[socket.socket] = []
        self._server = server
        self._names = {name: deque(answers) for name, answers in (names or {"images.example": [[PUBLIC]]}).items()}

    def lookup(self, host: str) -> Sequence[str]:
        self.lookups.append(host)
        answers = self._names.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers.popleft() if len(answers) > 1 else answers[0]

    def dial(self, address: IPv4Address | IPv6Address, port: int, timeout_s: float) -> socket.socket:
        self.dialled.append((str(address), port))
        if self._server is None:
            raise ConnectionRefusedError
        connection = socket.create_connection(("127.0.0.1", self._server.port), timeout_s)
        connection.settimeout(None)  # so that only the time-outs that SafeHttp sets count
        self.connections.append(connection)
        return connection

    def http(self, *, tls: ssl.SSLContext | None = None, timeout_s: float = 5.0) -> SafeHttp:
        return SafeHttp(lookup=self.lookup, dial=self.dial, tls=tls, timeout_s=timeout_s)


def soon(seconds: float = 5.0) -> float:
    """A deadline."""
    return time.monotonic() + seconds


def get(internet: Internet, url: str = URL, *, max_bytes: int = LIMIT, seconds: float = 5.0) -> bytes:
    return internet.http().get(url, max_bytes=max_bytes, deadline=soon(seconds))
