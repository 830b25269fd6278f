"""Writes docs/errors.md from the error tree: `python -m local.errors > docs/errors.md`."""

from cutout.wire.error_page import error_markdown

print(error_markdown(), end="")
