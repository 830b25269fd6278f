"""The options that were tried, each a change to what the product chooses (`cutout.adapters.onnx.session_options`)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import onnxruntime

SHIPPED: Final = "as shipped"

Change = Callable[[onnxruntime.SessionOptions], None]


def _set(name: str, value: object) -> Change:
    return lambda options: setattr(options, name, value)


def _configure(name: str, value: str) -> Change:
    return lambda options: options.add_session_config_entry(name, value)


def _parallel(options: onnxruntime.SessionOptions) -> None:
    options.execution_mode = onnxruntime.ExecutionMode.ORT_PARALLEL
    options.inter_op_num_threads = 2


def _spinning(stops_after_a_run: str) -> Change:
    def change(options: onnxruntime.SessionOptions) -> None:
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.force_spinning_stop", stops_after_a_run)

    return change


CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        SHIPPED: lambda options: None,  # noqa: ARG005 - a change that changes nothing
        "one thread": _set("intra_op_num_threads", 1),
        "memory plan": _set("enable_mem_pattern", value=True),
        "no arena": _set("enable_cpu_mem_arena", value=False),
        "spinning": _spinning("1"),
        "spinning, after a run too": _spinning("0"),
        "denormals are zero": _configure("session.set_denormal_as_zero", "1"),
        "weights not packed beforehand": _configure("session.disable_prepacking", "1"),
        "work cut finer": _configure("session.dynamic_block_base", "4"),
        "branches in parallel": _parallel,
        "graph as it is": _set("graph_optimization_level", onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL),
        "graph with basic optimisation": _set("graph_optimization_level", onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC),
        "graph with all optimisation": _set("graph_optimization_level", onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL),
    }
)
