"""Task records and the ledger in DynamoDB: every change is one transaction whose conditions make it happen at most once.

A call whose answer is lost is sent again. If its first sending was done, the conditions of the second fail, and what is stored tells
that it was ours: by the nonce of this claim, or by a record that is already as this call would have left it.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cutout.adapters.dynamodb.actions import Action, Item, put, units, update
from cutout.adapters.dynamodb.keys import charge_key, task_key
from cutout.adapters.dynamodb.purses import open_month, purse_of, release, reserve, settle
from cutout.adapters.dynamodb.table import Cancelled, Refusal, Table
from cutout.adapters.dynamodb.task_items import charge_item, charge_of, image_item, task_item, task_of, tell_fields
from cutout.adapters.dynamodb.usage_items import count
from cutout.domain.accounts import Account
from cutout.domain.charges import Charge
from cutout.domain.errors import ConflictTaskUUID, ServiceUnavailable
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from cutout.domain.purse import PREPAID, day_of, purse_names, refusal
from cutout.domain.settlement import cut_to, done, failed
from cutout.domain.tasks import TaskKey, TaskRecord, TaskStatus
from cutout.domain.usage import shard_of, usage_of
from cutout.service.ports import StaleToken

SECONDS_PER_DAY: Final = 24 * 60 * 60

_ROUNDS: Final = 4
"""How often a transaction is built anew from what its refusal showed. Each reason for it can occur once."""

_MINE = "#token = :token AND #status = :processing AND #purses = :purses AND #reserved = :reserved"


@dataclass(frozen=True, slots=True)
class _Held:
    """A task's reservation: the same amount in each of `purses`."""

    purses: tuple[str, ...]
    amount: Micros


