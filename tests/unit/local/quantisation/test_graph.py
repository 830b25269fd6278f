"""Reading and writing ONNX graphs."""

import onnx
import pytest

from local.quantisation.graph import Graph
from local.quantisation.layers import read_layers
from tests.unit.adapters.tiny_onnx import write_brightness_network


def test_two_constants_of_one_name_are_an_error():
    graph = Graph()
    graph.constant("one", 1, float)
    with pytest.raises(ValueError, match="Two constants are called one"):
        graph.constant("one", 2, float)


def test_the_same_constant_is_kept_once():
    graph = Graph()
    assert graph.integers(1, 2) == graph.integers(1, 2)
    assert len(graph.model(("a", [1]), ("b", [1])).graph.initializer) == 1


def test_a_network_that_is_no_u2_net_is_refused(tmp_path):
    write_brightness_network(tmp_path / "brightness.onnx")
    with pytest.raises(ValueError, match="ReduceMean is no layer of a U2-Net"):
        read_layers(onnx.load(tmp_path / "brightness.onnx"))
