"""Names to addresses, within a deadline."""

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from cutout.adapters.safe_http.wire import remaining

Lookup = Callable[[str], Sequence[str]]
"""A host name to its addresses, best first. May block for long, may raise OSError."""

# A request has at most 100 tasks; more look-ups than this at once mean that the resolver hangs.
_MAX_LOOKUPS_AT_ONCE: Final = 128


def system_lookup(host: str) -> list[str]:
    """The addresses that the system's resolver has for `host`, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Resolver:
    """Looks names up on threads of its own: getaddrinfo can be neither given a time-out nor interrupted."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._slots = threading.BoundedSemaphore(_MAX_LOOKUPS_AT_ONCE)

    def addresses(self, host: str, deadline: float) -> list[IPv4Address | IPv6Address]:
        """All addresses of `host`; none if it isn't known. Raises TimeoutError at the deadline."""
        if not self._slots.acquire(timeout=remaining(deadline)):
            raise TimeoutError
        answer: Future[Sequence[str]] = Future()
        # A daemon, unlike an executor's thread: a hanging look-up doesn't keep the process from ending.
        threading.Thread(target=self._look_up, args=(host, answer), name="resolve", daemon=True).start()
        try:
            found = answer.result(timeout=remaining(deadline))
        except TimeoutError:
            raise
        except OSError:
            return []
        return [ip_address(address) for address in found]

    def _look_up(self, host: str, answer: "Future[Sequence[str]]") -> None:
        try:
            answer.set_result(self._lookup(host))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            answer.set_exception(error)
        finally:
            self._slots.release()
