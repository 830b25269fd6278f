"""What the end of a task makes of its record and its charge."""

from dataclasses import replace

from cutout.domain.charges import Charge
from cutout.domain.money import Micros
from cutout.domain.tasks import TaskRecord, TaskStatus


def done(record: TaskRecord, charge: Charge) -> TaskRecord:
    """The record as a commit leaves it: nothing reserved any more, the price known."""
    return replace(record, status=TaskStatus.DONE, reserved=Micros(0), price=charge.price, error=None, job=None)


def failed(record: TaskRecord) -> TaskRecord:
    """The record as a failure leaves it: nothing reserved any more."""
    return replace(record, status=TaskStatus.FAILED, reserved=Micros(0))


def cut_to(charge: Charge, held: Micros) -> Charge:
    """The charge for a task that cost more than was reserved, in an account that has no more: the owner bears the difference."""
    return replace(charge, absorbed=Micros(charge.absorbed + charge.price - held))
