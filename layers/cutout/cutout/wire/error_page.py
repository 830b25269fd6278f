"""The page that every error's `documentation` points to, made from the error tree itself."""

from collections.abc import Iterator
from html import escape

from cutout.domain.errors import CutoutError, error_classes

_STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #1d2530; background: #fff }
code { font-size: .92em; background: #f0f3f6; padding: .1em .3em; border-radius: 4px }
h2 { margin-top: 2.2rem; font-size: 1.15rem } h2 small { font-weight: normal; color: #5b6673; margin-left: .6em }
:target { background: #fff6d6 }
@media (prefers-color-scheme: dark) { body { color: #dde3ea; background: #14181d } code { background: #252c34 } :target { background: #45390f } }
"""


def error_page() -> str:
    """HTML, complete in itself."""
    return "".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>Errors</title><style>{_STYLE}</style><h1>Errors</h1>",
            "<p>Each task that fails has an item in <code>errors</code> with a code from this page, its <code>taskUUID</code>, and the ",
            "<code>parameter</code> at fault. A task that fails is never charged, and its siblings in the same request go on.</p>",
            *map(_entry, error_classes()),
            "</html>",
        )
    )


def error_markdown() -> str:
    """The same as a Markdown page, for docs/errors.md."""
    head = (
        "# Errors\n\nEach task that fails has an item in `errors` with a code from this page, its `taskUUID`, and the `parameter` at fault. "
        "A task that fails is never charged, and its siblings in the same request go on.\n\n| code | HTTP | what happened | what to do |\n|---|---|---|---|\n"
    )
    return head + "".join(f"| `{cls.code}` | {cls.status} | {_what(cls)} | {cls.advice} |\n" for cls in error_classes())


def _entry(cls: type[CutoutError]) -> str:
    return f'<h2 id="{cls.code}"><code>{cls.code}</code><small>HTTP {cls.status}</small></h2><p>{_coded(_what(cls))} {_coded(cls.advice)}</p>'


def _what(cls: type[CutoutError]) -> str:
    return (cls.__doc__ or "").strip().partition("\n")[0]


def _coded(text: str) -> str:
    """Backticks become code."""
    return "".join(_alternating(escape(text).split("`")))


def _alternating(parts: list[str]) -> Iterator[str]:
    for index, part in enumerate(parts):
        yield f"<code>{part}</code>" if index % 2 else part