@dataclass(frozen=True, slots=True)
class DynamoTaskStore:
    """`task_ttl_days`: how long a finished task is remembered; `image_ttl_days`: how long an image may be named."""

    table: Table
    task_ttl_days: int
    image_ttl_days: int
    nonce: Callable[[], str] = lambda: secrets.token_hex(8)

    def find(self, key: TaskKey, meter: Meter) -> TaskRecord | None:
        item = self.table.get(task_key(key), meter)
        return task_of(item) if item else None

    def find_charge(self, key: TaskKey, meter: Meter) -> Charge | None:
        item = self.table.get(charge_key(key), meter)
        return charge_of(item) if item else None

    def create(self, record: TaskRecord, account: Account, meter: Meter) -> TaskRecord | None:
        purses, nonce = purse_names(account, record.created_ms), self.nonce()
        claim = put(task_item(record, purses, nonce=nonce), "attribute_not_exists(#pk)")
        existing = self._claim(claim, account, _Held(purses, record.reserved), meter)
        return None if existing is None or existing.get("nonce") == nonce else task_of(existing)

    def take_over(self, old: TaskRecord, new: TaskRecord, account: Account, meter: Meter) -> bool:
        nonce = self.nonce()
        # The reservation of a worker that died is still held; that of a task that failed was released.
        released = old.status is TaskStatus.FAILED
        purses = purse_names(account, old.created_ms) if released else ()
        changed = {
            "status": new.status.value,
            "token": new.token,
            "lease_until_ms": new.lease_until_ms,
            "nonce": nonce,
            **({"reserved": new.reserved, "purses": list(purses)} if released else {}),
            **({"job": new.job, "tell": tell_fields(new.tell)} if new.job else {}),
        }
        claim = update(
            task_key(old.key),
            f"SET {', '.join(f'#{name} = :{name}' for name in changed)} REMOVE #error, #expires_at",
            "#token = :old_token AND #status = :old_status AND #lease_until_ms = :old_lease",
            **changed,
            old_token=old.token,
            old_status=old.status.value,
            old_lease=old.lease_until_ms,
        )
        existing = self._claim(claim, account, _Held(purses, new.reserved), meter)
        return existing is None or existing.get("nonce") == nonce

    def commit(self, record: TaskRecord, charge: Charge, account: Account, meter: Meter) -> Charge:
        held = _Held(purse_names(account, record.created_ms), record.reserved)
        for _ in range(_ROUNDS):
            try:
                self.table.transact(self._commitment(record, charge, held), meter)
            except Cancelled as cancelled:
                task, entry, *_ = cancelled.refusals
                if task.failed:
                    stored = _of_mine(task, record.token, TaskStatus.DONE)
                    if stored is None:
                        return self._entered(record.key, meter)
                    held = stored
                elif entry.failed:
                    # Charge and end of task are one transaction, so this charge is from before the task's record expired.
                    raise ConflictTaskUUID(
                        f"taskUUID {record.key.task_uuid} was used for a task long ago; use a new UUID v4 for each request.",
                        parameter="taskUUID",
                    ) from None
                else:
                    charge = cut_to(charge, held.amount)
            else:
                return charge
        raise _changing()

    def fail(self, record: TaskRecord, account: Account, meter: Meter) -> None:
        held = _Held(purse_names(account, record.created_ms), record.reserved)
        for _ in range(_ROUNDS):
            ended = task_item(failed(record), held.purses, expires_at=self._task_expiry(record))
            releases = [release(record.key.account_id, name, held.amount) for name in held.purses]
            try:
                self.table.transact([self._put_if_mine(ended, record, held), *releases], meter)
            except Cancelled as cancelled:
                stored = _of_mine(cancelled.refusals[0], record.token, TaskStatus.FAILED)
                if stored is None:
                    return
                held = stored
            else:
                return
        raise _changing()

    def create_units(self, record: TaskRecord, account: Account) -> int:
        purses = purse_names(account, record.created_ms)
        return 2 * (units(task_item(record, purses, nonce=self.nonce())) + len(purses))

    def commit_units(self, record: TaskRecord, account: Account) -> int:
        # Two for each KB of each item of a transaction; what is in the index too is written there for one a KB.
        purses = purse_names(account, record.created_ms)
        ended = units(task_item(record, purses, expires_at=self._task_expiry(record)))
        image = (2 + (record.image.expires_ms is not None)) if record.image else 0
        return 2 * (ended + 2 + len(purses)) + image + 1

    def _claim(self, claim: Action, account: Account, wanted: _Held, meter: Meter) -> Item | None:
        """Makes the task ours and reserves money for it. Returns what is stored instead, if somebody was faster (or we were)."""
        reservations = [reserve(account.account_id, name, wanted.amount) for name in wanted.purses]
        for _ in range(_ROUNDS):
            try:
                self.table.transact([claim, *reservations], meter)
            except Cancelled as cancelled:
                task, *purses = cancelled.refusals
                if task.failed:
                    return task.item or {}
                self._make_room(account.account_id, wanted, purses)
            else:
                return None
        raise _changing()

    def _make_room(self, account_id: str, wanted: _Held, purses: Sequence[Refusal]) -> None:
        """Opens the month's purse if that was missing.

        Raises:
            InsufficientCredits, SpendLimitExceeded: a purse has too little.
        """
        for name, purse in zip(wanted.purses, purses, strict=True):
            if not purse.failed:
                continue
            if purse.item is not None or name == PREPAID:
                available = purse_of(purse.item).available if purse.item else Micros(0)
                raise refusal(name, wanted.amount, available)
            if not open_month(self.table, account_id, name):
                raise _changing()

    def _commitment(self, record: TaskRecord, charge: Charge, held: _Held) -> list[Action]:
        account_id = record.key.account_id
        images = (
            [put(image_item(record.image, charge.at_ms // 1000 + self.image_ttl_days * SECONDS_PER_DAY))] if record.image else []
        )
        return [
            self._put_if_mine(task_item(done(record, charge), held.purses, expires_at=self._task_expiry(record)), record, held),
            put(charge_item(charge, record.created_ms, held.purses), "attribute_not_exists(#pk)"),
            count(account_id, day_of(record.created_ms), shard_of(record.key.task_uuid), usage_of(charge)),
            *images,
            *(settle(account_id, name, held.amount, charge.price) for name in held.purses),
        ]

    def _put_if_mine(self, item: Item, record: TaskRecord, held: _Held) -> Action:
        return put(
            item,
            _MINE,
            token=record.token,
            processing=TaskStatus.PROCESSING.value,
            purses=list(held.purses),
            reserved=held.amount,
        )

    def _task_expiry(self, record: TaskRecord) -> int:
        return record.created_ms // 1000 + self.task_ttl_days * SECONDS_PER_DAY

    def _entered(self, key: TaskKey, meter: Meter) -> Charge:
        charge = self.find_charge(key, meter)
        if charge is None:
            raise _changing()
        return charge


def _of_mine(task: Refusal, token: int, ended: TaskStatus) -> _Held | None:
    """What is still held of a task whose condition failed: the account's limits may have changed since it was reserved.

    None: an earlier sending of the same call has `ended` it already.

    Raises:
        StaleToken: somebody else has the task, or it ended otherwise.
    """
    stored = task.item
    if stored is None or stored["token"] != token or stored["status"] not in {ended, TaskStatus.PROCESSING}:
        raise StaleToken
    return None if stored["status"] == ended else _Held(tuple(stored["purses"]), Micros(int(stored["reserved"])))


def _changing() -> ServiceUnavailable:
    return ServiceUnavailable("The task or its account is being changed at this moment. Send the same task again.")
