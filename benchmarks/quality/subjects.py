"""What stands in the pictures: each function draws one subject, (rng, width, height) -> layer, plausible enough for a network to find it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.quality import photographs
from benchmarks.quality.canvas import Canvas, Colour, Layer, Placement, Plane, straight
from benchmarks.quality.photographs import Subject

Random = np.random.Generator

_SEGMENTS: Final = 7
"""Straight pieces of a strand."""
_SMOOTHER: Final = 8
"""Points of a smooth outline for each that was drawn."""
_GLASS: Final = (0.72, 0.85, 0.80)


def portrait(rng: Random, width: int, height: int) -> Layer:
    """A bust with a few hundred loose hairs: long, thin, curled, half-transparent, crossing each other."""
    canvas, outline = _cut(rng, width, height, photographs.ASTRONAUT, filled=0.80, base=1.0)
    crown = outline[: photographs.HAIR * _SMOOTHER]
    long = 0.05 * height
    _grow(rng, canvas, crown, count=420, length=(0.4 * long, 2.4 * long), width=(0.3, 1.1), opacity=(0.35, 0.95), curl=1.2)
    canvas.polygon(outline)
    return canvas.layer()


def cat(rng: Random, width: int, height: int) -> Layer:
    """An animal's head whose whole outline is short dense fur, and a few whiskers."""
    canvas, outline = _cut(rng, width, height, photographs.CAT, filled=0.66, base=0.86)
    short = 0.03 * height
    ring = np.vstack([outline, outline[:1]])
    _grow(rng, canvas, ring, count=2600, length=(0.3 * short, 1.4 * short), width=(0.5, 1.4), opacity=(0.6, 1.0), curl=0.5)
    _grow(rng, canvas, ring, count=14, length=(4 * short, 8 * short), width=(0.4, 0.8), opacity=(0.7, 0.95), curl=0.35)
    canvas.polygon(outline)
    return canvas.layer()


def dahlia(rng: Random, width: int, height: int) -> Layer:
    """A real flower with a hard, rippled edge."""
    canvas, outline = _cut(rng, width, height, photographs.DAHLIA, filled=rng.uniform(0.55, 0.75), base=0.86)
    canvas.polygon(outline)
    return canvas.layer()


def saucer(rng: Random, width: int, height: int) -> Layer:
    """A real cup on its saucer, hard-edged."""
    canvas, outline = _cut(rng, width, height, photographs.SAUCER, filled=0.6, base=0.86)
    canvas.polygon(outline)
    return canvas.layer()


def horse(rng: Random, width: int, height: int) -> Layer:
    """A horse's silhouette in a coat of real fur: hard edges, legs, and a gap behind the tail."""
    shape = photographs.silhouette("horse.png")
    scale = 0.8 * min(width / shape.width, height / shape.height)
    left, top = (width - shape.width * scale) * rng.uniform(0.2, 0.8), (height - shape.height * scale) * 0.7
    canvas = Canvas(width, height)
    photograph, rows, columns = photographs.COAT
    coat = np.pad(photographs.read(photograph)[rows, columns], ((0, 400), (0, 300), (0, 0)), mode="symmetric")
    canvas.fill_with(coat, Placement(1.1 * shape.width * scale / coat.shape[1], 0.0, (left - 4, top - 4)))
    canvas.figure(shape, left, top, scale)
    return canvas.layer()


def wheel(rng: Random, width: int, height: int) -> Layer:
    """A spoked wheel: dozens of holes, and spokes one to three pixels wide."""
    canvas = Canvas(width, height)
    wood = photographs.read(photographs.SAUCER.photograph)[200:390, 400:590]
    radius = 0.38 * min(width, height)
    centre = np.array([width, height]) * rng.uniform(0.47, 0.53, 2)
    canvas.fill_with(wood, Placement(2 * radius / 190, 0.3, (float(centre[0] - radius), float(centre[1] - radius))))
    canvas.polygon(_circle(centre, radius))
    canvas.polygon(_circle(centre, 0.86 * radius), opacity=0)
    thick = radius * rng.uniform(0.012, 0.03)
    for turn in np.linspace(0, 2 * np.pi, int(rng.integers(14, 26)), endpoint=False) + rng.uniform(0, 1):
        along = np.array([np.cos(turn), np.sin(turn)])
        across = thick / 2 * np.array([-along[1], along[0]])
        ends = [centre + along * radius * reach for reach in (0.1, 0.9)]
        canvas.polygon(np.array([ends[0] - across, ends[0] + across, ends[1] + across, ends[1] - across]))
    canvas.polygon(_circle(centre, 0.2 * radius))
    return canvas.layer()


