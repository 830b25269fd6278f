"""WebSocket sessions in memory, and connections that remember what was sent to them."""

from dataclasses import dataclass, field
from uuid import UUID

from cutout.domain.errors import ServiceUnavailable
from cutout.service.sessions import Session

SESSION_MS = 24 * 3600 * 1000


@dataclass
class MemorySessionStore:
    """`sessions`: account, present connection and end, by UUID."""

    connections: dict[str, Session] = field(default_factory=dict)
    sessions: dict[UUID, tuple[str, str | None, int]] = field(default_factory=dict)

    def start(self, session: Session, now_ms: int) -> None:
        self.sessions[session.session_uuid] = (session.account_id, session.connection_id, now_ms + SESSION_MS)
        self.connections[session.connection_id] = session

    def resume(self, session: Session, now_ms: int) -> bool:
        account_id, _, ends_ms = self.sessions.get(session.session_uuid, ("", None, 0))
        if account_id != session.account_id or ends_ms <= now_ms:
            return False
        self.start(session, now_ms)
        return True

    def on_connection(self, connection_id: str) -> Session | None:
        return self.connections.get(connection_id)

    def connection_of(self, session_uuid: UUID) -> str | None:
        return self.sessions.get(session_uuid, ("", None, 0))[1]

    def redirect(self, session: UUID, to: UUID) -> None:
        connection_id = self.connection_of(to)
        if connection_id and session in self.sessions:
            account_id, _, ends_ms = self.sessions[session]
            self.sessions[session] = (account_id, connection_id, ends_ms)

    def end(self, connection_id: str) -> None:
        session = self.connections.pop(connection_id, None)
        if session and self.connection_of(session.session_uuid) == connection_id:
            account_id, _, ends_ms = self.sessions[session.session_uuid]
            self.sessions[session.session_uuid] = (account_id, None, ends_ms)


@dataclass
class MemoryConnections:
    """All are open, but those in `gone`. `away`: nothing answers."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    away: bool = False

    def send(self, connection_id: str, frame: bytes) -> bool:
        if self.away:
            raise ServiceUnavailable("Away.")
        if connection_id in self.gone:
            return False
        self.sent.append((connection_id, frame))
        return True

    def close(self, connection_id: str) -> None:
        if self.away:
            raise ServiceUnavailable("Away.")
        self.gone.add(connection_id)


@dataclass
class MemoryWatch:
    watched: list[str] = field(default_factory=list)

    def set(self, connection_id: str) -> None:
        self.watched.append(connection_id)
