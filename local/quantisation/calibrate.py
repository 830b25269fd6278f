"""Makes a recipe: `python -m local.quantisation.calibrate NAME`, a quarter of an hour or more on two cores.

The float network is run over pictures that packages ship (scikit-image and scikit-learn, for development only).

Each channel of each tensor gets a step of its own, the geometric mean of what its own largest value asks for and what the tensor's does:
that balances the rounding of activations against that of the next layer's weights, which take the steps up (equalisation: Nagel et al.
2019, "Data-free quantization through weight equalization and bias correction").

Weights are rounded with the data in view. The error of an output is e·x, e the errors of the weights and x the inputs around it. Its mean,
e·E[x], goes into the bias. What is left is estimated by sum e² Var(x), and each output channel's scale is chosen for the least of that.
It matters where one input is large and hardly varies: its weight may be cut off, and the other weights get the range of 8 bits.

Convolutions without which the masks would change much less stay float (`sensitivity`). What each step gave: docs/adr/0072.
"""

import argparse
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import skimage
import sklearn
from numpy.typing import NDArray
from PIL import Image

from cutout.adapters.onnx import OnnxNetwork
from cutout.adapters.weights import verify, weights_path
from cutout.imaging.image import pixels_of
from cutout.imaging.models import ModelSpec, load_registry
from cutout.imaging.segment import normalise, thumbnail
from local.models import DIRECTORY
from local.quantisation.integer_graph import LEVELS, input_range, quantise_weight
from local.quantisation.layers import Floats, Layer, read_layers
from local.quantisation.recipe import Recipe, save_recipe
from local.quantisation.sensitivity import choose_floating, sensitivities
from local.quantisation.side_outputs import SideOutput, side_outputs

SKIMAGE = (
    *("astronaut.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png", "color.png"),
    *("grass.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png", "moon.png", "motorcycle_left.png"),
    *("motorcycle_right.png", "page.png", "retina.jpg", "rocket.jpg"),
)
SKLEARN = ("china.jpg", "flower.jpg")

NAMES = ("u2netp", "u2net")

_LEAST_SENSITIVITY = 0.2
"""Above the noise: masks also change by up to 17 % more if one of most convolutions stays float."""
_PERCENTS = range(100, 1, -2)
_SMALLEST_TOP = 1e-6
_SMALLEST_VARIANCE = 1e-4  # in steps: less is a channel that is constant but for rounding


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
    """Of one tensor over all pictures, channel by channel: largest value, mean and mean square."""

    tops: list[Floats] = field(default_factory=list)
    means: list[Floats] = field(default_factory=list)
    squares: list[Floats] = field(default_factory=list)

    def add(self, values: Floats) -> None:
        """Takes in the tensor (channels, h, w) of one more picture."""
        self.tops.append(values.max(axis=(1, 2)))
        self.means.append(values.mean(axis=(1, 2)))
        self.squares.append((values**2).mean(axis=(1, 2)))

    @property
    def top(self) -> Floats:
        top: Floats = np.max(self.tops, axis=0)
        return top

    @property
    def mean(self) -> Floats:
        mean: Floats = np.mean(self.means, axis=0)
        return mean

    @property
    def variance(self) -> Floats:
        variance: Floats = np.mean(self.squares, axis=0) - self.mean**2
        return variance


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
        batch = normalise(thumbnail(pixels_of(np.asarray(picture)), spec.input_size), spec)
        yield {source: batch, **dict(zip(wanted, session.run(wanted, {source: batch}), strict=True))}


def choose_steps(layers: Sequence[Layer], statistics: Mapping[str, Statistics]) -> dict[str, Floats]:
    """What a step of each channel is worth, for every tensor that is computed and not only moved."""
    steps = {layer.output: _balanced(statistics[layer.output].top) for layer in layers if layer.kind in {"convolve", "add"}}
    for layer in layers:
        if layer.kind == "add":
            # Summands in the steps of their sum: then adding is adding the numbers.
            steps |= dict.fromkeys(layer.inputs, steps[layer.output])
    return {name: np.array([_brief(step) for step in value], np.float32) for name, value in steps.items()}


