"""From S3's events, S3 Batch Operations' tasks and an object's metadata to drops and removal tasks."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote_plus
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.errors import InvalidParameter, MissingParameter
from cutout.domain.tasks import RemovalTask
from cutout.service.dropbox import TASK_TYPE, Drop, Opened
from cutout.service.outcomes import Rejected
from cutout.wire.models import RemovalRequest
from cutout.wire.requests import Models, parse_task
from cutout.wire.spelling import flattened
from cutout.wire.validation import unknown_parameter

UPLOADS: Final = "uploads/"
RESULTS: Final = "results/"

SETTINGS: Final = (
    "model",
    "outputFormat",
    "outputQuality",
    "rgba",
    "postProcessMask",
    "returnOnlyMask",
    "alphaMatting",
    "alphaMattingForegroundThreshold",
    "alphaMattingBackgroundThreshold",
    "alphaMattingErodeSize",
)
"""The parameters that an object, an account or a deployment may set; identity and delivery are the drop box's own business."""

_MEANINGLESS: Final = frozenset({"outputType", "includeCost", "deliveryMethod"})
"""A task that was written for the API may have these. The result is always an object, with its cost on it."""
_TEXTS: Final = frozenset({"model", "outputFormat"})
_SPELLINGS: Final = {
    spelling: name
    for name in SETTINGS
    for spelling in (name.lower(), "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name))
}
_ANY_UUID: Final = "00000000-0000-4000-8000-000000000000"


def drops_of(message: str) -> list[Drop]:
    """The objects that a notification tells of; none in the message with which S3 tries the queue.

    Raises:
        ValueError: it isn't from S3.
    """
    try:
        notification = json.loads(message)
        if notification.get("Event") == "s3:TestEvent":
            return []
        objects = [
            (record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])) for record in notification["Records"]
        ]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError("The message isn't a notification of S3's.") from error
    # The console makes folders by writing empty objects whose names end with a slash.
    return [_dropped(bucket, key) for bucket, key in objects if key.startswith(UPLOADS) and not key.endswith("/")]


def _dropped(bucket: str, key: str, version_id: str | None = None, job: str = "", **settings: str) -> Drop:
    path = key.removeprefix(UPLOADS)
    account_id, slash, _ = path.partition("/")
    return Drop(bucket, key, account_id if slash else None, RESULTS + path, version_id, job, settings)


def batch_drop(event: Mapping[str, Any], task: Mapping[str, Any], own_bucket: str) -> Drop:
    """The object of one task of S3 Batch Operations, invocation schema 1.0 or 2.0.

    Under uploads/ of our own bucket the key names the account; elsewhere the job does, by its user argument `account`.

    Raises:
        MissingParameter: nothing names the account.
    """
    job = event["job"]
    arguments = dict(job.get("userArguments") or {})
    account_id = arguments.pop("account", None)
    bucket = task["s3Bucket"] if "s3Bucket" in task else task["s3BucketArn"].rpartition(":::")[2]
    key, version_id = unquote_plus(task["s3Key"]), task.get("s3VersionId") or None
    if bucket == own_bucket and key.startswith(UPLOADS):
        return _dropped(bucket, key, version_id, job["id"], **arguments)
    if not account_id:
        raise MissingParameter(
            "The job must say who pays: give it the user argument `account` (invocation schema 2.0).",
            parameter="account",
            expected_type="string",
        )
    return Drop(bucket, key, account_id, f"{RESULTS}{account_id}/{key}", version_id, job["id"], arguments)


def removal_of(
    opened: Opened, drop: Drop, account: Account, task_uuid: UUID, *, defaults: Mapping[str, Any], models: Models
) -> RemovalTask:
    """The task that deployment, account, job and object ask for together; of each parameter, the last of them that sets it counts.

    Raises:
        RequestError: a parameter is wrong, whoever set it.
    """
    own = _own_settings(opened.metadata)
    # Other tools leave metadata of their own on objects, so what isn't known there is passed over; a job's arguments are all meant for us.
    job = {_known(name): _value(_known(name), text) for name, text in drop.settings.items()}
    return _parsed({**defaults, **account.defaults, **job, **own}, task_uuid, models)


def check_defaults(defaults: Mapping[str, Any], models: Models) -> None:
    """Raises:
    RequestError: not what `removal_of` could use.
    """
    for name in defaults:
        _known(name)
    _parsed(defaults, UUID(_ANY_UUID), models)


def _own_settings(metadata: Mapping[str, str]) -> dict[str, Any]:
    """`x-amz-meta-output-format: WEBP` or `x-amz-meta-outputformat`, and `x-amz-meta-task` with a JSON object of parameters."""
    own = {
        _SPELLINGS[name]: _value(_SPELLINGS[name], text)
        for name, text in ((name.lower(), text) for name, text in metadata.items())
        if name in _SPELLINGS
    }
    task = _task_of(metadata["task"]) if "task" in metadata else {}
    for name, value in task.items():
        if own.setdefault(name, value) != value:
            raise InvalidParameter(f"{name} and the same in `task` have different values; give one.", parameter=name)
    return own


def _task_of(text: str) -> dict[str, Any]:
    try:
        task = json.loads(text)
    except ValueError:
        task = None
    if not isinstance(task, Mapping):
        raise InvalidParameter("The metadata `task` must be a JSON object of parameters.", parameter="task", expected_type="object")
    flat = flattened(task, RemovalRequest.fields())
    for name in ("taskUUID", "inputImage"):
        if name in flat:
            raise InvalidParameter(
                f"{name} can't be chosen here: the object itself is the input and names the task.", parameter=name
            )
    return {name if name == "taskType" else _known(name): value for name, value in flat.items() if name not in _MEANINGLESS}


def _known(name: str) -> str:
    found = name if name in SETTINGS else _SPELLINGS.get(name.lower())
    if found is None:
        raise unknown_parameter(name, SETTINGS)
    return found


def _value(name: str, text: str) -> Any:
    """Metadata are text: numbers, true, false and arrays are read as JSON."""
    if name in _TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # the wrong type for what it is: the parameter's own error says what is accepted


def _parsed(settings: Mapping[str, Any], task_uuid: UUID, models: Models) -> RemovalTask:
    # The input is the object at hand: any image's name passes the same checks as an API request.
    request = {"taskType": TASK_TYPE, **settings, "taskUUID": str(task_uuid), "inputImage": _ANY_UUID}
    task = parse_task(request, models)
    if isinstance(task, Rejected):
        raise task.error
    if not isinstance(task, RemovalTask):
        raise InvalidParameter("taskType must be a background removal.", parameter="taskType", expected_type="string")
    return task


def batch_result(task: Mapping[str, Any], code: str, text: str) -> dict[str, str]:
    """One element of `results`. S3 takes texts of at most 1,024 characters into the job's report."""
    return {"taskId": task["taskId"], "resultCode": code, "resultString": text[:1024]}


def batch_response(event: Mapping[str, Any], results: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    return {
        "invocationSchemaVersion": event["invocationSchemaVersion"],
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": event["invocationId"],
        "results": list(results),
    }
