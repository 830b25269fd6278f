"""An engine with both images, and an embedded AWS that both fetch from and write to."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.container.subjects import Ours, Rembg
from local.children import Children
from local.docker import base, images
from local.docker.engine import Engine, found, own
from local.sam import reachable
from local.scene import Scene, scene


@dataclass(frozen=True, slots=True)
class Laboratory:
    engine: Engine
    stack: Scene
    ours: Ours
    rembg: Rembg
    rembg_compiled: Rembg
    is_aws_base: bool

    def size(self, image: str) -> images.Size:
        """Of one of the images."""
        return images.size(self.engine, image, base.AWS_BASE)


@contextlib.contextmanager
def laboratory() -> Iterator[Laboratory]:
    """Everything that is needed, gone afterwards where it was made for this.

    Raises:
        NoEngine: there is no Docker engine, and none can be started.
    """
    with contextlib.ExitStack() as stack:
        engine = found() or stack.enter_context(own(may_install=True))
        is_aws_base = base.provide(engine)
        stack.callback(base.withdraw, engine)
        ours = images.build_ours(engine, base.AWS_BASE)
        installed, compiled = images.build_rembg(engine, base.AWS_BASE)
        nowhere = Path(stack.enter_context(TemporaryDirectory()))
        children = stack.enter_context(Children())
        here = stack.enter_context(scene(nowhere, children))
        address = stack.enter_context(reachable(here.port, engine.environment))
        there = here.seen_from(address, "/opt/models")
        yield Laboratory(
            engine,
            there,
            Ours(engine, ours, there),
            Rembg(engine, installed, there, address),
            Rembg(engine, compiled, there, address),
            is_aws_base,
        )
