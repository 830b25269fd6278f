"""Drawing with exactly known coverage: everything is drawn at several times the picture's size, and the mean of those cells is the truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Plane = NDArray[np.float32]
Colour = NDArray[np.float32]

FINE: Final = 4
"""Cells along a pixel's side: 17 levels of coverage across an edge, hairs from a quarter of a pixel."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A subject: `alpha` (h, w) in [0, 1], and its own colour (h, w, 3) in [0, 1], straight; black where alpha is 0."""

    alpha: Plane
    colour: Colour


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a photograph's pixels go: p -> scale · R(turn) · p + shift, mirrored first if asked. In pixels of the picture."""

    scale: float
    turn: float
    shift: tuple[float, float]

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) points of the photograph, in the picture."""
        return points @ self._matrix().T + self.shift

    def inverse(self, fine: int) -> tuple[float, ...]:
        """Pillow's AFFINE coefficients, from a cell of the canvas to the photograph."""
        back = np.linalg.inv(self._matrix()) / fine
        offset = -np.linalg.inv(self._matrix()) @ np.array(self.shift)
        return (*map(float, back[0]), float(offset[0]), *map(float, back[1]), float(offset[1]))

    def _matrix(self) -> NDArray[np.float64]:
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return self.scale * np.array([[cos, -sin], [sin, cos]])


class Canvas:
    """A subject being drawn. Coordinates are the picture's pixels; opacity is 0-1."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._opacity = Image.new("L", (width * FINE, height * FINE), 0)
        self._colour = Image.new("RGB", self._opacity.size)
        self._on_opacity = ImageDraw.Draw(self._opacity)
        self._on_colour = ImageDraw.Draw(self._colour)

    def fill_with(self, photograph: Colour, placement: Placement) -> None:
        """Colour the whole canvas with a photograph, mirrored at its borders. Draws nothing yet."""
        height, width = photograph.shape[:2]
        mirrored = np.pad(photograph, ((height // 2,) * 2, (width // 2,) * 2, (0, 0)), mode="symmetric")
        source = Image.fromarray((mirrored * 255 + 0.5).astype(np.uint8))
        a, b, c, d, e, f = placement.inverse(FINE)
        coefficients = (a, b, c + width // 2, d, e, f + height // 2)
        self._colour.paste(source.transform(self._colour.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR))

    def polygon(self, points: NDArray[np.float64], opacity: float = 1.0) -> None:
        """Make the inside of an outline that opaque."""
        self._on_opacity.polygon(list(map(tuple, (points * FINE).tolist())), fill=round(opacity * 255))

    def figure(self, shape: Image.Image, left: float, top: float, scale: float) -> None:
        """Make a black-and-white figure's white part opaque, smoothly enlarged by `scale`."""
        size = (round(shape.width * scale * FINE), round(shape.height * scale * FINE))
        hard = shape.resize(size, Image.Resampling.BICUBIC).point([255 if level >= 128 else 0 for level in range(256)])
        self._opacity.paste(255, (round(left * FINE), round(top * FINE)), hard)

    def strand(self, path: NDArray[np.float64], widths: NDArray[np.float64], opacity: float, colour: NDArray[np.float64]) -> None:
        """A hair along `path` (n, 2), as wide at its points as `widths` says, of one colour 0-1."""
        ink = tuple(int(channel) for channel in np.clip(colour * 255, 0, 255))
        cells = list(map(tuple, (path * FINE).tolist()))
        for start, end, width in zip(cells, cells[1:], (widths * FINE).tolist(), strict=False):
            self._on_colour.line([start, end], fill=ink, width=max(1, round(width)))
            self._on_opacity.line([start, end], fill=round(opacity * 255), width=max(1, round(width)))

    def paint(self, points: NDArray[np.float64], colour: tuple[float, float, float]) -> None:
        """Colour the inside of an outline, whatever its opacity."""
        self._on_colour.polygon(list(map(tuple, (points * FINE).tolist())), fill=tuple(round(channel * 255) for channel in colour))

    def colour_at(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """The colour 0-1 at a point; at the nearest one inside where it lies outside."""
        column, row = (
            int(np.clip(place * FINE, 0, side - 1)) for place, side in zip(point.tolist(), self._colour.size, strict=True)
        )
        return np.array(self._colour.getpixel((column, row)), np.float64) / 255

    def layer(self) -> Layer:
        """The picture's pixels: mean opacity, and the mean of the colour weighted by it."""
        opacity = _cells(np.asarray(self._opacity, np.float32) / np.float32(255), self.height, self.width)
        alpha = opacity.mean(axis=(1, 3))
        colour = np.empty((self.height, self.width, 3), np.float32)
        for channel in range(3):
            plane = np.asarray(self._colour.getchannel(channel), np.float32) / np.float32(255)
            colour[..., channel] = (_cells(plane, self.height, self.width) * opacity).mean(axis=(1, 3))
        return Layer(alpha, straight(colour, alpha))


def straight(premultiplied: Colour, alpha: Plane) -> Colour:
    """Colour divided by alpha; black where alpha is 0."""
    colour = np.zeros_like(premultiplied)
    np.divide(premultiplied, alpha[..., None], out=colour, where=alpha[..., None] > 0)
    return colour


def _cells(plane: Plane, height: int, width: int) -> NDArray[np.float32]:
    return plane.reshape(height, FINE, width, FINE)
