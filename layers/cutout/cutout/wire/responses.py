"""From outcomes to JSON: exactly the keys of the contract, and never an empty `errors`."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from cutout.domain.errors import RateLimitExceeded
from cutout.domain.images import StoredImage
from cutout.domain.money import to_dollars
from cutout.domain.remembered import RememberedError
from cutout.domain.tasks import OutputType, RemovalTask, TaskRecord, TaskStatus, UploadTask
from cutout.service.outcomes import Completed, Described, Outcome, Rejected
from cutout.wire.account import account_item


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, a body that is ready for `json.dumps`, and headers."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(outcomes: Sequence[Outcome], documentation: str) -> Answer:
    """200 when at least one task succeeded; otherwise the status of the first error."""
    items, errors = [], []
    for outcome in map(_failed_earlier, outcomes):
        if isinstance(outcome, Rejected):
            errors.append(outcome)
        else:
            items.append(account_item(outcome) if isinstance(outcome, Described) else item(outcome))
    body: dict[str, Any] = {}
    if items or not errors:
        body["data"] = items
    if errors:
        body["errors"] = [error_item(rejected, documentation) for rejected in errors]
    if items or not errors:
        return Answer(HTTPStatus.OK, body)
    first = errors[0].error
    headers = {"retry-after": str(first.retry_after_s)} if isinstance(first, RateLimitExceeded) else {}
    return Answer(first.status, body, headers)


def _failed_earlier(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Completed) and outcome.record.status is TaskStatus.FAILED and outcome.record.error:
        return Rejected(RememberedError(outcome.record.error), outcome.task.task_type, str(outcome.task.task_uuid))
    return outcome


def item(completed: Completed) -> dict[str, Any]:
    """One element of `data`."""
    task, record = completed.task, completed.record
    head = {"taskType": task.task_type, "taskUUID": str(task.task_uuid)}
    if record.status is TaskStatus.PROCESSING or record.image is None:
        return {**head, "status": "processing", "imageUUID": str(record.image_uuid)}
    match task:
        case UploadTask():
            result = {"imageUUID": str(record.image_uuid), "imageURL": completed.url}
        case RemovalTask():
            result = {
                "imageUUID": str(record.image_uuid),
                "inputImageUUID": str(record.input_image_uuid),
                **_outputs(task, record.image, completed),
            }
    return head | result | _cost(record, include=task.include_cost)


def _outputs(task: RemovalTask, image: StoredImage, completed: Completed) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    encoded = base64.b64encode(completed.encoded).decode() if completed.encoded is not None else ""
    for output_type in task.output_types:
        match output_type:
            case OutputType.URL:
                outputs["imageURL"] = completed.url
            case OutputType.BASE64:
                outputs["imageBase64Data"] = encoded
            case OutputType.DATA_URI:
                outputs["imageDataURI"] = f"data:{image.format.content_type};base64,{encoded}"
    return outputs


def _cost(record: TaskRecord, *, include: bool) -> dict[str, Any]:
    # A float holds every whole number of micro-dollars below nine billion dollars exactly enough to print back the same digits.
    return {"cost": float(to_dollars(record.price))} if include and record.price is not None else {}


def error_item(rejected: Rejected, documentation: str) -> dict[str, Any]:
    """One element of `errors`: only the keys that have something to say."""
    error = rejected.error
    fields = {
        "code": error.code,
        "message": error.message,
        "parameter": error.parameter,
        "type": error.expected_type,
        "documentation": f"{documentation}#{error.topic}",
        "taskType": rejected.task_type,
        "taskUUID": rejected.task_uuid,
        "min": error.minimum,
        "max": error.maximum,
        "allowedValues": list(error.allowed) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}
