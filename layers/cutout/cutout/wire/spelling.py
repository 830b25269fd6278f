"""Two spellings of the same removal request, made one.

The original form has its parameters at the top level; the newer one has `inputs.image`, and parameters inside `settings{}`. Either is
accepted under either task type; a parameter given twice with different values is an error.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from cutout.domain.errors import InvalidParameter
from cutout.wire.validation import unknown_parameter

IGNORED: Final = frozenset({"providerSettings", "routing", "safety", "numberResults"})
"""Sent by the official SDKs; they mean nothing here."""


def without_ignored(element: Mapping[str, Any]) -> dict[str, Any]:
    """For the tasks that are done at once, whichever delivery was asked for: some clients ask for it with every task."""
    return {name: value for name, value in element.items() if name not in IGNORED | {"deliveryMethod"}}


def flattened(element: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """All parameters at the top level, under their original names.

    Raises:
        InvalidParameter: `inputs` or `settings` isn't an object, or the same parameter is given twice with different values.
        UnknownParameter: something inside `inputs` or `settings` that nobody knows.
    """
    flat = {name: value for name, value in element.items() if name not in IGNORED | {"inputs", "settings"}}
    for name, value in _object(element, "inputs").items():
        if name != "image":
            raise unknown_parameter(f"inputs.{name}", ("inputs.image",))
        _add(flat, "inputImage", value, "inputs.image")
    for name, value in _object(element, "settings").items():
        if name not in fields:
            raise unknown_parameter(f"settings.{name}", fields)
        _add(flat, name, value, f"settings.{name}")
    return flat


def _object(element: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = element.get(name, {})
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"{name} must be an object.", parameter=name, expected_type="object")
    return value


def _add(flat: dict[str, Any], name: str, value: object, spelled: str) -> None:
    if name in flat and flat[name] != value:
        raise InvalidParameter(f"{name} and {spelled} are the same parameter and have different values; send one.", parameter=name)
    flat[name] = value