def glass(rng: Random, width: int, height: int) -> Layer:
    """A half-filled carafe: thick rim and foot, clear body, bright reflections. It doesn't bend what is behind it."""
    canvas = Canvas(width, height)
    tall, middle, top = 0.8 * height, width * rng.uniform(0.42, 0.58), 0.1 * height
    heights = np.array([0, 0.04, 0.1, 0.3, 0.42, 0.6, 0.85, 0.95, 1.0])
    radii = np.array([0.13, 0.125, 0.1, 0.095, 0.14, 0.23, 0.25, 0.23, 0.2]) * tall
    level = np.linspace(0, 1, 90)
    profile = np.interp(level, heights, np.convolve(np.pad(radii, 1, mode="edge"), [0.15, 0.7, 0.15], "valid"))
    down = top + tall * level

    def body(inset: float, start: float, end: float) -> NDArray[np.float64]:
        part = (level >= start) & (level <= end)
        wide, y = np.maximum(profile[part] - inset, 1), down[part]
        return np.concatenate([np.stack([middle - wide, y], 1), np.stack([middle + wide, y], 1)[::-1]])

    wall = 0.012 * tall
    canvas.paint(np.array([[0, 0], [width, 0], [width, height], [0, height]]), _GLASS)
    canvas.polygon(body(0, 0, 1), opacity=rng.uniform(0.75, 0.95))
    canvas.polygon(body(wall, 0, 0.96), opacity=rng.uniform(0.15, 0.35))
    canvas.paint(body(wall, rng.uniform(0.5, 0.65), 0.96), tuple(rng.uniform((0.5, 0.05, 0.05), (0.8, 0.4, 0.3)).tolist()))
    canvas.polygon(body(wall, 0.62, 0.96), opacity=rng.uniform(0.5, 0.7))
    for side in (-1, 1):
        edge = middle + side * 0.6 * profile
        shine = np.concatenate([np.stack([edge, down], 1)[50:80], np.stack([edge + 2.5 * wall, down], 1)[50:80][::-1]])
        canvas.paint(shine, (1.0, 1.0, 0.97))
        canvas.polygon(shine, opacity=0.9)
    return canvas.layer()


def moved(layer: Layer, length: float, turn: float) -> Layer:
    """The layer as a camera sees it that moves by `length` pixels meanwhile: alpha and premultiplied colour averaged along the way."""
    steps = max(2, int(np.ceil(2 * length)))
    along = np.linspace(-length / 2, length / 2, steps)
    return _averaged(layer, along * np.cos(turn), along * np.sin(turn), np.full(steps, 1 / steps))


def defocused(layer: Layer, radius: float) -> Layer:
    """The layer out of focus: averaged over a disc."""
    reach = int(np.ceil(radius))
    x, y = np.meshgrid(np.arange(-reach, reach + 1.0), np.arange(-reach, reach + 1.0))
    cover = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    inside = cover > 0
    return _averaged(layer, x[inside], y[inside], cover[inside] / cover.sum())


