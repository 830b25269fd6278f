"""Makes a recipe: `python -m local.quantisation.calibrate NAME`.

The float network is run over pictures that packages ship (scikit-image and scikit-learn, for development only). The largest values make
the ranges: cutting them shorter, for the least squared error, was measured to gain nothing. Weights are rounded with the data in view:

The error of an output is e·x, e the error of the weights and x the input around it. Its mean, e·E[x], goes into the bias. What is left is
estimated by sum e² Var(x), and each output channel's scale is chosen for the least of that. This matters where one input is large and
hardly varies: its weight may be cut off hard, since the bias makes up for it, and the other weights get the whole range of 8 bits. In
u2netp one convolution has such an input (227 ± 0.3 with weights up to 5.6, between others below 0.2), and rounding it without the data
destroys every mask.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import skimage
import sklearn
from numpy.typing import NDArray
from PIL import Image

from cutout.adapters.weights import verify, weights_path
from cutout.imaging.models import ModelSpec, load_registry
from cutout.imaging.segment import normalise, thumbnail
from local.models import DIRECTORY
from local.quantisation.integer_graph import quantise_weight
from local.quantisation.layers import Floats, Layer, read_layers
from local.quantisation.recipe import Recipe, save_recipe
from local.quantisation.side_outputs import SideOutput, side_outputs

SKIMAGE = (
    *("astronaut.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png", "color.png"),
    *("grass.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png", "moon.png", "motorcycle_left.png"),
    *("motorcycle_right.png", "page.png", "retina.jpg", "rocket.jpg"),
)
SKLEARN = ("china.jpg", "flower.jpg")

PERCENTS = range(100, 1, -2)
FLOATING = {"u2netp": ["2257"], "u2net": []}
"""Convolutions left as they are: see docs/adr/0023."""


def pictures() -> Iterator[Image.Image]:
    """Every picture as it is, and a part of it mirrored."""
    folders = Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets/images"
    for folder, names in zip(folders, (SKIMAGE, SKLEARN), strict=True):
        for name in names:
            picture = Image.open(folder / name).convert("RGB")
            width, height = picture.size
            yield picture
            part = picture.crop((width // 8, height // 8, width * 3 // 4, height * 3 // 4))
            yield part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


@dataclass
class Statistics:
    """Of one tensor over all pictures: its largest value, and mean and mean square of each channel."""

    top: float = 0.0
    means: list[Floats] = field(default_factory=list)
    squares: list[Floats] = field(default_factory=list)

    def add(self, values: Floats) -> None:
        """Takes in the tensor (channels, h, w) of one more picture."""
        self.top = max(self.top, float(values.max()))
        self.means.append(values.mean(axis=(1, 2)))
        self.squares.append((values**2).mean(axis=(1, 2)))

    @property
    def mean(self) -> Floats:
        mean: Floats = np.mean(self.means, axis=0)
        return mean

    @property
    def variance(self) -> Floats:
        variance: Floats = np.mean(self.squares, axis=0) - self.mean**2
        return variance.clip(1e-8)


def observe(
    model: onnx.ModelProto, spec: ModelSpec, layers: Sequence[Layer], sides: Sequence[SideOutput]
) -> tuple[dict[str, Statistics], dict[str, tuple[float, float]]]:
    """Runs the float network; statistics of every layer's input and output, and the extremes of the side outputs' planes."""
    statistics = {name: Statistics() for layer in layers for name in (*layer.inputs, layer.output)}
    planes = {side.output: (0.0, 0.0) for side in sides}
    for values in _activations(model, spec, statistics):
        for name, statistic in statistics.items():
            statistic.add(values[name][0])
        for side in sides:
            made = np.einsum("oi,ihw->ohw", side.taps[:9, :, 0, 0], values[side.source][0], optimize=True)
            low, high = planes[side.output]
            planes[side.output] = min(low, float(made.min())), max(high, float(made.max()))
    return statistics, planes


def _activations(model: onnx.ModelProto, spec: ModelSpec, names: Iterable[str]) -> Iterator[dict[str, Floats]]:
    source = model.graph.input[0].name
    wanted = [name for name in names if name != source]
    known = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for picture in pictures():
        batch = normalise(thumbnail(np.asarray(picture), spec.input_size), spec)
        yield {source: batch, **dict(zip(wanted, session.run(wanted, {source: batch}), strict=True))}


def choose_clips(weight: Floats, source: Statistics) -> tuple[NDArray[np.int64], Floats]:
    """For each output channel: at how many percent of its largest weight to cut off, and what to add to its bias."""
    variance = source.variance[None, :, None, None]
    tried = []
    for percent in PERCENTS:
        integers, scale = quantise_weight(weight, np.full(len(weight), percent / 100))
        error = weight - integers * scale[:, None, None, None]
        tried.append((error**2 * variance).sum(axis=(1, 2, 3)))
    clips = np.array(PERCENTS)[np.argmin(tried, axis=0)]
    integers, scale = quantise_weight(weight, clips / 100)
    error = weight - integers * scale[:, None, None, None]
    return clips, (error * source.mean[None, :, None, None]).sum(axis=(1, 2, 3))


def calibrate(spec: ModelSpec, path: Path) -> Recipe:
    """The recipe for the weights in `path`."""
    if spec.weights is None:
        raise ValueError(f"{spec.name} has no weights.")
    verify(path, spec.weights)
    model = onnx.load(path)
    body, sides = side_outputs(read_layers(model))
    statistics, planes = observe(model, spec, body, sides)
    clips, shifts = {}, {}
    for layer in body:
        if layer.convolution is not None:
            percents, shift = choose_clips(layer.convolution.weight, statistics[layer.inputs[0]])
            clips[layer.output], shifts[layer.output] = percents.tolist(), [_brief(value) for value in shift]
    return Recipe(
        weights=spec.weights.checksum,
        tops={layer.output: _brief(statistics[layer.output].top) for layer in body if layer.kind in {"convolve", "add"}},
        planes={name: (_brief(low), _brief(high)) for name, (low, high) in planes.items()},
        clips=clips,
        shifts=shifts,
        floating=FLOATING[spec.name],
    )


def _brief(value: float) -> float:
    """Four digits: more than calibration is worth."""
    return float(f"{value:.4g}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m local.quantisation.calibrate", description="Make a model's recipe anew.")
    parser.add_argument("name", choices=FLOATING)
    name = parser.parse_args().name
    save_recipe(name, calibrate(load_registry()[name], weights_path(DIRECTORY, name)))


if __name__ == "__main__":
    main()
