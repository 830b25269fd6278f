"""Networks on onnxruntime, loaded when first needed and kept warm."""

import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cutout.adapters.processor import multiplies_bytes
from cutout.adapters.weights import WeightsError, verify, weights_path
from cutout.imaging.models import ModelSpec, Precision, load_registry

if TYPE_CHECKING:
    import onnxruntime

_ERRORS_ONLY = 3

_log = logging.getLogger(__name__)


class OnnxNetwork:
    """A `Network` on onnxruntime's CPU kernels. `infer` may be called from several threads at once."""

    def __init__(self, spec: ModelSpec, path: Path, threads: int, precision: Precision = Precision.FLOAT32) -> None:
        """Loads the weights, and checks them meanwhile.

        Raises:
            WeightsError: the file is missing, or isn't the one that the registry describes.
        """
        weights = spec.weights_in(precision)
        if weights is None:
            raise WeightsError(f"The registry has no {precision} weights of {spec.name}.")
        self.spec = spec
        self.precision = precision
        with ThreadPoolExecutor(1) as second_core:
            # Hashing releases the interpreter's lock: on two cores it costs a cold start nothing.
            checked = second_core.submit(verify, path, weights)
            try:
                self._session = _load(path, threads, precision)
            except Exception as error:
                checked.result()  # a broken file is better explained by its checksum
                raise WeightsError(f"The model file {path} can't be loaded: {error}") from error
            checked.result()
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[spec.output].name
        self._only_this_output = only_fetched()

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw output (n, n) for a normalised (1, 3, n, n) input."""
        (output,) = self._session.run([self._output], {self._input: batch}, self._only_this_output)
        plane: NDArray[np.float32] = output[0, 0]
        return plane


class OnnxModels:
    """The models of a directory. Each is loaded when first asked for, once, however many threads ask."""

    def __init__(
        self,
        directory: Path,
        threads: int | None = None,
        *,
        precision: Precision | None = None,
        registry: Mapping[str, ModelSpec] | None = None,
        gains_by_bytes: Callable[[], bool] = multiplies_bytes,
    ) -> None:
        """Finds what is there; loads nothing.

        Args:
            directory: holds `NAME.onnx` for each installed model, and `NAME.int8.onnx` where it has an 8-bit variant.
            threads: how many cores one inference uses; None: all that this process may.
            precision: for the models that have it, the others are float32; None: int8 where the processor gains by it.
            registry: the models that are known; None: those of `load_registry`.
            gains_by_bytes: whether the processor gains by int8.

        Raises:
            WeightsError: there is no such directory, or no known model in it.
        """
        if not directory.is_dir():
            raise WeightsError(f"The model directory {directory} is missing. Run: python -m local.models")
        known = load_registry() if registry is None else registry
        self._directory = directory
        self._threads = threads or len(os.sched_getaffinity(0))
        self._precision = precision
        self._gains_by_bytes = gains_by_bytes
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
                self._networks[name] = self._load(self.installed[name])
            return self._networks[name]

    def _load(self, spec: ModelSpec) -> OnnxNetwork:
        precision = self._precision_of(spec)
        network = OnnxNetwork(spec, weights_path(self._directory, spec.name, precision), self._threads, precision)
        _log.info("The model %s runs in %s on %d threads.", spec.name, precision, self._threads)
        return network

    def _precision_of(self, spec: ModelSpec) -> Precision:
        if spec.weights_int8 is None:
            return Precision.FLOAT32
        if self._precision is not None:
            return self._precision
        if not self._gains_by_bytes():
            return Precision.FLOAT32
        if not weights_path(self._directory, spec.name, Precision.INT8).is_file():
            _log.warning("This processor would run %s faster in int8. Run: python -m local.models %s", spec.name, spec.name)
            return Precision.FLOAT32
        return Precision.INT8


def session_options(threads: int, precision: Precision) -> "onnxruntime.SessionOptions":
    """What was measured, and what wasn't: docs/adr/0073."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    # A plan of all activations' places in one block takes half as much memory again, and saves no time.
    options.enable_mem_pattern = False
    # A thread that waits for a layer's end sleeps: spinning gains a hundredth or two of the time on cores of one's own, costs a twentieth of
    # what is paid for where a quota counts processor time, and a third of the time where others want the core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if precision is Precision.INT8:
        # It is written in the runtime's own operators: optimising it takes longer than the loading itself, and saved no time.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def only_fetched() -> "onnxruntime.RunOptions":
    """Of U2-Net's seven outputs one is used: what only leads to another isn't computed."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True
    return options


def _load(path: Path, threads: int, precision: Precision) -> "onnxruntime.InferenceSession":
    import onnxruntime

    return onnxruntime.InferenceSession(path, session_options(threads, precision), providers=["CPUExecutionProvider"])
