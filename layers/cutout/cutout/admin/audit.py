"""reconcile: the books against the ledger."""

from argparse import Namespace

from cutout.admin.accounts import known
from cutout.admin.stores import Output, Stores
from cutout.admin.text import money
from cutout.domain.accounts import PLATFORM
from cutout.domain.purse import Purse
from cutout.domain.reconcile import Drift, PurseDrift
from cutout.domain.usage import Usage
from cutout.service.reconcile import Reconciliation, reconcile


def reconciled(args: Namespace, stores: Stores, now_ms: int) -> Output:
    """Exit code 1 where something is wrong and was left so."""
    accounts = [known(stores, args.account)] if args.account else [*stores.book.accounts(), PLATFORM]
    found = reconcile(accounts, stores.auditor, stores.tasks, now_ms, repair=args.repair)
    return Output("\n".join(_lines(found)), _note(found, len(accounts), repair=args.repair), 0 if found.is_clean else 1)


def _lines(found: Reconciliation) -> list[str]:
    drifts = [f"{'repaired' if drift in found.repaired else 'differs':9} {_drift(drift)}" for drift in found.drifts]
    tasks = [
        f"{'released' if task in found.released else 'abandoned':9} {task.account_id} task {task.record.key.task_uuid}: "
        f"{money(task.record.reserved)} reserved"
        for task in found.abandoned
    ]
    uncharged = [
        f"uncharged {key.account_id} task {key.task_uuid}: done, but not in the ledger" for key in found.done_but_not_charged
    ]
    return [*drifts, *tasks, *uncharged]


def _drift(drift: Drift) -> str:
    if isinstance(drift, PurseDrift):
        return f"{drift.account_id} purse {drift.due.name}: {_purse(drift.kept)}; due: {_purse(drift.due)}"
    day, shard = drift.shard
    return f"{drift.account_id} usage {day} shard {shard}: {_usage(drift.kept)}; due: {_usage(drift.due)}"


def _purse(purse: Purse | None) -> str:
    if purse is None:
        return "missing"
    parts = (money(purse.available), money(purse.reserved), money(purse.spent), money(purse.deposited))
    return "{} available + {} reserved + {} spent = {} deposited".format(*parts)


def _usage(used: Usage | None) -> str:
    if used is None:
        return "missing"
    return f"{used.tasks} tasks, {money(used.price)} price, {money(used.cost)} cost, {used.megapixels:f} MP, {used.billed_ms} ms"


def _note(found: Reconciliation, accounts: int, *, repair: bool) -> str:
    wrong = len(found.drifts) + len(found.abandoned) + len(found.done_but_not_charged)
    parts = [
        f"Accounts: {accounts:,}. Charges: {found.charges:,}. Findings: {f'{wrong:,}' if wrong else 'none, everything agrees'}."
    ]
    if found.in_motion:
        parts.append(f"{found.in_motion:,} books were in motion and not compared; run it again in a quieter moment.")
    if wrong and not repair:
        parts.append("Nothing was changed; --repair does.")
    return " ".join(parts)
