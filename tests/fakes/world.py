"""The whole service on fakes, with a clock that tests turn themselves."""

import io
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID, uuid4

import numpy as np
from PIL import Image as PillowImage

from cutout.domain.accounts import Account
from cutout.domain.prices import load_price_book, tariff
from cutout.domain.removal import InputLimits, OutputSettings, RemovalSettings
from cutout.domain.tasks import ImageSource, InlineImage, RemovalTask, UploadTask
from cutout.imaging.engine import Stage, untimed
from cutout.imaging.image import Cutout, Image, Plane
from cutout.service.accounts import Accounts
from cutout.service.desk import TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.removal import Removals
from cutout.service.submit import Submissions
from cutout.service.uploads import Uploads
from tests.fakes.book import MemoryAccountBook
from tests.fakes.stores import MemoryDatabase, MemoryImageCatalogue, MemoryObjectStore, MemoryTaskStore

ALICE = Account("alice", "Alice")
BOB = Account("bob", "Bob")


def png(colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    PillowImage.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


@dataclass
class LeftHalfEngine:
    """The subject is the left half of every picture. `fault` is raised instead, if set; `hook` runs first."""

    calls: int = 0
    fault: Exception | None = None
    hook: object = None

    def matte(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Plane:
        self.calls += 1
        if callable(self.hook):
            self.hook()
        if self.fault:
            raise self.fault
        with stage("segment"):
            alpha = np.zeros((image.height, image.width), np.float32)
            alpha[:, : image.width // 2] = 1
            return alpha

    def cut_out(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Cutout:
        return Cutout(image.rgb, self.matte(image, settings, stage))


@dataclass
class WebOfOne:
    """Fetches the one page there is."""

    content: bytes = field(default_factory=png)
    fault: Exception | None = None

    def get(self, url: str, *, max_bytes: int, deadline: float) -> bytes:
        if self.fault:
            raise self.fault
        return self.content


@dataclass
class World:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    objects: MemoryObjectStore = field(default_factory=MemoryObjectStore)
    engine: LeftHalfEngine = field(default_factory=LeftHalfEngine)
    web: WebOfOne = field(default_factory=WebOfOne)
    now_ms: int = 1_800_000_000_000
    monotonic_s: float = 0.0
    reported: list[Exception] = field(default_factory=list)
    lease_ms: int = 60_000

    def __post_init__(self) -> None:
        inputs = Inputs(MemoryImageCatalogue(self.database), self.objects, self.web, InputLimits(), uuid4)
        desk = TaskDesk(
            tasks=MemoryTaskStore(self.database),
            tariff=tariff(load_price_book(), region="us-east-1", architecture="x86_64", memory_mib=1769),
            markup=Decimal(1),
            clock=lambda: self.now_ms,
            new_uuid=uuid4,
            lease_ms=self.lease_ms,
            reserve_ms=3000,
        )
        removals = Removals(desk, inputs, self.objects, self.engine, turn=nullcontext())
        accounts = Accounts(MemoryAccountBook(self.database), lambda: self.now_ms)
        self.submissions = Submissions(removals, Uploads(desk, inputs, self.objects), accounts, self.reported.append)

    def submit(self, *requests, account: Account = ALICE, deadline: float = 25.0, room: int = 6_000_000):
        invocation = Invocation(len(requests), lambda: self.monotonic_s, deadline, AnswerRoom(room))
        return self.submissions.submit(requests, account, invocation)

    def charges(self, account: Account = ALICE):
        return [entry.charge for key, entry in self.database.charges.items() if key.account_id == account.account_id]


def removal(source: ImageSource | None = None, *, task_uuid: UUID | None = None, **fields) -> RemovalTask:
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
