"""Results whose time to live is over: the object goes, then its entry."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from cutout.domain.images import StoredImage

BATCH: Final = 100
"""Objects that are deleted in one call; a run that is killed leaves as many entries at most without their object."""


class ExpiredImages(Protocol):
    def due(self, now_ms: int) -> Iterator[StoredImage]:
        """The images whose time is over by `now_ms`, the longest so first. They may be some milliseconds behind what was entered."""
        ...

    def forget(self, image: StoredImage) -> None:
        """Removes the entry. Does nothing if it isn't there, or its time has changed since."""
        ...


class ObjectRemover(Protocol):
    def remove_all(self, keys: Sequence[str]) -> Collection[str]:
        """Deletes up to 1,000 objects, whether they are there or not. Returns the keys of those that couldn't be deleted."""
        ...


@dataclass(frozen=True, slots=True)
class Expired:
    """What a run came to. `is_complete`: nothing more was due."""

    removed: int
    failed: int
    is_complete: bool


def expire(images: ExpiredImages, objects: ObjectRemover, now_ms: int, has_time: Callable[[], bool]) -> Expired:
    """Remove what is due, batch by batch, for as long as `has_time` says. The rest is the next run's.

    Safe to repeat, and to be killed anywhere: the entry leads to the object, so it goes last. What can't be deleted is passed over and
    comes first in the next run; it doesn't hold the others up.

    Raises:
        ServiceUnavailable: a store doesn't answer.
    """
    removed = failed = 0
    for batch in _batches(images.due(now_ms)):
        if not has_time():
            return Expired(removed, failed, is_complete=False)
        kept = objects.remove_all([image.object_key for image in batch])
        gone = [image for image in batch if image.object_key not in kept]
        for image in gone:
            images.forget(image)
        removed += len(gone)
        failed += len(batch) - len(gone)
    return Expired(removed, failed, is_complete=True)


def _batches(images: Iterable[StoredImage]) -> Iterator[list[StoredImage]]:
    rest = iter(images)
    while batch := list(islice(rest, BATCH)):
        yield batch
