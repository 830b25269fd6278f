"""WebSocket connections to the whole service on fakes: text in, frames out."""

import json
from dataclasses import dataclass, field
from uuid import uuid4

from cutout.domain.accounts import Account, ApiKey, hash_key
from cutout.domain.prices import WayIn
from cutout.service.invocation import Invocation
from cutout.service.sessions import SessionPush
from cutout.service.sockets import FrameRoom, Sockets
from cutout.wire.frames import open_frame, reply_frames
from cutout.wire.requests import Models
from tests.fakes.rates import MemoryRateCounter
from tests.fakes.sessions import MemoryConnections, MemorySessionStore, MemoryWatch
from tests.fakes.stores import MemoryAccountStore
from tests.fakes.world import ALICE, World

MODELS = Models({"u2netp": "u2netp"}, "u2netp")
DOCS = "https://docs"


@dataclass
class SocketWorld(World):
    sessions: MemorySessionStore = field(default_factory=MemorySessionStore)
    connections: MemoryConnections = field(default_factory=MemoryConnections)
    watch: MemoryWatch = field(default_factory=MemoryWatch)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.front = Sockets(
            sessions=self.sessions,
            connections=self.connections,
            watch=self.watch,
            accounts=MemoryAccountStore(self.database),
            rates=MemoryRateCounter(),
            acceptance=self.acceptance,
            clock=lambda: self.now_ms,
            new_uuid=uuid4,
            report=self.reported.append,
        )
        self.push = SessionPush(self.sessions, self.connections)

    def key_of(self, account: Account = ALICE) -> str:
        """A new key."""
        key = f"ck_{uuid4().hex}"
        self.database.accounts[account.account_id] = account
        self.database.keys[hash_key(key)] = ApiKey(hash_key(key), account.account_id, "test", key[-4:], self.now_ms)
        return key

    def say(self, connection_id: str, message: object) -> list[dict]:
        """The frames that come back at once."""
        before = len(self.connections.sent)
        frame = open_frame(message if isinstance(message, str) else json.dumps(message), MODELS)
        invocation = Invocation(max(1, len(frame.requests)), lambda: 0.0, 20.0, FrameRoom(), WayIn.WEBSOCKET)
        self.front.send(connection_id, reply_frames(self.front.received(connection_id, frame, invocation), DOCS))
        return [json.loads(sent) for to, sent in self.connections.sent[before:] if to == connection_id]

    def authenticate(self, connection_id: str, key: str, **more: object) -> str:
        """The session's UUID."""
        (frame,) = self.say(connection_id, [{"taskType": "authentication", "apiKey": key, **more}])
        return frame["data"][0]["connectionSessionUUID"]
