"""Results as tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.quality.variants import Mode

COLUMNS: Final = {
    "MAE": "{:.4f}",
    "MSE": "{:.4f}",
    "SAD": "{:.2f}",
    "edge MAE": "{:.3f}",
    "gradient": "{:.2f}",
    "connectivity": "{:.2f}",
    "IoU": "{:.3f}",
    "S": "{:.3f}",
    "colour": "{:.1f}",
    "over black": "{:.2f}",
    "over white": "{:.2f}",
    "over green": "{:.2f}",
}
_TITLES: Final = {
    "network": "The whole product: the network finds the subject",
    "given": "The same mask given to both: what follows the network",
}
_HIGHER_IS_BETTER: Final = {"IoU", "S"}


@dataclass(frozen=True, slots=True)
class Result:
    """One cutout of one picture, judged."""

    picture: str
    edges: str
    mode: Mode
    system: str
    variant: str
    metrics: dict[str, float]


def tables(results: Sequence[Result]) -> str:
    """Markdown: for each mode and kind of truth, the means of every system and variant."""
    parts = []
    for mode, title in _TITLES.items():
        for edges in ("soft", "hard"):
            chosen = [result for result in results if result.mode == mode and result.edges == edges]
            if chosen:
                count = len({result.picture for result in chosen})
                parts.append(f"### {title}, {edges} edges ({count} pictures)\n\n{_table(chosen)}")
    return "\n\n".join(parts)


def _table(results: Sequence[Result]) -> str:
    rows = ["| | | " + " | ".join(COLUMNS) + " | better on |", "|---" * 2 + "|--:" * (len(COLUMNS) + 1) + "|"]
    for variant in dict.fromkeys(result.variant for result in results):
        means = {system: _means(results, system, variant) for system in ("rembg", "ours")}
        for system, mean in means.items():
            if mean:
                rival = next(other for name, other in means.items() if name != system)
                cells = [_cell(name, mean[name], rival.get(name)) for name in COLUMNS]
                wins = _wins(results, variant) if system == "ours" and rival else ""
                rows.append(f"| {variant} | {system} | " + " | ".join(cells) + f" | {wins} |")
    return "\n".join(rows)


def _cell(name: str, value: float, rival: float | None) -> str:
    """The value; in bold where it's the better of the pair."""
    text = COLUMNS[name].format(value)
    if rival is None or text == COLUMNS[name].format(rival):
        return text
    return f"**{text}**" if (value > rival) == (name in _HIGHER_IS_BETTER) else text


def _means(results: Iterable[Result], system: str, variant: str) -> dict[str, float]:
    chosen = [result.metrics for result in results if result.system == system and result.variant == variant]
    return {name: sum(metrics[name] for metrics in chosen) / len(chosen) for name in COLUMNS} if chosen else {}


def _wins(results: Iterable[Result], variant: str) -> str:
    """On how many pictures our result over green is nearer the truth than rembg's."""
    errors = {(result.system, result.picture): result.metrics["over green"] for result in results if result.variant == variant}
    pictures = [picture for system, picture in errors if system == "ours"]
    better = sum(errors["ours", picture] < errors["rembg", picture] for picture in pictures)
    return f"{better} of {len(pictures)}"
