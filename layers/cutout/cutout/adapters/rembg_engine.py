"""The reference engine: rembg itself, with pymatting, for whoever wants its exact output.

An optional extra (`cutout[rembg]`), never in the default image: importing it takes more than a second, and the better part of a minute
where numba's cache is cold. It is the oracle of the parity tests and the other side of the benchmark.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from cutout.adapters.weights import WeightsError, verify, weights_path
from cutout.domain.removal import RemovalSettings
from cutout.imaging.engine import Stage, untimed
from cutout.imaging.image import Cutout, Image, Matte
from cutout.imaging.models import load_registry


class RembgEngine:
    """rembg's `remove` behind the port `RemovalEngine`, with weights that are checked as ours are. It downloads nothing.

    Its cutouts are rembg's, defects included: colour on soft edges is darkened (multiplied by alpha) unless matting is on.
    """

    def __init__(self, directory: Path, threads: int) -> None:
        """Loads nothing yet.

        Args:
            directory: holds `NAME.onnx` for each installed model.
            threads: how many cores one inference uses.
        """
        self._directory = directory
        self._threads = threads
        self._sessions: dict[str, Any] = {}

    def matte(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Matte:
        """The mask, or the alpha of the cutout where matting is on (rembg's own `only_mask` leaves matting out)."""
        if settings.matting is not None:
            return self.cut_out(image, settings, stage).alpha
        return self._remove(image, settings, stage, only_mask=True)

    def cut_out(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Cutout:
        """The cutout as rembg makes it.

        Raises:
            WeightsError: the model isn't in the directory, isn't the registered one, or isn't one of rembg's.
        """
        rgba = self._remove(image, settings, stage, only_mask=False)
        return Cutout(rgba, np.ascontiguousarray(rgba[..., 3]))

    def _remove(self, image: Image, settings: RemovalSettings, stage: Stage, *, only_mask: bool) -> NDArray[np.uint8]:
        from rembg import remove

        options: dict[str, Any] = {"post_process_mask": settings.post_process_mask, "only_mask": only_mask}
        if settings.matting is not None:
            options |= {
                "alpha_matting": True,
                "alpha_matting_foreground_threshold": settings.matting.foreground,
                "alpha_matting_background_threshold": settings.matting.background,
                "alpha_matting_erode_size": settings.matting.erode_size,
            }
        session = self._session(settings.model)
        with stage("rembg"):
            return np.array(remove(_as_pillow(image), session=session, **options))

    def _session(self, name: str) -> Any:
        if name not in self._sessions:
            self._sessions[name] = _open(name, weights_path(self._directory, name), self._threads)
        return self._sessions[name]


def _open(name: str, path: Path, threads: int) -> Any:
    """A session of rembg's own, from this file instead of a download."""
    import onnxruntime
    from rembg.sessions import sessions_class

    original = next((session for session in sessions_class if session.name() == name), None)
    spec = load_registry().get(name)
    if original is None or spec is None or spec.weights is None:
        raise WeightsError(f"rembg has no model called {name}.")
    verify(path, spec.weights)
    session_class = type(original.__name__, (original,), {"download_models": classmethod(lambda *_args, **_options: str(path))})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return session_class(name, options, providers=["CPUExecutionProvider"])


def _as_pillow(image: Image) -> Pillow.Image:
    if image.alpha is None:
        return Pillow.fromarray(np.ascontiguousarray(image.rgb))
    return Pillow.fromarray(np.dstack([image.rgb, image.alpha]))