def _averaged(layer: Layer, x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> Layer:
    """A weighted mean of shifted copies, as a product of spectra; what lies beyond the border is like the border."""
    pad = int(np.ceil(max(np.abs(x).max(), np.abs(y).max()))) + 1
    height, width = layer.alpha.shape
    shape = (height + 2 * pad, width + 2 * pad)
    down, across = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    spectrum = np.zeros((shape[0], shape[1] // 2 + 1), np.complex64)
    for dx, dy, weight in zip(x, y, weights, strict=True):
        spectrum += weight * np.exp(-2j * np.pi * dy * down) * np.exp(-2j * np.pi * dx * across)

    def mean(plane: Plane) -> Plane:
        padded = np.pad(plane, pad, mode="edge")
        blurred = np.fft.irfft2(np.fft.rfft2(padded) * spectrum, shape)
        return blurred[pad:-pad, pad:-pad].astype(np.float32)

    alpha = np.clip(mean(layer.alpha), 0, 1)
    # A Fourier transform leaves dust: a 2000th is less than an eighth of a grey level.
    alpha[alpha < 5e-4] = 0
    alpha[alpha > 1 - 5e-4] = 1
    premultiplied = np.stack([mean(layer.alpha * layer.colour[..., channel]) for channel in range(3)], axis=-1)
    return Layer(alpha, np.clip(straight(premultiplied, alpha), 0, 1))


def _cut(rng: Random, width: int, height: int, subject: Subject, filled: float, base: float) -> tuple[Canvas, NDArray[np.float64]]:
    """A canvas in the photograph's colours, and the outline as a smooth curve. `filled`: the outline's height in the picture's;
    `base`: where it ends, likewise.
    """
    points = np.array(subject.outline)
    points = _smooth(points) if len(points) < 100 else points
    low, high = points.min(axis=0), points.max(axis=0)
    scale = min(filled * height / (high[1] - low[1]), 0.9 * width / (high[0] - low[0]))
    turn = float(rng.uniform(-0.08, 0.08)) if base < 1 else 0.0
    foot = Placement(scale, turn, (0, 0)).apply(np.array([[(low[0] + high[0]) / 2, high[1]]]))[0]
    slack = 0.05 * width
    place = np.array([width / 2 + rng.uniform(-slack, slack), height * base + (4 if base >= 1 else 0)])
    x, y = (place - foot).tolist()
    placement = Placement(scale, turn, (x, y))
    canvas = Canvas(width, height)
    canvas.fill_with(photographs.read(subject.photograph), placement)
    return canvas, placement.apply(points)


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed curve through the points: Catmull & Rom 1974."""
    t = np.linspace(0, 1, _SMOOTHER, endpoint=False)[:, None]
    before, here, there, after = (np.roll(points, shift, axis=0)[:, None] for shift in (1, 0, -1, -2))
    curve = here + t / 2 * (
        there - before + t * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before))
    )
    return curve.reshape(-1, 2)


def _grow(
    rng: Random,
    canvas: Canvas,
    line: NDArray[np.float64],
    count: int,
    length: tuple[float, float],
    width: tuple[float, float],
    opacity: tuple[float, float],
    curl: float,
) -> None:
    """Strands along a line, outwards (to the left of its direction), in the colour that the canvas has at their roots."""
    steps = np.diff(line, axis=0)
    lengths = np.hypot(*steps.T)
    for start in rng.choice(len(steps), count, p=lengths / lengths.sum()):
        root = line[start] + rng.uniform() * steps[start]
        normal = np.array([steps[start][1], -steps[start][0]]) / lengths[start]
        heading = np.arctan2(normal[1], normal[0]) + rng.normal(0, 0.45)
        far = rng.uniform(*length)
        bend = rng.normal(0, curl) / _SEGMENTS
        turns = heading + np.cumsum(np.full(_SEGMENTS, bend) + rng.normal(0, 0.06, _SEGMENTS))
        path = np.vstack(
            [root - 2 * normal, root + np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1) * far / _SEGMENTS, axis=0)]
        )
        shade = canvas.colour_at(root - 6 * normal) * rng.uniform(0.75, 1.25)
        canvas.strand(path, rng.uniform(*width) * np.linspace(1.2, 0.5, _SEGMENTS), rng.uniform(*opacity), shade)


def _circle(centre: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    turns = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    return centre + radius * np.stack([np.cos(turns), np.sin(turns)], 1)


def backdrop(rng: Random, width: int, height: int) -> Colour:
    """A place: part of a photograph, tinted if it is grey, and out of focus half of the time."""
    photograph = photographs.read(photographs.BACKDROPS[int(rng.integers(len(photographs.BACKDROPS)))])
    high, wide = photograph.shape[:2]
    part = min(wide / width, high / height) * rng.uniform(0.77, 1.0)
    left, top = float(rng.uniform(0, wide - part * width)), float(rng.uniform(0, high - part * height))
    source = Image.fromarray((photograph * 255).astype(np.uint8))
    place = source.resize((width, height), Image.Resampling.BICUBIC, (left, top, left + part * width, top + part * height))
    scene = Layer(np.ones((height, width), np.float32), np.asarray(place, np.float32) / np.float32(255))
    if rng.uniform() < 0.5:
        scene = defocused(scene, float(rng.uniform(0.003, 0.012) * height))
    tint = rng.uniform(0.75, 1.15, 3) if np.ptp(photograph, axis=-1).max() == 0 else np.ones(3)
    return np.clip(scene.colour * tint.astype(np.float32), 0, 1)
