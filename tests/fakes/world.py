"""The whole service on fakes, with a clock that tests turn themselves."""

import io
import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from cutout.domain.accounts import Account
from cutout.domain.charges import Charge
from cutout.domain.errors import InvalidParameter
from cutout.domain.prices import WayIn, load_price_book, tariff
from cutout.domain.removal import InputLimits, OutputSettings, RemovalSettings
from cutout.domain.tasks import ImageSource, InlineImage, RemovalTask, Task, TaskKey, UploadTask
from cutout.imaging.engine import Stage, untimed
from cutout.imaging.image import Cutout, Image, Matte
from cutout.service.acceptance import Acceptance
from cutout.service.accounts import Accounts
from cutout.service.desk import TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Outcome, Rejected
from cutout.service.perform import Performer
from cutout.service.queries import Queries
from cutout.service.queued import QueuedTasks
from cutout.service.removal import Removals
from cutout.service.respond import Responses
from cutout.service.storage import Storage
from cutout.service.submit import Submissions
from cutout.service.tell import Teller
from cutout.service.uploads import Uploads
from cutout.wire.jobs import job_of, job_text
from cutout.wire.responses import answer
from tests.fakes.book import MemoryAccountBook
from tests.fakes.stores import MemoryAccountStore, MemoryDatabase, MemoryImageCatalogue, MemoryObjectStore, MemoryTaskStore

ALICE = Account("alice", "Alice")
BOB = Account("bob", "Bob")
DOCS = "https://api.example/docs/errors"


