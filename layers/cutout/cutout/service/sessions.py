"""Who speaks on a WebSocket connection, and how they are reached.

A session outlives its connection: who comes back with its UUID gets what is finished from then on.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Session:
    """`key_hash` is that of the API key: it is looked up with each frame, so that a revoked key is dead at once."""

    session_uuid: UUID
    account_id: str
    key_hash: str
    connection_id: str


class SessionStore(Protocol):
    """Which session is on which connection."""

    def start(self, session: Session, now_ms: int) -> None:
        """A new session."""
        ...

    def resume(self, session: Session, now_ms: int) -> bool:
        """Moves a session of the same account to `session.connection_id`. False: the account has no such session (any more)."""
        ...

    def on_connection(self, connection_id: str) -> Session | None:
        """None: nobody has authenticated there."""
        ...

    def connection_of(self, session_uuid: UUID) -> str | None:
        """None: nobody is connected."""
        ...

    def redirect(self, session: UUID, to: UUID) -> None:
        """What is sent to the one goes to where the other is connected now: `service.ports.Sessions`."""
        ...

    def end(self, connection_id: str) -> None:
        """The connection is no more. Does nothing if it isn't known; leaves a session alone that has moved on."""
        ...


class Connections(Protocol):
    """The connections themselves."""

    def send(self, connection_id: str, frame: bytes) -> bool:
        """False: the connection is no more.

        Raises:
            ServiceUnavailable: it may not have been sent.
        """
        ...

    def close(self, connection_id: str) -> None:
        """Does nothing if it is no more.

        Raises:
            ServiceUnavailable: it may not have been closed.
        """
        ...


class Watch(Protocol):
    """Looks at a connection again, half a minute after it came to be."""

    def set(self, connection_id: str) -> None:
        """Raises ServiceUnavailable: nobody may look."""
        ...


@dataclass(frozen=True, slots=True)
class SessionPush:
    """Sends to whoever holds a session: `service.ports.Push`."""

    sessions: SessionStore
    connections: Connections

    def push(self, session: UUID, frame: bytes) -> bool:
        """False: nobody is connected.

        Raises:
            ServiceUnavailable: it may not have been sent.
        """
        connection_id = self.sessions.connection_of(session)
        if connection_id is None:
            return False
        if self.connections.send(connection_id, frame):
            return True
        self.sessions.end(connection_id)
        return False
