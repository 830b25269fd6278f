"""Writing an ONNX graph, node by node."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

ORT = "com.microsoft"
"""onnxruntime's own operators."""

_OPSET = 13
_IR_VERSION = 8


class Graph:
    """Nodes and constants so far; every node has one output, and its name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Appends a node; the name of its output."""
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, value: ArrayLike, kind: type[np.generic]) -> str:
        """Keeps an array under a name; the name. The same array may be kept under the same name again.

        Raises:
            ValueError: the name stands for another array already.
        """
        array: NDArray[np.generic] = np.asarray(value, kind)
        tensor = numpy_helper.from_array(array, name)
        if self._constants.setdefault(name, tensor) != tensor:
            raise ValueError(f"Two constants are called {name}.")
        return name

    def integers(self, *values: int) -> str:
        """A constant list of integers, shared by all who need the same."""
        return self.constant("x".join(map(str, values)), values, np.int64)

    def model(self, source: tuple[str, Sequence[int]], output: tuple[str, Sequence[int]]) -> onnx.ModelProto:
        """The model, given name and shape of its float input and output."""
        first, last = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (source, output))
        graph = helper.make_graph(self._nodes, "integers", [first], [last], list(self._constants.values()))
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(ORT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
