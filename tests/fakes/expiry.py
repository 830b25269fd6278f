"""What is past its time, in memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from cutout.domain.images import StoredImage
from tests.fakes.stores import MemoryDatabase, MemoryObjectStore


@dataclass(frozen=True, slots=True)
class MemoryExpiredImages:
    database: MemoryDatabase

    def due(self, now_ms: int) -> Iterator[StoredImage]:
        dated = [(image.expires_ms, str(image.image_uuid), image) for image in self.database.images.values() if image.expires_ms]
        return (image for expires_ms, _, image in sorted(dated, key=lambda entry: entry[:2]) if expires_ms <= now_ms)

    def forget(self, image: StoredImage) -> None:
        with self.database.lock:
            stored = self.database.images.get(image.image_uuid)
            if stored is not None and stored.expires_ms == image.expires_ms:
                del self.database.images[image.image_uuid]


@dataclass(frozen=True, slots=True)
class MemoryObjectRemover:
    """`stuck`: keys of objects that can't be deleted."""

    objects: MemoryObjectStore
    stuck: set[str] = field(default_factory=set)

    def remove_all(self, keys: Sequence[str]) -> Collection[str]:
        for key in set(keys) - self.stuck:
            self.objects.objects.pop(key, None)
        return self.stuck & set(keys)
