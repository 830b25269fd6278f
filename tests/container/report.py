"""What `make test-container` prints at its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from local.docker.images import Size


@dataclass
class Report:
    is_own_engine: bool = False
    is_aws_base: bool = False
    sizes: dict[str, Size] = field(default_factory=dict)
    image_of: dict[str, str] = field(default_factory=dict)
    events: list[tuple[str, str, float, float, float]] = field(default_factory=list)
    """Event, function, and in ms: its start, the first call with it, a later one"""

    def lines(self) -> Iterator[str]:
        if not self.sizes:
            return
        yield ""
        engine = "one of our own" if self.is_own_engine else "the machine's"
        base = "AWS's" if self.is_aws_base else "a stand-in for AWS's (Debian)"
        yield f"Engine: {engine}"
        yield f"Base:   {base}"
        for image, size in self.sizes.items():
            functions = sum(name == image for name in self.image_of.values())
            yield f"Image:  {image}, of {functions} functions: {size.image_bytes / 1e6:.0f} MB, {size.own_bytes / 1e6:.0f} above its base"
        yield ""
        yield f"{'event':28} {'function':24} {'init':>9} {'first':>9} {'warm':>9}"
        for event, function, init_ms, first_ms, warm_ms in self.events:
            yield f"{event:28} {function:24} {init_ms:6.0f} ms {first_ms:6.0f} ms {warm_ms:6.0f} ms"
