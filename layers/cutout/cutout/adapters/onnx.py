"""Networks on onnxruntime, loaded when first needed and kept warm."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutout.adapters.weights import WeightsError, verify, weights_path
from cutout.imaging.models import ModelSpec, load_registry

if TYPE_CHECKING:
    import onnxruntime

_ERRORS_ONLY = 3


class OnnxNetwork:
    """A `Network` on onnxruntime's CPU kernels. `infer` may be called from several threads at once."""

    def __init__(self, spec: ModelSpec, path: Path, threads: int) -> None:
        """Loads the weights, and checks them meanwhile.

        Raises:
            WeightsError: the file is missing, or isn't the one that the registry describes.
        """
        if spec.weights is None:
            raise WeightsError(f"The model {spec.name} has no weights in the registry.")
        self.spec = spec
        with ThreadPoolExecutor(1) as second_core:
            # Hashing releases the interpreter's lock: on two cores it costs a cold start nothing.
            checked = second_core.submit(verify, path, spec.weights)
            try:
                self._session = _load(path, threads)
            except Exception as error:
                checked.result()  # a broken file is better explained by its checksum
                raise WeightsError(f"The model file {path} can't be loaded: {error}") from error
            checked.result()
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[spec.output].name

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw output (n, n) for a normalised (1, 3, n, n) input."""
        (output,) = self._session.run([self._output], {self._input: batch})
        plane: NDArray[np.float32] = output[0, 0]
        return plane


class OnnxModels:
    """The models of a directory. Each is loaded when first asked for, once, however many threads ask."""

    def __init__(self, directory: Path, threads: int | None = None, registry: Mapping[str, ModelSpec] | None = None) -> None:
        """Finds what is there; loads nothing.

        Args:
            directory: holds `NAME.onnx` for each installed model.
            threads: how many cores one inference uses; None: all that this process may.
            registry: the models that are known; None: those of `load_registry`.

        Raises:
            WeightsError: there is no such directory, or no known model in it.
        """
        if not directory.is_dir():
            raise WeightsError(f"The model directory {directory} is missing. Run: python -m local.models")
        known = load_registry() if registry is None else registry
        self._directory = directory
        self._threads = threads or len(os.sched_getaffinity(0))
        self.installed: Mapping[str, ModelSpec] = MappingProxyType(
            {name: spec for name, spec in known.items() if weights_path(directory, name).is_file()}
        )
        if not self.installed:
            raise WeightsError(f"There is no known model in {directory}. Run: python -m local.models")
        self._networks: dict[str, OnnxNetwork] = {}
        self._locks = {name: Lock() for name in self.installed}

    def network(self, name: str) -> OnnxNetwork:
        """The model called `name`, loaded.

        Raises:
            WeightsError: it isn't installed, or its file isn't the right one.
        """
        if name not in self.installed:
            raise WeightsError(f"The model {name} isn't in {self._directory}. Run: python -m local.models {name}")
        with self._locks[name]:
            if name not in self._networks:
                self._networks[name] = OnnxNetwork(self.installed[name], weights_path(self._directory, name), self._threads)
            return self._networks[name]


def _load(path: Path, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
