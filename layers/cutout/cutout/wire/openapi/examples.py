"""One example for each kind of task, and answers to them."""

from typing import Any, Final

_CUTOUT: Final = "770e8400-e29b-41d4-a716-446655440000"
_INPUT: Final = "5b3e9c1a-0a8d-4c1f-8f0e-3f2b6f6a1d11"
_RESULT: Final = "c64351d5-4c59-42f7-95e1-eace013eddab"
_PICTURE: Final = "https://example.com/portrait.jpg"
_BASE64: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_DOCUMENTATION: Final = "https://api.example.com/docs/errors"


def _task(task_type: str, **fields: Any) -> dict[str, Any]:
    return {"taskType": task_type, "taskUUID": _CUTOUT, **fields}


TASKS: Final[dict[str, dict[str, Any]]] = {
    "imageBackgroundRemoval": _task(
        "imageBackgroundRemoval", inputImage=_PICTURE, outputFormat="PNG", alphaMatting=True, includeCost=True
    ),
    "removeBackground": _task(
        "removeBackground",
        model="runware:109@1",
        inputs={"image": _INPUT},
        settings={"rgba": [255, 255, 255, 0], "postProcessMask": True},
        outputType=["URL", "dataURI"],
        outputFormat="WEBP",
        deliveryMethod="async",
    ),
    "imageUpload": _task("imageUpload", image=f"data:image/png;base64,{_BASE64}"),
    "mediaStorage": _task("mediaStorage", operation="upload", media=_BASE64),
    "presignUpload": _task("presignUpload", imageFormat="JPG"),
    "getResponse": _task("getResponse"),
    "accountManagement": _task("accountManagement", operation="getDetails"),
}

RESULTS: Final[dict[str, dict[str, Any]]] = {
    "imageBackgroundRemoval": _task(
        "imageBackgroundRemoval",
        imageUUID=_RESULT,
        inputImageUUID=_INPUT,
        imageURL=f"https://bucket.s3.amazonaws.com/results/shop/{_RESULT}.png?X-Amz-Signature=…",
        cost=0.000041,
    ),
    "removeBackground": _task("removeBackground"),
    "imageUpload": _task("imageUpload", imageUUID=_INPUT, imageURL=f"https://bucket.s3.amazonaws.com/inputs/shop/{_INPUT}.png"),
    "mediaStorage": _task(
        "mediaStorage", operation="upload", mediaUUID=_INPUT, mediaURL=f"https://bucket.s3.amazonaws.com/inputs/shop/{_INPUT}.png"
    ),
    "presignUpload": _task(
        "presignUpload",
        imageUUID=_INPUT,
        uploadURL="https://bucket.s3.amazonaws.com/",
        uploadMethod="POST",
        uploadFields={"key": f"inputs/shop/{_INPUT}.jpg", "Content-Type": "image/jpeg", "policy": "…", "x-amz-signature": "…"},
        expiresAt="2026-11-24T22:00:00Z",
    ),
    "getResponse": _task("imageBackgroundRemoval", status="processing", imageUUID=_RESULT),
}
_ERROR: Final = {
    "code": "invalidAlphaMattingErodeSize",
    "message": "alphaMattingErodeSize must be an integer from 1 to 255.",
    "parameter": "alphaMattingErodeSize",
    "type": "integer",
    "documentation": f"{_DOCUMENTATION}#invalidParameter",
    "taskType": "imageBackgroundRemoval",
    "taskUUID": _CUTOUT,
    "min": 1,
    "max": 255,
}
_WRONG_KEY: Final = {
    "code": "invalidApiKey",
    "message": "This API key isn't known.",
    "documentation": f"{_DOCUMENTATION}#invalidApiKey",
    "taskType": "authentication",
}

REQUESTS: Final = {name: {"value": [task]} for name, task in TASKS.items()} | {
    "authentication": {
        "summary": "The key as the first element",
        "value": [{"taskType": "authentication", "apiKey": "ck_…"}, TASKS["accountManagement"]],
    }
}
ANSWERS: Final = {name: {"value": {"data": [result]}} for name, result in RESULTS.items()} | {
    "mixed": {"summary": "One succeeded, one failed", "value": {"data": [RESULTS["imageUpload"]], "errors": [_ERROR]}}
}
REFUSALS: Final[dict[int, dict[str, Any]]] = {
    400: {"badParameter": {"value": {"errors": [_ERROR]}}},
    401: {"wrongKey": {"value": {"errors": [_WRONG_KEY]}}},
}
"""By HTTP status."""
