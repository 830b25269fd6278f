"""Arguments from text, and text for people."""

import argparse
import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from cutout.domain.errors import CutoutError
from cutout.domain.money import MICROS_PER_DOLLAR, Micros, to_dollars
from cutout.wire.drops import check_defaults
from cutout.wire.requests import Models

_ACCOUNT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_MOST = 10**9 * MICROS_PER_DOLLAR


def account_id(text: str) -> str:
    if not _ACCOUNT_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no account id: 1 to 40 small letters, digits and hyphens, no hyphen first")
    return text


def dollars(text: str) -> Micros:
    """US dollars, 0 to a billion, to the millionth."""
    try:
        micros = Decimal(text.removeprefix("$")) * MICROS_PER_DOLLAR
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of US dollars, such as 25 or 0.50") from None
    if not micros.is_finite() or not 0 <= micros <= _MOST or micros != micros.to_integral_value():
        raise argparse.ArgumentTypeError(f"{text!r} must be within 0 and a billion, with at most six decimals")
    return Micros(int(micros))


def positive_dollars(text: str) -> Micros:
    amount = dollars(text)
    if not amount:
        raise argparse.ArgumentTypeError("must be more than 0")
    return amount


def dollars_or_none(text: str) -> Micros | None:
    return None if text == "none" else dollars(text)


def rate(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number, at least 1")
    return int(text)


def rate_or_none(text: str) -> int | None:
    return None if text == "none" else rate(text)


def parameters(text: str) -> dict[str, Any]:
    """What the account's dropped objects are done with unless they say otherwise. Which models are installed isn't known here."""
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise argparse.ArgumentTypeError(f'{text!r} is no JSON object of parameters, such as {{"outputFormat": "WEBP"}}')
    model = str(settings.get("model", "any"))
    try:
        check_defaults(settings, Models({model: model}, model))
    except CutoutError as error:
        raise argparse.ArgumentTypeError(error.message) from None
    return settings


def day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day, such as 2026-11-24") from None


def money(amount: int) -> str:
    """`$12.50`, `-$0.000042`: as many decimals as it takes, two at least."""
    text = f"{abs(to_dollars(Micros(amount))):f}"
    whole, _, fraction = text.partition(".")
    return f"{'-' if amount < 0 else ''}${int(whole):,}.{fraction.rstrip('0'):0<2}"


def limit(amount: Micros | None) -> str:
    return "none" if amount is None else money(amount)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they need; figures to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(header), *texts]) for column in range(len(header))]
    right = [bool(texts) and all(re.fullmatch(r"-?\$?[\d,.]+|", row[column]) for row in texts) for column in range(len(header))]

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if is_right else cell.ljust(width) for cell, width, is_right in zip(row, widths, right, strict=True)
        )
        return "  ".join(cells).rstrip()

    return "\n".join([line(header), *(line(row) for row in texts)])
