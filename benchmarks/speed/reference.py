"""rembg's side, in its own environment: `python -m benchmarks.speed.reference SOURCE MODE FORMAT MODEL WEIGHTS THREADS TARGET`.

rembg's own `remove`, with a clock around its own functions. It has no other output than PNG: JPG and WEBP are written by Pillow at the
quality that the product has by default, JPG over white.
"""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.speed.worker import Stopwatch, serve

QUALITY = 95
STAGES = {
    "post_process": "mask",
    "estimate_alpha_cf": "matting",
    "estimate_foreground_ml": "foreground",
    "alpha_matting_cutout": "trimap",
    "naive_cutout": "composite",
}
"""rembg's functions by our names of what they do; of `alpha_matting_cutout` only what remains beside those within it: erosion, scaling."""


def main(source: Path, mode: str, kind: str, model: str, weights: Path, threads: int, target: Path) -> None:
    """Serves one case."""
    os.environ["OMP_NUM_THREADS"] = str(threads)  # rembg reads it
    with TemporaryDirectory() as home:
        # Here rembg finds our verified weights where it would have put its own, and downloads nothing.
        (Path(home) / f"{model}.onnx").symlink_to(weights.resolve() / f"{model}.onnx")
        os.environ["U2NET_HOME"] = home
        import rembg.bg
        from PIL import Image

        session = rembg.bg.new_session(model)
    Image.MAX_IMAGE_PIXELS = None
    encoded = source.read_bytes()
    options = {"postprocess": {"post_process_mask": True}, "matting": {"alpha_matting": True}}.get(mode, {})
    watch = Stopwatch()
    for function, stage in STAGES.items():
        setattr(rembg.bg, function, timed(getattr(rembg.bg, function), stage, lambda: watch))
    session.predict = timed(session.predict, "segment", lambda: watch)
    session.inner_session = TimedSession(session.inner_session, lambda: watch)

    def cut_out(now: Stopwatch) -> bytes:
        nonlocal watch
        watch = now
        with watch.stage("decode"):
            image = Image.open(io.BytesIO(encoded))
            image.load()
        cutout = rembg.bg.remove(image, session=session, **options)
        if kind == "jpg":
            with watch.stage("composite"):
                white = Image.new("RGB", cutout.size, "white")
                white.paste(cutout, mask=cutout)
                cutout = white
        with watch.stage("encode"):
            file = io.BytesIO()
            cutout.save(file, {"jpg": "JPEG"}.get(kind, kind.upper()), **({} if kind == "png" else {"quality": QUALITY}))
            return file.getvalue()

    serve(cut_out, target)


def timed(function: Callable[..., Any], stage: str, watch: Callable[[], Stopwatch]) -> Callable[..., Any]:
    """The function, on the clock that is current when it is called."""

    def run(*arguments: Any, **options: Any) -> Any:
        with watch().stage(stage):
            return function(*arguments, **options)

    return run


class TimedSession:
    """An onnxruntime session on the clock."""

    def __init__(self, session: Any, watch: Callable[[], Stopwatch]) -> None:
        self._session = session
        self.run = timed(session.run, "network", watch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]), given[1], given[2], given[3], Path(given[4]), int(given[5]), Path(given[6]))
