"""The figures as SVG, drawn by hand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

_WIDTH: Final = 760
_LEFT: Final = 210
_RIGHT: Final = 90
_ROW: Final = 26
_TOP: Final = 44
_OURS, _REMBG, _GRID, _FAINT = "#2f7d4f", "#b9b4ab", "#e4e1db", "#777"
_PART_COLOURS: Final = (
    "#8c8880",
    "#33658a",
    "#2f7d4f",
    "#86bbd8",
    "#e0a458",
    "#b5651d",
    "#a13d63",
    "#5f4b8b",
    "#55a630",
    "#c1121f",
    "#444",
)


def cold_start(run: Mapping[str, Any]) -> str:
    """Bars of first results, and one of a start's parts."""
    starts: Mapping[str, Mapping[str, float]] = run["starts"]
    parts: Mapping[str, float] = run["parts"]
    shown = {name: figures for name, figures in starts.items() if name != "rembg, as installed"}
    longest = max([figures["first_result_ms"] for figures in shown.values()] + [sum(parts.values())])
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    rows = []
    for row, (name, figures) in enumerate(shown.items()):
        top = _TOP + row * _ROW
        colour = _REMBG if name.startswith("rembg") else _OURS
        rows.append(_label(name, top))
        rows.append(_bar(_LEFT, top, figures["first_result_ms"] * scale, colour))
        rows.append(_value(_LEFT + figures["first_result_ms"] * scale, top, f"{figures['first_result_ms']:,.0f} ms"))
    top = _TOP + (len(shown) + 1) * _ROW
    rows.append(_label("the parts, one by one", top))
    left = float(_LEFT)
    for number, (name, milliseconds) in enumerate(parts.items()):
        colour = _PART_COLOURS[number % len(_PART_COLOURS)]
        rows.append(_bar(left, top, milliseconds * scale, colour))
        left += milliseconds * scale
        column, line = number % 3, number // 3
        x, y = _LEFT + column * 180, top + 34 + line * 17
        rows.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        rows.append(f'<text x="{x + 15}" y="{y}">{escape(name)} {milliseconds:.0f} ms</text>')
    height = top + 44 + 17 * (-(-len(parts) // 3))
    title = f"From the start of the process to the first result: 1 MP, {run['memory_mib']} MiB"
    return _document(height, title, rows)


def memory(run: Mapping[str, Any]) -> str:
    """Time, price and peak memory over the function's size, side by side; a line for each picture size, rembg's in grey."""
    panels = (
        ("ms", "seconds an image", 1e-3),
        ("per_thousand", "US dollars a thousand images", 1.0),
        ("peak_mb", "peak memory, MB", 1.0),
    )
    width, height, gap = 180, 190, 72
    parts: list[str] = []
    sizes = sorted({row["memory_mib"] for row in [*run["ours"], *run["rembg"]]})
    for number, (key, title, factor) in enumerate(panels):
        left, bottom = 40 + number * (width + gap), 62 + height
        values = [row[key] * factor for row in [*run["ours"], *run["rembg"]] if key in row]
        top_value = max(values, default=1.0)
        parts.append(f'<text x="{left}" y="52">{title}</text>')
        for step in range(5):
            y = bottom - height * step / 4
            parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
            parts.append(
                f'<text x="{left - 4}" y="{y + 4:.1f}" text-anchor="end" font-size="10" fill="{_FAINT}">{top_value * step / 4:.3g}</text>'
            )
        for size in sizes:
            x = left + width * size / sizes[-1]
            parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle" font-size="9" fill="{_FAINT}">{size}</text>')
        for colour, rows in ((_REMBG, run["rembg"]), (_OURS, run["ours"])):
            for megapixels in sorted({row["megapixels"] for row in rows}):
                points = [
                    (left + width * row["memory_mib"] / sizes[-1], bottom - height * row[key] * factor / top_value)
                    for row in rows
                    if row["megapixels"] == megapixels and key in row
                ]
                parts += _line(points, colour, f"{megapixels} MP")
    parts.append(f'<text x="40" y="{62 + height + 32}" fill="{_FAINT}">the function\'s memory, MiB; green ours, grey rembg</text>')
    return _document(62 + height + 46, "An image through the function, by the function's memory", parts)


def _line(points: Sequence[tuple[float, float]], colour: str, name: str) -> Iterable[str]:
    if not points:
        return
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
    x, y = points[-1]
    yield f'<text x="{x + 5:.1f}" y="{y + 3:.1f}" font-size="9" fill="{colour}">{name}</text>'


def _label(text: str, top: float) -> str:
    return f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(text)}</text>'


def _bar(left: float, top: float, width: float, colour: str) -> str:
    return f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="18" fill="{colour}"/>'


def _value(x: float, top: float, text: str) -> str:
    return f'<text x="{x + 5:.1f}" y="{top + 13}" font-size="11">{text}</text>'


def _document(height: float, title: str, parts: Iterable[str]) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height:.0f}" fill="white"/>',
        f'<text x="12" y="22" font-size="14">{escape(title)}</text>',
        *parts,
        "</svg>",
        "",
    ]
    return "\n".join(lines)
