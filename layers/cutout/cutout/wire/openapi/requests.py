"""What may be sent, from the pydantic models that parse it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cutout.wire.models import (
    DEFAULT_FORMAT,
    AccountRequest,
    MediaStorageRequest,
    PresignRequest,
    RemovalRequest,
    ResponseRequest,
    UploadRequest,
    WireModel,
)
from cutout.wire.openapi.schema import Schema, closed, reference, text
from cutout.wire.requests import AUTHENTICATION, MAX_TASKS
from cutout.wire.spelling import IGNORED

SETTINGS: Final = (
    "rgba",
    "postProcessMask",
    "returnOnlyMask",
    "alphaMatting",
    "alphaMattingForegroundThreshold",
    "alphaMattingBackgroundThreshold",
    "alphaMattingErodeSize",
)
"""What `removeBackground` has inside `settings`."""

_OTHERS: Final[Mapping[str, type[WireModel]]] = {
    "ImageUpload": UploadRequest,
    "MediaStorage": MediaStorageRequest,
    "PresignUpload": PresignRequest,
    "GetResponse": ResponseRequest,
    "AccountManagement": AccountRequest,
}
_IGNORED: Final = {"description": "Accepted, for Runware's own clients send it; it has no effect."}
_NOTES: Final = {"x-accepted", "title"}
"""What error messages are made from, and names that pydantic makes up."""

TASKS: Final = ("ImageBackgroundRemoval", "RemoveBackground", *_OTHERS)
_TASK: Final = {"oneOf": [reference(name) for name in TASKS]}

BODY: Final = {
    "anyOf": [
        {"type": "array", "items": _TASK, "minItems": 1, "maxItems": MAX_TASKS},
        {
            "type": "array",
            "description": "The key as the first element, for those who can't set a header.",
            "prefixItems": [reference("Authentication")],
            "items": _TASK,
            "minItems": 1,
            "maxItems": MAX_TASKS + 1,
        },
        _TASK,
    ]
}


def task_schemas() -> dict[str, Schema]:
    """By name: a schema for each task."""
    return {
        "ImageBackgroundRemoval": _removal("imageBackgroundRemoval"),
        "RemoveBackground": _nested(_removal("removeBackground")),
        **{name: _with_ignored(_schema(model), deliveryMethod=_IGNORED) for name, model in _OTHERS.items()},
        "Authentication": closed(
            "The API key, where no `Authorization` header can be set.", {"taskType": {"const": AUTHENTICATION}, "apiKey": text()}
        ),
    }


def _schema(model: type[WireModel]) -> Schema:
    made = model.model_json_schema(mode="validation")
    return dict(_tidied(made)) | {"description": f"The task {model.__doc__ or ''}"}


def _tidied(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in schema.items():
        if name == "properties":
            yield name, {field: dict(_tidied(inner)) for field, inner in value.items()}
        elif name not in _NOTES:
            yield name, value


def _removal(task_type: str) -> Schema:
    schema = _with_ignored(_schema(RemovalRequest))
    fields = schema["properties"]
    fields["taskType"] = {"const": task_type}
    fields["outputFormat"] |= {"default": DEFAULT_FORMAT[task_type]}
    return schema | {
        "description": "Remove an image's background. Parameters may also be spelled as in the other form of this task."
        " alphaMattingForegroundThreshold has to be greater than alphaMattingBackgroundThreshold."
    }


def _nested(schema: Schema) -> Schema:
    """The newer form: the image within `inputs`, and how it is done within `settings`."""
    fields = schema["properties"]
    settings = {name: fields.pop(name) for name in SETTINGS}
    inputs = {"image": fields.pop("inputImage")}
    fields |= {"inputs": closed("What to work on.", inputs), "settings": closed("How.", settings, optional=settings)}
    required = [{"inputImage": "inputs"}.get(name, name) for name in schema["required"]]
    return schema | {"required": required}


def _with_ignored(schema: Schema, **more: Schema) -> Schema:
    return schema | {"properties": schema["properties"] | dict.fromkeys(sorted(IGNORED), _IGNORED) | more}
