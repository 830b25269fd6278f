"""The relay, between two addresses of this machine."""

import socket
from threading import Thread

from local.relay import relay


def test_what_is_sent_comes_back_from_the_other_side():
    with socket.create_server(("127.0.0.1", 0)) as inner:
        port = inner.getsockname()[1]

        def echo():
            connection, _ = inner.accept()
            with connection:
                while chunk := connection.recv(1 << 16):
                    connection.sendall(chunk)

        thread = Thread(target=echo)
        thread.start()
        sent = bytes(range(256)) * 4096
        received = b""
        with relay("127.0.0.2", port), socket.create_connection(("127.0.0.2", port)) as outer:
            sender = Thread(target=lambda: (outer.sendall(sent), outer.shutdown(socket.SHUT_WR)))
            sender.start()
            while chunk := outer.recv(1 << 16):
                received += chunk
            sender.join()
        thread.join()
    assert received == sent


def test_nothing_listens_afterwards():
    with socket.create_server(("127.0.0.1", 0)) as inner:
        port = inner.getsockname()[1]
        with relay("127.0.0.2", port):
            pass
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.2", port)) != 0
