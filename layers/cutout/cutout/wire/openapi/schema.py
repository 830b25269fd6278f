"""Small pieces of JSON Schema (2020-12)."""

from collections.abc import Collection, Mapping
from typing import Any

Schema = dict[str, Any]


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def closed(description: str, properties: Mapping[str, Any], optional: Collection[str] = ()) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def uuid(description: str = "") -> Schema:
    return text(description, format="uuid")
