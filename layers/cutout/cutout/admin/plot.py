"""A bar chart as SVG, so that a picture needs no plotting library."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

_ROW: Final = 24
_LABELS: Final = 190
_BARS: Final = 460
_WIDTH: Final = _LABELS + _BARS + 110
_TOP: Final = 56


def bar_chart(title: str, bars: Sequence[tuple[str, Decimal]]) -> str:
    """One bar per label, in the order given, with its US dollars beside it; the longest is as wide as there is room."""
    longest = max((dollars for _, dollars in bars), default=Decimal(0)) or Decimal(1)
    height = _TOP + _ROW * max(len(bars), 1) + 16
    rows = [_bar(index, label, dollars, float(dollars / longest)) for index, (label, dollars) in enumerate(bars)]
    nothing = f'<text x="20" y="{_TOP + 16}">No charges in this time.</text>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13">',
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text x="20" y="32" font-size="17" font-weight="bold" fill="#222">{escape(title)}</text>',
            '<g fill="#222">',
            *(rows or [nothing]),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _bar(index: int, label: str, dollars: Decimal, share: float) -> str:
    top, width = _TOP + _ROW * index, max(1.0, _BARS * share)
    short = label if len(label) <= 26 else label[:25] + "…"  # noqa: PLR2004 (what fits beside the bars)
    return (
        f'<text x="{_LABELS - 8}" y="{top + 16}" text-anchor="end">{escape(short)}</text>'
        f'<rect x="{_LABELS}" y="{top + 4}" width="{width:.1f}" height="{_ROW - 8}" rx="2" fill="#2f6fb3"/>'
        f'<text x="{_LABELS + width + 6:.1f}" y="{top + 16}">${dollars:.6f}</text>'
    )
