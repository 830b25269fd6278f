"""An error that a task ended with, kept in its record so that a repeat gets the same answer."""

from collections.abc import Mapping
from typing import Any

from cutout.domain.errors import CutoutError


class RememberedError(CutoutError):
    """The error that a task ended with, read back from its record so that a repeat gets the same answer."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__(
            fields["message"],
            parameter=fields.get("parameter"),
            expected_type=fields.get("expected_type"),
            minimum=fields.get("minimum"),
            maximum=fields.get("maximum"),
            allowed=fields.get("allowed", ()),
        )
        self._topic = fields["topic"]
        self.code = fields["code"]  # type: ignore[misc]
        self.status = int(fields["status"])  # type: ignore[misc]

    @property
    def topic(self) -> str:
        return str(self._topic)


def remember(error: CutoutError) -> dict[str, Any]:
    """The fields from which `RememberedError` makes the same answer again; only what is set."""
    fields = {
        "code": error.code,
        "topic": error.topic,
        "status": error.status,
        "message": error.message,
        "parameter": error.parameter,
        "expected_type": error.expected_type,
        "minimum": error.minimum,
        "maximum": error.maximum,
        "allowed": list(error.allowed) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}
