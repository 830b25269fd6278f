"""What is answered. `cutout.wire.responses` composes it; tests hold the two to each other."""

from typing import Final

from cutout.wire.models import REMOVAL_TYPES
from cutout.wire.openapi.schema import Schema, closed, reference, text, uuid
from cutout.wire.requests import TASK_TYPES

_URL: Final = text(format="uri")
_STATUS: Final = {"const": "success", "description": "In what `getResponse` gives."}
_COST: Final = {"type": "number", "minimum": 0, "description": "In US dollars, if `includeCost` was set."}
_ASIDE: Final = {"cost": _COST, "status": _STATUS}
_TASK_UUID: Final = uuid("The task's.")

ERRORS: Final = reference("Errors")
GATEWAY_MESSAGE: Final = reference("GatewayMessage")
RESULTS: Final = [reference(name) for name in ("Cutout", "Upload", "Stored", "Deleted", "PresignedUpload", "Account")]
_PENDING: Final = [reference(name) for name in ("Accepted", "Processing")]


def result_schemas() -> dict[str, Schema]:
    """By name."""
    return {
        "Answer": {
            "type": "object",
            "description": "`data` is missing when no task succeeded, and `errors` when none failed.",
            "properties": {
                "data": {"type": "array", "items": {"anyOf": [*RESULTS, *_PENDING]}},
                "errors": {"type": "array", "minItems": 1, "items": reference("Error")},
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
        "Errors": closed("No task succeeded.", {"errors": {"type": "array", "minItems": 1, "items": reference("Error")}}),
        "Error": _error(),
        "GatewayMessage": closed("API Gateway's own words, where a request didn't come through it.", {"message": text()}),
        "Accepted": closed(
            "Queued: the result is fetched by `getResponse`, or sent.", {"taskType": {"enum": _RECORDED}, "taskUUID": _TASK_UUID}
        ),
        "Processing": closed(
            "Still at work.",
            {"taskType": {"enum": _RECORDED}, "taskUUID": _TASK_UUID, "status": {"const": "processing"}, "imageUUID": uuid()},
        ),
        "Cutout": _cutout(),
        "Upload": _result("An image that may be used as an input.", "imageUpload", {"imageUUID": uuid(), "imageURL": _URL}),
        "Stored": _result(
            "The same, by mediaStorage.",
            "mediaStorage",
            {"operation": {"const": "upload"}, "mediaUUID": uuid(), "mediaURL": _URL},
        ),
        "Deleted": _result("It is gone.", "mediaStorage", {"operation": {"const": "delete"}, "mediaUUID": uuid()}),
        "PresignedUpload": _presigned(),
        "Account": _account(),
    }


_RECORDED: Final = [name for name in TASK_TYPES if name not in {"getResponse", "accountManagement"}]
"""The types of the tasks that leave a record."""


def _result(description: str, task_type: str, fields: Schema) -> Schema:
    return closed(description, {"taskType": {"const": task_type}, "taskUUID": _TASK_UUID, **fields, **_ASIDE}, optional=_ASIDE)


def _cutout() -> Schema:
    outputs = {"imageURL": _URL, "imageBase64Data": text(), "imageDataURI": text("`data:image/png;base64,…`")}
    fields = {"taskType": {"enum": list(REMOVAL_TYPES)}, "taskUUID": _TASK_UUID, "imageUUID": uuid(), "inputImageUUID": uuid()}
    optional = outputs | _ASIDE
    asked = {"anyOf": [{"required": [name]} for name in outputs]}
    return closed("A cutout, in the forms that `outputType` asked for.", fields | optional, optional) | asked


def _presigned() -> Schema:
    fields = {
        "imageUUID": uuid("An input like any other, once the upload is done."),
        "uploadURL": _URL,
        "uploadMethod": {"const": "POST"},
        "uploadFields": {
            "type": "object",
            "description": "Form fields, to be sent before the field `file`.",
            "additionalProperties": text(),
        },
        "expiresAt": text(format="date-time"),
    }
    return _result("Where to send an image that is too large for a request, as a multipart form.", "presignUpload", fields)


def _account() -> Schema:
    dollars = {"type": "number"}
    purse = closed("In US dollars.", {"deposited": dollars, "available": dollars, "reserved": dollars, "spent": dollars})
    counts = {
        "tasks": {"type": "integer"},
        "cost": dollars,
        "megapixels": {"type": "number"},
        "billedMilliseconds": {"type": "integer"},
    }
    usage = closed("", counts)
    key = {
        "name": text(),
        "apiKey": text("Its last four characters."),
        "createdAt": text(format="date-time"),
        "enabled": {"type": "boolean"},
    }
    fields = {
        "taskType": {"const": "accountManagement"},
        "taskUUID": _TASK_UUID,
        "operation": {"const": "getDetails"},
        "organizationName": text(),
        "balance": closed(
            "`prepaid` where there is a balance, `month` where there is a limit.",
            {"currency": {"const": "USD"}, "prepaid": purse, "month": purse},
            optional=("prepaid", "month"),
        ),
        "team": {"type": "array", "maxItems": 0},
        "apiKeys": {"type": "array", "items": closed("", key)},
        "usage": closed(
            "Of the last 30 days (UTC).",
            {
                "today": usage,
                "last7Days": usage,
                "last30Days": usage,
                "days": {"type": "array", "items": closed("", {"date": text(format="date"), **counts})},
            },
        ),
    }
    return closed("The account that the key belongs to.", fields)


def _error() -> Schema:
    optional = {
        "parameter": text("The field at fault."),
        "type": text("The JSON type accepted there."),
        "taskType": text("As it was sent, if it could be read."),
        "taskUUID": text("As it was sent, if it could be read."),
        "min": {"type": "number"},
        "max": {"type": "number"},
        "allowedValues": {"type": "array", "items": True, "minItems": 1},
    }
    fields = {"code": text("For programs."), "message": text("For people."), "documentation": _URL}
    return closed("Why a task, or the request as a whole, isn't done. Nothing was charged.", fields | optional, optional)
