"""The stores in memory: one `MemoryDatabase`, and the ports on it. A lock stands for DynamoDB's transactions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import RLock
from uuid import UUID

from cutout.domain.accounts import Account, AccountStatus, ApiKey
from cutout.domain.charges import Charge
from cutout.domain.errors import ConflictTaskUUID, ImageTooLarge
from cutout.domain.images import StoredImage
from cutout.domain.ledger import KeptTask, LedgerEntry
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from cutout.domain.purse import PREPAID, Purse, day_of, empty_purse, month_purse, purse_names
from cutout.domain.settlement import cut_to, done, failed
from cutout.domain.tasks import TaskKey, TaskRecord, TaskStatus
from cutout.domain.usage import Usage, shard_of, usage_of
from cutout.service.ports import Clock, PresignedUpload, StaleToken


@dataclass(slots=True)
class MemoryDatabase:
    """Everything that the DynamoDB table holds."""

    accounts: dict[str, Account] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    purses: dict[tuple[str, str], Purse] = field(default_factory=dict)
    tasks: dict[TaskKey, KeptTask] = field(default_factory=dict)
    charges: dict[TaskKey, LedgerEntry] = field(default_factory=dict)
    usage: dict[tuple[str, str, int], Usage] = field(default_factory=dict)
    images: dict[UUID, StoredImage] = field(default_factory=dict)
    top_ups: dict[tuple[str, str], Micros] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def purse(self, account: Account, name: str) -> Purse:
        """A month's purse comes to be when it is first needed."""
        if name == PREPAID:
            return self.purses.get((account.account_id, name), empty_purse(name))
        limit = account.monthly_limit or Micros(0)
        return self.purses.get((account.account_id, name), month_purse(name, limit))


@dataclass(frozen=True, slots=True)
class MemoryTaskStore:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)

    def find(self, key: TaskKey, meter: Meter) -> TaskRecord | None:
        with self.database.lock:
            meter.dynamodb_reads += 1
            kept = self.database.tasks.get(key)
            return kept.record if kept else None

    def find_charge(self, key: TaskKey, meter: Meter) -> Charge | None:
        with self.database.lock:
            meter.dynamodb_reads += 1
            entry = self.database.charges.get(key)
            return entry.charge if entry else None

    def create(self, record: TaskRecord, account: Account, meter: Meter) -> TaskRecord | None:
        with self.database.lock:
            existing = self.database.tasks.get(record.key)
            if existing is not None:
                return existing.record
            purses = purse_names(account, record.created_ms)
            self._reserve(account, purses, record.reserved)
            self.database.tasks[record.key] = KeptTask(record, purses)
            meter.dynamodb_writes += 2 * (1 + len(purses))
            return None

    def take_over(self, old: TaskRecord, new: TaskRecord, account: Account, meter: Meter) -> bool:
        with self.database.lock:
            kept = self.database.tasks.get(old.key)
            if kept is None or _state(kept.record) != _state(old):
                return False
            if old.status is TaskStatus.FAILED:
                purses = purse_names(account, old.created_ms)
                self._reserve(account, purses, new.reserved)
                self.database.tasks[old.key] = KeptTask(new, purses)
                meter.dynamodb_writes += 2 * (1 + len(purses))
            else:
                # The reservation of a worker that died is still held.
                changed = new if new.job else replace(new, job=kept.record.job, tell=kept.record.tell)
                self.database.tasks[old.key] = replace(kept, record=replace(changed, reserved=kept.record.reserved))
                meter.dynamodb_writes += 2
            return True

    def commit(self, record: TaskRecord, charge: Charge, account: Account, meter: Meter) -> Charge:
        with self.database.lock:
            kept = self._mine(record, ended=TaskStatus.DONE)
            if kept is None:
                return self.database.charges[record.key].charge
            if record.key in self.database.charges:
                raise ConflictTaskUUID("Used long ago.", parameter="taskUUID")
            held = kept.record.reserved
            purses = [self.database.purses[record.key.account_id, name] for name in kept.purses]
            if purses and charge.price > held + max(0, min(purse.available for purse in purses)):
                charge = cut_to(charge, held)
            for purse in purses:
                self.database.purses[record.key.account_id, purse.name] = purse.settle(held, charge.price)
            self.database.tasks[record.key] = replace(kept, record=done(record, charge))
            self.database.charges[record.key] = LedgerEntry(charge, record.created_ms, kept.purses)
            shard = (record.key.account_id, day_of(record.created_ms), shard_of(record.key.task_uuid))
            self.database.usage[shard] = self.database.usage.get(shard, Usage()) + usage_of(charge)
            if record.image:
                self.database.images[record.image.image_uuid] = record.image
            meter.dynamodb_writes += self.commit_units(record, account)
            return charge

    def fail(self, record: TaskRecord, account: Account, meter: Meter) -> None:
        with self.database.lock:
            kept = self._mine(record, ended=TaskStatus.FAILED)
            if kept is None:
                return
            for name in kept.purses:
                purse = self.database.purses[record.key.account_id, name]
                self.database.purses[record.key.account_id, name] = purse.release(kept.record.reserved)
            self.database.tasks[record.key] = replace(kept, record=failed(record))
            meter.dynamodb_writes += 2 * (1 + len(kept.purses))

    def create_units(self, record: TaskRecord, account: Account) -> int:
        return 2 * (1 + len(purse_names(account, record.created_ms)))

    def commit_units(self, record: TaskRecord, account: Account) -> int:
        return 2 * (3 + bool(record.image) + len(purse_names(account, record.created_ms))) + 1

    def _reserve(self, account: Account, names: tuple[str, ...], amount: Micros) -> None:
        reserved = [self.database.purse(account, name).reserve(amount) for name in names]
        for purse in reserved:
            self.database.purses[account.account_id, purse.name] = purse

    def _mine(self, record: TaskRecord, *, ended: TaskStatus) -> KeptTask | None:
        """None: the caller's own earlier call has ended it so already."""
        kept = self.database.tasks.get(record.key)
        if kept is None or kept.record.token != record.token or kept.record.status not in {ended, TaskStatus.PROCESSING}:
            raise StaleToken
        return None if kept.record.status is ended else kept


