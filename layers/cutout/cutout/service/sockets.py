"""What happens on a WebSocket connection: it opens, is authenticated by its first message, brings tasks, and ends."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cutout.domain.accounts import hash_key
from cutout.domain.errors import CutoutError, InvalidApiKey, MissingApiKey, OurFault, OutputTooLarge, as_cutout_error
from cutout.domain.tasks import Task
from cutout.service.acceptance import Acceptance
from cutout.service.access import keep_to_rate
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Outcome, Rejected
from cutout.service.ports import AccountStore, Clock, RateCounter
from cutout.service.sessions import Connections, Session, SessionStore, Watch

_AUTHENTICATION: Final = "authentication"
MAX_FRAME_BYTES: Final = 128 * 1024
"""API Gateway's limit on a message, either way."""
_FRAME_ROOM_BYTES: Final = MAX_FRAME_BYTES - 4 * 1024
"""What an inline result may take; the rest is for keys, UUIDs and a URL."""


@dataclass(frozen=True, slots=True)
class Authentication:
    """`session`: one to be resumed."""

    api_key: str | None
    session: UUID | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What a client sent at a stroke."""

    authentication: Authentication | None = None
    pings: int = 0
    requests: Sequence[Task | Rejected] = ()


@dataclass(frozen=True, slots=True)
class Welcome:
    """The key is good."""

    session: UUID


@dataclass(frozen=True, slots=True)
class Pong:
    """Answers a ping."""


Reply = Welcome | Pong | Outcome


class FrameRoom(AnswerRoom):
    """Each result has a frame of its own, and with it all the room of one."""

    def __init__(self) -> None:
        super().__init__(_FRAME_ROOM_BYTES)

    def take(self, wanted: int) -> None:
        """Raises OutputTooLarge: it doesn't fit."""
        if wanted > _FRAME_ROOM_BYTES:
            raise too_large(wanted)


def too_large(size: int) -> OutputTooLarge:
    return OutputTooLarge(
        f"The result takes {size:,} bytes, and a WebSocket message carries {MAX_FRAME_BYTES:,}. Ask for outputType "
        '"URL" instead, or for the result by getResponse over HTTPS.',
        parameter="outputType",
        allowed=("URL",),
        maximum=MAX_FRAME_BYTES,
    )


@dataclass(frozen=True, slots=True)
class Sockets:
    sessions: SessionStore
    connections: Connections
    watch: Watch
    accounts: AccountStore
    rates: RateCounter
    acceptance: Acceptance
    clock: Clock
    new_uuid: Callable[[], UUID]
    report: Callable[[CutoutError], None]

    def opened(self, connection_id: str) -> None:
        """Raises ServiceUnavailable: better no connection than one that nobody looks at again."""
        self.watch.set(connection_id)

    def closed(self, connection_id: str) -> None:
        self.sessions.end(connection_id)

    def look_again(self, connection_id: str) -> None:
        """Half a minute has passed: close it if nobody has authenticated. May come twice."""
        if self.sessions.on_connection(connection_id) is None:
            self.connections.close(connection_id)

    def received(self, connection_id: str, frame: Frame, invocation: Invocation) -> Iterator[Reply]:
        """The replies, each for a frame of its own. Never raises: what is wrong is in a `Rejected`."""
        for _ in range(frame.pings):
            yield Pong()
        try:
            if frame.authentication:
                yield Welcome(self._authenticate(connection_id, frame.authentication))
        except Exception as fault:  # noqa: BLE001 (whatever it is, the client is told)
            error = self._told(fault)
            yield Rejected(error, _AUTHENTICATION)
            yield from _all_refused(frame.requests, error)
            return
        if frame.requests:
            try:
                replies: Sequence[Reply] = self._accept(connection_id, frame.requests, invocation)
            except Exception as fault:  # noqa: BLE001
                replies = _all_refused(frame.requests, self._told(fault))
            yield from replies

    def send(self, connection_id: str, frames: Iterable[bytes]) -> None:
        """To a connection that may have ended meanwhile. What isn't sent stays to be asked for, by `getResponse`."""
        try:
            if not all(self.connections.send(connection_id, frame) for frame in frames):
                self.sessions.end(connection_id)
        except OurFault as error:
            self.report(error)

    def _authenticate(self, connection_id: str, given: Authentication) -> UUID:
        if not given.api_key:
            raise MissingApiKey('apiKey is missing. Send [{"taskType": "authentication", "apiKey": "KEY"}].', parameter="apiKey")
        key_hash = hash_key(given.api_key)
        account = self.accounts.find_by_key(key_hash)
        if account is None:
            raise InvalidApiKey("This API key isn't known here, or it was revoked.", parameter="apiKey")
        now_ms = self.clock()
        if given.session:
            resumed = Session(given.session, account.account_id, key_hash, connection_id)
            if self.sessions.resume(resumed, now_ms):
                return given.session
        # One that has expired, or is somebody else's, is no reason to keep a client out: it gets a new one.
        session = Session(self.new_uuid(), account.account_id, key_hash, connection_id)
        self.sessions.start(session, now_ms)
        return session.session_uuid

    def _accept(self, connection_id: str, requests: Sequence[Task | Rejected], invocation: Invocation) -> list[Outcome]:
        session = self.sessions.on_connection(connection_id)
        if session is None:
            raise MissingApiKey('Authenticate first: send [{"taskType": "authentication", "apiKey": "KEY"}] as the first message.')
        account = self.accounts.find_by_key(session.key_hash)
        if account is None:
            raise InvalidApiKey("The API key that this connection was opened with was revoked, or its account is suspended.")
        keep_to_rate(account, self.rates, self.clock())
        return self.acceptance.submit(requests, account, invocation, session.session_uuid)

    def _told(self, fault: Exception) -> CutoutError:
        error = as_cutout_error(fault)
        if isinstance(error, OurFault):
            self.report(error)
        return error


def _all_refused(requests: Sequence[Task | Rejected], error: CutoutError) -> list[Rejected]:
    """Each with its own UUID: clients wait for that."""
    return [Rejected(error, request.task_type, str(request.task_uuid) if request.task_uuid else None) for request in requests]