def _balanced(top: Floats) -> Floats:
    steps: Floats = np.sqrt(top.clip(_SMALLEST_TOP) * top.max()) / LEVELS
    return steps


def spread(layers: Sequence[Layer], computed: Mapping[str, Floats], first: Floats) -> dict[str, Floats]:
    """The steps of every tensor, given those of the computed ones and of the picture."""
    steps = {layers[0].inputs[0]: first, **computed}
    for layer in layers:
        if layer.kind in {"pool", "resize"}:
            steps[layer.output] = steps[layer.inputs[0]]
        elif layer.kind == "concatenate":
            steps[layer.output] = np.concatenate([steps[name] for name in layer.inputs])
    return steps


def choose_clips(weight: Floats, bias: Floats, mean: Floats, variance: Floats) -> tuple[NDArray[np.int64], Floats]:
    """For each output channel: at how many percent of its largest weight to cut off, and what to add to its bias.

    Everything is in the steps of the input, of which `mean` and `variance` are, channel by channel.
    """

    def error(clips: NDArray[np.float64]) -> Floats:
        integers, scale = quantise_weight(weight, bias, clips)
        return weight - integers * scale[:, None, None, None]

    spreads = variance.clip(_SMALLEST_VARIANCE)[:, None, None]
    tried = [(error(np.full(len(weight), percent / 100)) ** 2 * spreads).sum(axis=(1, 2, 3)) for percent in _PERCENTS]
    clips = np.array(_PERCENTS)[np.argmin(tried, axis=0)]
    return clips, (error(clips / 100) * mean[:, None, None]).sum(axis=(1, 2, 3))


def calibrate(spec: ModelSpec, path: Path) -> Recipe:
    """The recipe for the weights in `path`."""
    if spec.weights is None:
        raise ValueError(f"{spec.name} has no weights.")
    verify(path, spec.weights)
    model = onnx.load(path)
    layers = read_layers(model)
    recipe = _recipe_without_floats(spec, spec.weights.checksum, model, layers)
    network = OnnxNetwork(spec, path, threads=2)
    batches = [
        normalise(thumbnail(pixels_of(np.asarray(picture)), spec.input_size), spec)
        for picture in itertools.islice(pictures(), 0, None, 2)
    ]
    sensitivity = sensitivities(spec, layers, recipe, batches, [network.infer(batch) for batch in batches])
    return replace(
        recipe,
        sensitivity={name: round(part, 3) for name, part in sensitivity.items()},
        floating=choose_floating(sensitivity, _LEAST_SENSITIVITY),
    )


def _recipe_without_floats(spec: ModelSpec, checksum: str, model: onnx.ModelProto, layers: Sequence[Layer]) -> Recipe:
    body, sides = side_outputs(layers)
    statistics, planes = observe(model, spec, body, sides)
    computed = choose_steps(body, statistics)
    low, high = input_range(spec)
    steps = spread(body, computed, np.full(3, (high - low) / LEVELS, np.float32))
    clips: dict[str, list[int]] = {}
    shifts: dict[str, list[float]] = {}
    for layer in body:
        if layer.kind == "convolve":
            step, seen = steps[layer.inputs[0]], statistics[layer.inputs[0]]
            weight = layer.weights.weight * step[:, None, None]
            percents, shift = choose_clips(weight, layer.weights.bias, seen.mean / step, seen.variance / step**2)
            clips[layer.output], shifts[layer.output] = percents.tolist(), [_brief(value) for value in shift]
    return Recipe(
        weights=checksum,
        steps={name: [_brief(step) for step in value] for name, value in computed.items()},
        planes={name: (_brief(low), _brief(high)) for name, (low, high) in planes.items()},
        clips=clips,
        shifts=shifts,
        sensitivity={},
        floating=[],
    )


def _brief(value: float) -> float:
    """Four digits: more than calibration is worth."""
    return float(f"{value:.4g}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m local.quantisation.calibrate", description="Make a model's recipe anew.")
    parser.add_argument("name", choices=NAMES)
    name = parser.parse_args().name
    save_recipe(name, calibrate(load_registry()[name], weights_path(DIRECTORY, name)))


if __name__ == "__main__":
    main()
