"""A user's webhook receiver, which believes nothing that isn't signed."""

import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from standardwebhooks import Webhook

PATIENCE_S = 60


class Receiver:
    """Keeps what came, by the task's UUID. `secret` is what the account's deliveries are signed with."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/results"
        self.secret = ""
        self._came: dict[str, Any] = {}
        self._news = Condition()

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Raises WebhookVerificationError."""
        item = Webhook(self.secret).verify(body, headers)
        assert headers["webhook-id"] == item["taskUUID"]
        with self._news:
            self._came[item["taskUUID"]] = item
            self._news.notify_all()

    def delivery(self, task: str) -> dict[str, Any]:
        """What came, or comes soon, for a task."""
        with self._news:
            assert self._news.wait_for(lambda: task in self._came, PATIENCE_S), f"nothing came for {task}"
            return self._came[task]


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            try:
                receiver.take(headers, body)
            except Exception as error:  # noqa: BLE001 - told to the sender, which is what a failed check has to look like
                self.send_error(400, str(error))
            else:
                self.send_response(204)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    Thread(target=server.serve_forever, daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()
