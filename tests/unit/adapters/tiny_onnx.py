"""Networks of one layer, so that tests of the runtime need no weights."""

import hashlib
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from cutout.imaging.models import ModelSpec, Weights

SIDE = 4


def write_brightness_network(path: Path, name: str = "brightness") -> ModelSpec:
    """A network whose first output is the mean of the three channels and whose second is its negative."""
    shape = [1, 1, SIDE, SIDE]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1]), helper.make_node("Neg", ["mean"], ["negative"])],
        name,
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape) for output in ("mean", "negative")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return describe(path, name)


def describe(path: Path, name: str, output: int = 0) -> ModelSpec:
    """A spec that names the file's own checksum."""
    content = path.read_bytes()
    weights = Weights("sha256:" + hashlib.sha256(content).hexdigest(), len(content), ())
    return ModelSpec(name, (), SIDE, (0, 0, 0), (1, 1, 1), "none", "Apache-2.0", output=output, weights=weights)
