"""The drop box's objects in memory, and the whole drop box on fakes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from cutout.domain.prices import WayIn
from cutout.domain.removal import InputLimits
from cutout.domain.tasks import RemovalTask
from cutout.service.dropbox import Drop, DropBox, Opened
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Rejected
from cutout.wire.drops import removal_of
from cutout.wire.requests import Models
from cutout.wire.responses import error_item
from tests.fakes.stores import MemoryAccountStore
from tests.fakes.world import ALICE, World, png

MODELS = Models({"u2netp": "u2netp", "u2net": "u2net"}, "u2netp")


@dataclass
class MemoryDropBox:
    """`originals`: (version, content, metadata) by key. `put_fault` is raised by the next put."""

    originals: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    results: dict[str, tuple[bytes, str, dict[str, str]]] = field(default_factory=dict)
    reads: int = 0
    put_fault: BaseException | None = None
    writes: int = 0

    def upload(self, key: str, content: bytes | None = None, **metadata: str) -> None:
        self.writes += 1
        self.originals[key] = (self.writes, png() if content is None else content, metadata)

    @contextmanager
    def open(self, drop: Drop) -> Iterator[Opened | None]:
        if drop.key not in self.originals:
            yield None
            return
        version, content, metadata = self.originals[drop.key]

        def read() -> bytes:
            self.reads += 1
            return content

        yield Opened(drop.bucket, drop.key, str(version), f"etag-{version}", len(content), metadata, read)

    def is_current(self, opened: Opened, drop: Drop) -> bool:
        return opened.key in self.originals and str(self.originals[opened.key][0]) == opened.version

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        fault, self.put_fault = self.put_fault, None
        if fault:
            raise fault
        self.results[key] = (content, content_type, dict(metadata))

    def remove(self, key: str) -> None:
        self.results.pop(key, None)

    def remove_original(self, opened: Opened) -> None:
        if self.originals.get(opened.key, (0,))[0] == int(opened.version):
            del self.originals[opened.key]


@dataclass
class DropWorld(World):
    drops: MemoryDropBox = field(default_factory=MemoryDropBox)
    keep_originals: bool = True
    defaults: Mapping[str, object] = field(default_factory=dict)
    parsed: list[RemovalTask] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.database.accounts[ALICE.account_id] = ALICE

    def take(self, key: str = "uploads/alice/a.png", *, deadline: float = 25.0, way_in: WayIn = WayIn.QUEUE, **fields: object):
        """Deliver an event of the key, as it comes from the queue."""
        box = DropBox(
            desk=self.desk,
            accounts=MemoryAccountStore(self.database),
            objects=self.drops,
            engine=self.engine,
            limits=InputLimits(max_bytes=10_000),
            parse=self._parse,
            explain=lambda rejected: json.dumps(error_item(rejected, "https://docs")).encode(),
            report=self.reported.append,
            keep_originals=self.keep_originals,
            smaller_png=self.smaller_png,
        )
        account, _, name = key.removeprefix("uploads/").partition("/")
        drop = Drop("bucket", key, account if name else None, "results/" + key.removeprefix("uploads/"))
        invocation = Invocation(1, lambda: self.monotonic_s, deadline, AnswerRoom(0), way_in)
        return box.take(replace(drop, **fields), invocation)  # type: ignore[arg-type]

    def _parse(self, *names: object) -> RemovalTask:
        task = removal_of(*names, defaults=self.defaults, models=MODELS)  # type: ignore[arg-type]
        self.parsed.append(task)
        return task

    def error_of(self, key: str) -> dict[str, object]:
        content, content_type, _ = self.drops.results[f"results/{key}.error.json"]
        assert content_type == "application/json"
        error: dict[str, object] = json.loads(content)
        return error


def is_refused(outcome: object, code: str) -> bool:
    return isinstance(outcome, Rejected) and outcome.error.code == code
