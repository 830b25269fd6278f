"""From outcomes to JSON: exactly the keys of the contract, and never an empty `errors`."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from cutout.domain.errors import RateLimitExceeded
from cutout.domain.images import StoredImage
from cutout.domain.money import to_dollars
from cutout.domain.remembered import RememberedError
from cutout.domain.tasks import Asked, OutputType, TaskRecord, TaskStatus
from cutout.service.outcomes import Accepted, Completed, Described, Outcome, Rejected
from cutout.service.ports import PresignedUpload
from cutout.wire.account import account_item


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, a body that is ready for `json.dumps`, and headers."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(outcomes: Sequence[Outcome], documentation: str) -> Answer:
    """200 when at least one task succeeded; otherwise the status of the first error."""
    outcomes = [_failed_earlier(outcome) for outcome in outcomes]
    items = [item(outcome) for outcome in outcomes if not isinstance(outcome, Rejected)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
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


def frames(outcomes: Sequence[Outcome], documentation: str) -> list[dict[str, Any]]:
    """For a WebSocket: one result a frame, and none for what will come by itself."""
    told = [outcome for outcome in outcomes if not (isinstance(outcome, Accepted) and not outcome.announced)]
    return [answer([outcome], documentation).body for outcome in told]


def webhook_item(outcome: Outcome, documentation: str) -> dict[str, Any]:
    """For a webhook: the flat item, of `data` or of `errors`."""
    outcome = _failed_earlier(outcome)
    return error_item(outcome, documentation) if isinstance(outcome, Rejected) else item(outcome)


def _failed_earlier(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Completed) and outcome.record.status is TaskStatus.FAILED and outcome.record.error:
        record = outcome.record
        return Rejected(RememberedError(outcome.record.error), record.task_type, str(record.key.task_uuid))
    return outcome


def item(outcome: Completed | Accepted | Described) -> dict[str, Any]:
    """One element of `data`."""
    match outcome:
        case Described():
            return account_item(outcome)
        case Accepted(record):
            # Nothing else: a key that ends in URL, say, makes a client take it for the result.
            return _head(record)
        case Completed(record) if record.is_open:
            return {**_head(record), "status": "processing", "imageUUID": str(record.image_uuid)}
        case Completed(record):
            status = {"status": "success"} if outcome.recalled else {}
            return _head(record) | _result(outcome) | _cost(record, include=record.asked.include_cost) | status


def _head(record: TaskRecord) -> dict[str, Any]:
    return {"taskType": record.task_type, "taskUUID": str(record.key.task_uuid)}


def _result(completed: Completed) -> dict[str, Any]:
    record = completed.record
    match record.task_type:
        case "mediaStorage" if record.image is None:
            return {"operation": "delete", "mediaUUID": str(record.input_image_uuid)}
        case "mediaStorage":
            return {"operation": "upload", "mediaUUID": str(record.image_uuid), "mediaURL": completed.url}
        case "imageUpload":
            return {"imageUUID": str(record.image_uuid), "imageURL": completed.url}
        case "presignUpload":
            return {"imageUUID": str(record.image_uuid), **_upload(completed.upload)}
        case _:
            uuids = {"imageUUID": str(record.image_uuid), "inputImageUUID": str(record.input_image_uuid)}
            return uuids | (_outputs(record.asked, record.image, completed) if record.image else {})


def _upload(upload: PresignedUpload | None) -> dict[str, Any]:
    if upload is None:
        return {}
    expires = datetime.fromtimestamp(upload.expires_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"uploadURL": upload.url, "uploadMethod": "POST", "uploadFields": dict(upload.fields), "expiresAt": expires}


def _outputs(asked: Asked, image: StoredImage, completed: Completed) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    encoded = base64.b64encode(completed.encoded).decode() if completed.encoded is not None else ""
    for output_type in asked.output_types:
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