def _state(record: TaskRecord) -> tuple[int, TaskStatus, int]:
    return record.token, record.status, record.lease_until_ms


@dataclass(frozen=True, slots=True)
class MemoryImageCatalogue:
    database: MemoryDatabase
    clock: Clock

    def find_image(self, account_id: str, image_uuid: UUID, meter: Meter) -> StoredImage | None:
        meter.dynamodb_reads += 1
        image = self.database.images.get(image_uuid)
        if image is None or image.account_id != account_id:
            return None
        return image if image.expires_ms is None or self.clock() < image.expires_ms else None

    def confirm(self, image: StoredImage, meter: Meter) -> None:
        with self.database.lock:
            meter.dynamodb_writes += 1
            if image.image_uuid in self.database.images:
                self.database.images[image.image_uuid] = image

    def remove(self, image: StoredImage, meter: Meter) -> None:
        meter.dynamodb_writes += 1
        self.database.images.pop(image.image_uuid, None)


@dataclass(frozen=True, slots=True)
class MemoryAccountStore:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)

    def find_by_key(self, key_hash: str) -> Account | None:
        key = self.database.keys.get(key_hash)
        return self.find_active(key.account_id) if key and not key.revoked else None

    def find_active(self, account_id: str, meter: Meter | None = None) -> Account | None:
        if meter:
            meter.dynamodb_reads += 1
        account = self.database.accounts.get(account_id)
        return account if account and account.status is AccountStatus.ACTIVE else None


@dataclass(frozen=True, slots=True)
class MemoryObjectStore:
    """`objects`: content, content type and metadata by key."""

    max_bytes: int = 50 * 1024 * 1024
    objects: dict[str, tuple[bytes, str, dict[str, str]]] = field(default_factory=dict)

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str], meter: Meter) -> None:
        meter.s3_puts += 1
        self.objects[key] = (content, content_type, dict(metadata))

    def get(self, key: str, meter: Meter) -> bytes | None:
        meter.s3_gets += 1
        if key not in self.objects:
            return None
        content = self.objects[key][0]
        if len(content) > self.max_bytes:
            raise ImageTooLarge("The stored image is too large.", maximum=self.max_bytes)
        return content

    def remove(self, key: str, meter: Meter) -> None:
        self.objects.pop(key, None)

    def signed_url(self, key: str, within_s: int | None = None) -> str:
        return f"https://objects.example/{key}?signature=made-up&seconds={3600 if within_s is None else min(3600, within_s)}"

    def presigned_upload(self, key: str, content_type: str, max_bytes: int) -> PresignedUpload:
        return PresignedUpload("https://objects.example/", {"key": key, "Content-Type": content_type}, 3_600_000)
