"""The figures as a picture: an SVG of bars, seconds on a logarithmic scale."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any, Final
from xml.sax.saxutils import escape

_WIDTH: Final = 760
_LEFT: Final = 190
_RIGHT: Final = 120
_BAR: Final = 11
_ROW: Final = 34
_TOP: Final = 46
_COLOURS: Final = {"ours": "#2f7d4f", "rembg": "#b9b4ab"}


def draw(cases: Sequence[Mapping[str, Any]]) -> str:
    """An SVG document: for each case the wall time of one call, ours above rembg's; where there is none, the reason."""
    times = [case[system]["wall_s"] for case in cases for system in _COLOURS if "wall_s" in case[system]]
    low, high = min(times, default=1) / 1.5, max(times, default=1) * 1.2
    height = _TOP + _ROW * len(cases) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        '<text x="12" y="22" font-size="14">Seconds for one call, file in, file out (logarithmic)</text>',
        *_legend(),
    ]
    for power in range(int(log10(low)) - 1, int(log10(high)) + 2):
        if low <= 10.0**power <= high:
            x = _x(10.0**power, low, high)
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{height - 20}" stroke="#e4e1db"/>')
            parts.append(f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle" fill="#777">{10.0**power:g} s</text>')
    for row, case in enumerate(cases):
        top = _TOP + row * _ROW
        parts.append(f'<text x="{_LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(case["case"])}</text>')
        for line, system in enumerate(_COLOURS):
            parts += _bar(case[system], system, top + line * (_BAR + 1), low, high)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    parts = []
    for place, (system, colour) in enumerate(_COLOURS.items()):
        x = _WIDTH - 160 + 70 * place
        parts.append(f'<rect x="{x}" y="13" width="10" height="10" fill="{colour}"/><text x="{x + 15}" y="22">{system}</text>')
    return parts


def _bar(figures: Mapping[str, Any], system: str, top: float, low: float, high: float) -> list[str]:
    text_y = top + _BAR - 2
    if "wall_s" not in figures:
        return [f'<text x="{_LEFT + 4}" y="{text_y}" font-size="10" fill="#a33">{escape(str(figures["failed"]))}</text>']
    end = _x(figures["wall_s"], low, high)
    return [
        f'<rect x="{_LEFT}" y="{top}" width="{end - _LEFT:.1f}" height="{_BAR}" fill="{_COLOURS[system]}"/>',
        f'<text x="{end + 4:.1f}" y="{text_y}" font-size="10">{figures["wall_s"]:.3g} s</text>',
    ]


def _x(seconds: float, low: float, high: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (log10(seconds) - log10(low)) / (log10(high) - log10(low))