def png(colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    PillowImage.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def textured_png() -> bytes:
    """A picture on which it shows how much time its encoder was given."""
    file = io.BytesIO()
    levels = np.random.default_rng(0).choice(np.array([10, 80, 200], np.uint8), (40, 60, 3))
    PillowImage.fromarray(levels).save(file, "PNG")
    return file.getvalue()


def pixels_of(encoded: bytes) -> NDArray[np.uint8]:
    return np.asarray(PillowImage.open(io.BytesIO(encoded)))


@dataclass
class LeftHalfEngine:
    """The subject is the left half of every picture. `fault` is raised instead, if set; `hook` runs first."""

    calls: int = 0
    fault: Exception | None = None
    hook: object = None

    def matte(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Matte:
        self.calls += 1
        if callable(self.hook):
            self.hook()
        if self.fault:
            raise self.fault
        with stage("segment"):
            alpha = np.zeros((image.height, image.width), np.uint8)
            alpha[:, : image.width // 2] = 255
            return alpha

    def cut_out(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Cutout:
        return Cutout(image.pixels, self.matte(image, settings, stage))


@dataclass
class WebOfOne:
    """Fetches the one page there is; notes what is sent, and answers it with `status`."""

    content: bytes = field(default_factory=png)
    fault: Exception | None = None
    status: int = 200
    sent: list[Any] = field(default_factory=list)

    def get(self, url: str, *, max_bytes: int, deadline: float) -> bytes:
        if self.fault:
            raise self.fault
        return self.content

    def send(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        deadline: float,
        parameter: str = "webhookURL",
        https_only: bool = False,
    ) -> int:
        self.sent.append((method, url, body, dict(headers)))
        return self.status

    def check(self, url: str, *, deadline: float, parameter: str) -> None:
        if "private" in url:
            raise InvalidParameter("It leads to no public address.", parameter=parameter)


@dataclass
class QueueInMemory:
    """`sent`: what was sent, in order. `fault` is raised instead, if set."""

    sent: list[Any] = field(default_factory=list)
    fault: Exception | None = None

    def send(self, *message: Any) -> None:
        if self.fault:
            raise self.fault
        self.sent.append(message)


@dataclass
class Pushed:
    """Sessions and what was pushed to them."""

    frames: list[tuple[UUID, Any]] = field(default_factory=list)
    redirected: dict[UUID, UUID] = field(default_factory=dict)

    def redirect(self, session: UUID, to: UUID) -> None:
        self.redirected[session] = to

    def push(self, session: UUID, frame: bytes) -> bool:
        self.frames.append((session, json.loads(frame)))
        return True


@dataclass
class World:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    objects: MemoryObjectStore = field(default_factory=MemoryObjectStore)
    engine: LeftHalfEngine = field(default_factory=LeftHalfEngine)
    web: WebOfOne = field(default_factory=WebOfOne)
    now_ms: int = 1_800_000_000_000
    monotonic_s: float = 0.0
    reported: list[Exception] = field(default_factory=list)
    queue: QueueInMemory = field(default_factory=QueueInMemory)
    webhooks: QueueInMemory = field(default_factory=QueueInMemory)
    sockets: Pushed = field(default_factory=Pushed)
    lease_ms: int = 60_000
    smaller_png: bool = False

    def __post_init__(self) -> None:
        images = MemoryImageCatalogue(self.database, lambda: self.now_ms)
        inputs = Inputs(images, self.objects, self.web, InputLimits(), uuid4)
        self.desk = desk = TaskDesk(
            tasks=MemoryTaskStore(self.database),
            tariff=tariff(load_price_book(), region="us-east-1", architecture="x86_64", memory_mib=1769),
            markup=Decimal(1),
            clock=lambda: self.now_ms,
            new_uuid=uuid4,
            lease_ms=self.lease_ms,
            reserve_ms=3000,
        )
        removals = Removals(desk, inputs, self.objects, self.engine, nullcontext(), self.smaller_png)
        responses = Responses(desk.tasks, self.objects, desk.clock, InputLimits().max_bytes)
        performer = Performer(removals, Uploads(desk, inputs, self.objects), Storage(desk, images, self.objects), responses)
        queries = Queries(responses, Accounts(MemoryAccountBook(self.database), desk.clock))
        self.acceptance = Acceptance(
            desk, self.queue, self.objects, self.web, queries, self.sockets, job_text, self.reported.append
        )
        self.submissions = Submissions(performer, self.acceptance, self.reported.append, patience_s=0.2)
        teller = Teller(self.webhooks, self.sockets, lambda outcome: json.dumps(answer([outcome], DOCS).body).encode())
        accounts = MemoryAccountStore(self.database)
        self.database.accounts |= {account.account_id: account for account in (ALICE, BOB)}
        self.queued = QueuedTasks(performer, accounts, teller, job_of, self.reported.append, 6_000_000)

    def deliver(self, *, last: bool = False) -> list[bool]:
        """Every message in the queue to the worker, once; whether each was done with."""
        messages, self.queue.sent = self.queue.sent, []
        return [self.work(key, last=last) for (key,) in messages]

    def work(self, key: TaskKey, *, last: bool = False) -> bool:
        invocation = Invocation(1, lambda: self.monotonic_s, self.monotonic_s + 100, AnswerRoom(0), WayIn.QUEUE)
        return self.queued.work(key, invocation, last=last)

    def submit(
        self, *requests: Task | Rejected, account: Account = ALICE, deadline: float = 25.0, room: int = 6_000_000
    ) -> list[Outcome]:
        invocation = Invocation(len(requests), lambda: self.monotonic_s, deadline, AnswerRoom(room), hands_over=True)
        return self.submissions.submit(requests, account, invocation)

    def charges(self, account: Account = ALICE) -> list[Charge]:
        return [entry.charge for key, entry in self.database.charges.items() if key.account_id == account.account_id]


def removal(source: ImageSource | None = None, *, task_uuid: UUID | None = None, **fields: Any) -> RemovalTask:
    settings = RemovalSettings("u2netp", only_mask=fields.pop("only_mask", False))
    return RemovalTask(
        task_type="imageBackgroundRemoval",
        task_uuid=task_uuid or uuid4(),
        request_hash=fields.pop("request_hash", "hash"),
        source=source or InlineImage(png()),
        removal=settings,
        output=OutputSettings(),
        **fields,
    )


def upload(content: bytes | None = None) -> UploadTask:
    return UploadTask("imageUpload", uuid4(), "hash", InlineImage(png() if content is None else content))
