"""Runs rembg itself on pictures: `python reference.py MODEL WEIGHTS OUT PICTURE…`, in rembg's own environment.

OUT is an .npz that holds rembg's cutout (h, w, 4) 0-255 of each picture, by its file's name; its alpha is rembg's mask. Under
`adapted NAME` it has the cutout that our own adapter to rembg makes of the first of them.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image


def main(model: str, weights: Path, out: Path, pictures: list[Path]) -> None:
    from cutout.adapters.rembg_engine import RembgEngine
    from cutout.domain.removal import RemovalSettings
    from cutout.imaging.image import Image as Ours
    from cutout.imaging.image import pixels_of

    engine = RembgEngine(weights, threads=2)
    results: dict[str, np.ndarray] = {}
    with TemporaryDirectory() as home:
        # Here rembg finds our verified weights where it would have put its own, and downloads nothing.
        (Path(home) / f"{model}.onnx").symlink_to(weights / f"{model}.onnx")
        os.environ["U2NET_HOME"] = home
        from rembg import new_session, remove

        session = new_session(model)
        for path in pictures:
            picture = Image.open(path)
            picture = picture if picture.mode == "RGBA" else picture.convert("RGB")
            results[path.name] = np.asarray(remove(picture, session=session))
    first = pictures[0]
    adapted = engine.cut_out(Ours(pixels_of(np.asarray(Image.open(first).convert("RGB")))), RemovalSettings(model))
    results[f"adapted {first.name}"] = np.dstack([adapted.foreground[..., :3], adapted.alpha])
    np.savez_compressed(out, **results)


if __name__ == "__main__":
    name, directory, target, *files = sys.argv[1:]
    main(name, Path(directory), Path(target), [Path(file) for file in files])
