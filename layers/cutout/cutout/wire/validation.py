"""From pydantic's findings to the one clear error that names the field and what is accepted."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from cutout.domain.errors import InvalidParameter, MissingParameter, RequestError, UnknownParameter

LONGEST_NAME = 100
"""Characters of an unknown field's name that are sent back."""


def as_request_error(error: ValidationError, model: type[BaseModel], known: Iterable[str]) -> RequestError:
    """The first finding. Unknown fields come before missing ones: a misspelt field is both, and the spelling is what helps."""
    findings = sorted(
        error.errors(include_url=False, include_input=False), key=lambda finding: finding["type"] != "extra_forbidden"
    )
    finding = findings[0]
    if not finding["loc"]:
        return _between_fields(finding)
    name = str(finding["loc"][0])
    match finding["type"]:
        case "extra_forbidden":
            return unknown_parameter(name, known)
        case "missing":
            return MissingParameter(f"{name} is missing.", parameter=name, expected_type="string")
        case _:
            return _invalid(name, model)


def unknown_parameter(name: str, known: Iterable[str]) -> UnknownParameter:
    """Names the closest known field, where one is close."""
    close = difflib.get_close_matches(name.rsplit(".", 1)[-1], list(known), n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return UnknownParameter(f"{name[:LONGEST_NAME]} is not a parameter of this task.{hint}", parameter=name[:LONGEST_NAME])


def _between_fields(finding: Mapping[str, Any]) -> RequestError:
    """A rule about two fields names both in its message, and the one to change as its parameter."""
    return InvalidParameter(f"{finding['msg']}.", parameter=finding["ctx"]["parameter"], expected_type="integer")


def _invalid(name: str, model: type[BaseModel]) -> InvalidParameter:
    """What is accepted is read from the model's own JSON schema."""
    schema = model.model_json_schema(mode="validation")
    field = _merged(schema["properties"][name], schema.get("$defs", {}))
    return InvalidParameter(
        f"{name} must be {_accepted(field)}.",
        parameter=name,
        expected_type=field.get("type"),
        minimum=field.get("minimum"),
        maximum=field.get("maximum"),
        allowed=field.get("enum", ()),
    )


def _merged(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The field's schema with its first alternative and its reference, if any, resolved into it."""
    merged = dict(field)
    alternatives = merged.pop("anyOf", [])
    for inner in alternatives[:1] or ([merged] if "$ref" in merged else []):
        reference = inner.get("$ref", "").rsplit("/", 1)[-1]
        merged = {**inner, **definitions.get(reference, {}), **{k: v for k, v in merged.items() if k == "x-accepted"}}
    return merged


def _accepted(field: Mapping[str, Any]) -> str:
    if "x-accepted" in field:
        return str(field["x-accepted"])
    if "enum" in field:
        return "one of " + ", ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    if "minimum" in field:
        return (
            f"an integer from {field['minimum']} to {field['maximum']}"
            if "maximum" in field
            else f"an integer from {field['minimum']} on"
        )
    return {"boolean": "true or false", "array": "an array"}.get(field["type"], "a string that isn't empty")
