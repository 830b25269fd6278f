"""WebSocket connections and sessions in DynamoDB."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cutout.adapters.dynamodb.actions import delete, put, update
from cutout.adapters.dynamodb.keys import connection_key, session_key
from cutout.adapters.dynamodb.table import Table
from cutout.service.sessions import Session

_CONNECTION_S: Final = 3 * 3600
"""API Gateway ends a connection after two hours."""
_SESSION_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class DynamoSessionStore:
    """Two items, written one after the other and not in a transaction: a connection's comes last, and is what makes it authenticated."""

    table: Table

    def start(self, session: Session, now_ms: int) -> None:
        self.table.change(
            put(
                {
                    **session_key(session.session_uuid),
                    "account": session.account_id,
                    "connection": session.connection_id,
                    "expires_at": now_ms // 1000 + _SESSION_S,
                }
            )
        )
        self._connect(session, now_ms)

    def resume(self, session: Session, now_ms: int) -> bool:
        moved = update(
            session_key(session.session_uuid),
            "SET #connection = :connection, #expires_at = :expires_at",
            "#account = :account AND #expires_at > :now",
            account=session.account_id,
            connection=session.connection_id,
            expires_at=now_ms // 1000 + _SESSION_S,
            now=now_ms // 1000,
        )
        if self.table.change(moved):
            return False
        self._connect(session, now_ms)
        return True

    def on_connection(self, connection_id: str) -> Session | None:
        item = self.table.get(connection_key(connection_id))
        return Session(UUID(item["session"]), item["account"], item["key_hash"], connection_id) if item else None

    def connection_of(self, session_uuid: UUID) -> str | None:
        item = self.table.get(session_key(session_uuid))
        return item.get("connection") if item else None

    def redirect(self, session: UUID, to: UUID) -> None:
        connection_id = None if session == to else self.connection_of(to)
        if connection_id is None:
            return
        self.table.change(
            update(session_key(session), "SET #connection = :connection", "attribute_exists(#pk)", connection=connection_id)
        )

    def end(self, connection_id: str) -> None:
        session = self.on_connection(connection_id)
        if session is None:
            return
        self.table.change(
            update(session_key(session.session_uuid), "REMOVE #connection", "#connection = :connection", connection=connection_id)
        )
        self.table.change(delete(connection_key(connection_id)))

    def _connect(self, session: Session, now_ms: int) -> None:
        self.table.change(
            put(
                {
                    **connection_key(session.connection_id),
                    "session": str(session.session_uuid),
                    "account": session.account_id,
                    "key_hash": session.key_hash,
                    "expires_at": now_ms // 1000 + _CONNECTION_S,
                }
            )
        )
