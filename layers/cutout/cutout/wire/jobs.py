"""A task as text, for its record and the worker that the queue leads to it."""

from functools import cache

from pydantic import TypeAdapter

from cutout.service.acceptance import Job


@cache
def _adapter() -> TypeAdapter[Job]:
    """Built when first needed: it takes a while."""
    return TypeAdapter(Job)


def job_text(job: Job) -> str:
    """JSON. An image's bytes have no place in it: acceptance puts them aside."""
    return _adapter().dump_json(job, exclude_defaults=True).decode()


def job_of(text: str) -> Job:
    """What `job_text` made.

    Raises:
        ValueError: it didn't.
    """
    return _adapter().validate_json(text)
