"""The figures in docs/container.md, between marks that only the benchmarks write between."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import described

PAGE: Final = Path("docs/container.md")


def write(section: str, text: str, path: Path = PAGE) -> None:
    """Put a section's text in place of what it was."""
    begin, end = f"<!-- {section}: written by the benchmark -->", f"<!-- /{section} -->"
    before, _, rest = path.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")


def cold_start(run: Mapping[str, Any]) -> str:
    """Starts and sizes as Markdown."""
    starts: Mapping[str, Mapping[str, float]] = run["starts"]
    theirs = [starts[name]["first_result_ms"] for name in ("rembg, as installed", "rembg, compiled in the image")]
    rows = ["| start | init | to the first result | of rembg's as installed | compiled | warm |", "|---|--:|--:|--:|--:|--:|"]
    for name, figures in starts.items():
        cells = [f"{figures['init_ms']:,.0f} ms", f"{figures['first_result_ms']:,.0f} ms"]
        cells += [f"{figures['first_result_ms'] / other:.2f}" for other in theirs]
        cells.append(f"{figures['warm_ms']:,.0f} ms")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    parts = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in run["parts"].items())
    return "\n\n".join(
        [
            "\n".join(rows),
            f"The parts one after the other, in ms: {parts}; together {sum(run['parts'].values()):.0f}.",
            "![The start's parts, ours and rembg's](../benchmarks/results/cold-start.svg)",
            _sizes(run["sizes"]),
            f"1 MP, plain, from S3 to S3; {run['memory_mib']} MiB; medians of {run['rounds']}; base: {run['base']}. {described(run['machine'])}.",
        ]
    )


def _sizes(sizes: Mapping[str, Mapping[str, int]]) -> str:
    rows = ["| image | whole | above its base |", "|---|--:|--:|"]
    rows += [f"| {name} | {size['image_bytes'] / 1e6:.0f} MB | {size['own_bytes'] / 1e6:.0f} MB |" for name, size in sizes.items()]
    whole, own = (sizes["ours"][key] / sizes["rembg"][key] for key in ("image_bytes", "own_bytes"))
    rows.append(f"| ours of rembg's | {whole:.2f} | {own:.2f} |")
    return "\n".join(rows)


def memory(run: Mapping[str, Any]) -> str:
    """Time, price and peak as Markdown, a row for each size of the function."""
    blocks = [_memory_table(system, run[system]) for system in ("ours", "rembg")]
    verdict = f"Recommended: {run['recommended_mib']} MiB; template.yaml's default is {run['default_mib']}."
    return "\n\n".join(
        [
            *blocks,
            _largest(run["largest"]),
            verdict,
            "![Time, price and peak memory](../benchmarks/results/memory.svg)",
            f"Plain cutouts, the better of two warm calls, from S3 to S3; base: {run['base']}. {described(run['machine'])}.",
        ]
    )


def _largest(rows: Sequence[Mapping[str, Any]]) -> str:
    told = [
        f"{row['memory_mib']} MiB: {row.get('failed') or '{:.1f} s, {:.0f} MB'.format(row['ms'] / 1000, row['peak_mb'])}"
        for row in rows
    ]
    return f"Ours, 50 MP with alpha matting, the first call: {'; '.join(told)}."


def _memory_table(system: str, rows: Sequence[Mapping[str, Any]]) -> str:
    megapixels = sorted({row["megapixels"] for row in rows})
    heads = [f"{name}, {size} MP" for name in ("time", "$ a thousand", "peak MB") for size in megapixels]
    lines = [f"| {system}: MiB | start | {' | '.join(heads)} |", "|--:|--:|" + "--:|" * len(heads)]
    for memory_mib in sorted({row["memory_mib"] for row in rows}):
        these = sorted((row for row in rows if row["memory_mib"] == memory_mib), key=lambda row: row["megapixels"])
        cells = [str(row.get("failed") or f"{row['ms'] / 1000:.2f} s") for row in these]
        cells += ["" if "failed" in row else f"{row['per_thousand']:.3f}" for row in these]
        cells += ["" if "failed" in row else f"{row['peak_mb']:.0f}" for row in these]
        lines.append(f"| {memory_mib} | {these[0]['start_ms'] / 1000:.1f} s | {' | '.join(cells)} |")
    return "\n".join(lines)
