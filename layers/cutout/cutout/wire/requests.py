"""From JSON to tasks: the one place where what a client sent is checked. Inside, types are true."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from cutout.domain.errors import CutoutError, InvalidParameter, InvalidRequest, MissingParameter, UnsupportedTaskType
from cutout.domain.removal import Background, ImageFormat, MattingThresholds, OutputSettings, RemovalSettings
from cutout.domain.tasks import (
    AccountTask,
    DeletionTask,
    PresignTask,
    RemovalTask,
    ResponseTask,
    Task,
    UploadTask,
)
from cutout.service.outcomes import Rejected
from cutout.wire.images import image_reference, image_source, uploaded_source
from cutout.wire.models import (
    DEFAULT_FORMAT,
    REMOVAL_TYPES,
    AccountRequest,
    MediaStorageRequest,
    PresignRequest,
    RemovalRequest,
    ResponseRequest,
    UploadRequest,
    WireModel,
)
from cutout.wire.spelling import flattened, without_ignored
from cutout.wire.validation import as_request_error

Request = TypeVar("Request", bound=WireModel)

MAX_TASKS = 100
TASK_TYPES = (*REMOVAL_TYPES, "imageUpload", "mediaStorage", "presignUpload", "getResponse", "accountManagement")
AUTHENTICATION = "authentication"
_EXACT = 2**53
"""Below it a float tells every integer from the next."""
LONGEST_ECHO = 200
"""Characters of an unreadable taskType or taskUUID that are sent back."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models installed: every accepted name (AIR ids too) and the model it stands for."""

    names: Mapping[str, str]
    default: str

    def resolve(self, name: str | None) -> str:
        """The installed model that a name stands for; the default for None.

        Raises:
            InvalidParameter: not installed; lists what is.
        """
        if name is None:
            return self.default
        if name not in self.names:
            installed = sorted(self.names)
            raise InvalidParameter(
                f"The model {name[:LONGEST_ECHO]!r} isn't installed here. Installed: {', '.join(installed)}.",
                parameter="model",
                expected_type="string",
                allowed=installed,
            )
        return self.names[name]


@dataclass(frozen=True, slots=True)
class Body:
    """A request body, opened but not yet parsed: whose it is comes first. `authentication`: its first element, where that tells."""

    authentication: Mapping[str, object] | None
    elements: Sequence[object]

    @property
    def api_key(self) -> str | None:
        key = self.authentication.get("apiKey") if self.authentication else None
        return key if isinstance(key, str) else None


def open_body(body: str | bytes) -> Body:
    """Open an array of 1 to 100 tasks; one object is taken as an array of one.

    Raises:
        InvalidRequest: it isn't that.
    """
    elements = _elements(body)
    authentication = None
    if isinstance(elements[0], Mapping) and elements[0].get("taskType") == AUTHENTICATION:
        authentication, *elements = elements
    if len(elements) > MAX_TASKS:
        raise InvalidRequest(f"The request has {len(elements)} tasks; at most {MAX_TASKS} are accepted.", maximum=MAX_TASKS)
    return Body(authentication, elements)


def parse_task(element: object, models: Models, http_hosts: Collection[str] = ()) -> Task | Rejected:
    """One element of the array. Never raises: what is wrong with it is in the `Rejected`.

    `http_hosts`: `host:port` names to which a result may be sent without TLS; none but on a developer's machine.
    """
    task_type, task_uuid = _echo(element, "taskType"), _echo(element, "taskUUID")
    try:
        if not isinstance(element, Mapping):
            raise InvalidRequest(f"Each task is a JSON object, not {_json_type(element)}.")
        return _task(element, models, http_hosts)
    except CutoutError as error:
        return Rejected(error, task_type, task_uuid)


def refused(elements: Sequence[object], error: CutoutError) -> list[Rejected]:
    """The same error for every task of a request, each with its own UUID: clients wait for that."""
    return [Rejected(error, _echo(element, "taskType"), _echo(element, "taskUUID")) for element in elements]


def _task(element: Mapping[str, Any], models: Models, http_hosts: Collection[str]) -> Task:
    task_type = element.get("taskType")
    if task_type is None:
        raise MissingParameter(
            f"taskType is missing. Accepted: {', '.join(TASK_TYPES)}.",
            parameter="taskType",
            expected_type="string",
            allowed=TASK_TYPES,
        )
    if task_type in REMOVAL_TYPES:
        return _removal(_validated(RemovalRequest, flattened(element, RemovalRequest.fields()), http_hosts), models)
    fields = without_ignored(element)
    match task_type:
        case "imageUpload":
            upload = _validated(UploadRequest, fields)
            return _upload(upload, upload.image, "image")
        case "mediaStorage":
            storage = _validated(MediaStorageRequest, fields)
            return _upload(storage, storage.media, "media") if storage.operation == "upload" else _deletion(storage)
        case "presignUpload":
            return _presign(_validated(PresignRequest, fields))
        case "getResponse":
            response = _validated(ResponseRequest, fields)
            return ResponseTask(response.task_type, UUID(response.task_uuid))
        case "accountManagement":
            account = _validated(AccountRequest, fields)
            return AccountTask(account.task_type, UUID(account.task_uuid))
    raise UnsupportedTaskType(
        f"The taskType {str(task_type)[:LONGEST_ECHO]!r} isn't done here. Accepted: {', '.join(TASK_TYPES)}.",
        parameter="taskType",
        expected_type="string",
        allowed=TASK_TYPES,
    )


def _validated(model: type[Request], element: Mapping[str, Any], http_hosts: Collection[str] = ()) -> Request:
    try:
        return model.model_validate(element, context={"http_hosts": http_hosts})
    except ValidationError as error:
        raise as_request_error(error, model, model.fields()) from None


def _removal(request: RemovalRequest, models: Models) -> RemovalTask:
    red, green, blue, opacity = request.rgba
    thresholds = MattingThresholds(
        foreground=request.alpha_matting_foreground_threshold,
        background=request.alpha_matting_background_threshold,
        erode_size=request.alpha_matting_erode_size,
    )
    return RemovalTask(
        task_type=request.task_type,
        task_uuid=UUID(request.task_uuid),
        request_hash=_request_hash(request),
        source=image_source(request.input_image, "inputImage"),
        removal=RemovalSettings(
            model=models.resolve(request.model),
            background=Background(int(red), int(green), int(blue), float(opacity)),
            post_process_mask=request.post_process_mask,
            only_mask=request.return_only_mask,
            matting=thresholds if request.alpha_matting else None,
        ),
        output=OutputSettings(
            format=ImageFormat(request.output_format or DEFAULT_FORMAT[request.task_type]), quality=request.output_quality
        ),
        output_types=request.output_types(),
        include_cost=request.include_cost,
        asynchronous=request.delivery_method == "async" or request.webhook_url is not None,
        webhook_url=request.webhook_url,
        upload_endpoint=request.upload_endpoint,
        ttl_s=request.ttl,
    )


def _upload(request: UploadRequest | MediaStorageRequest, image: str, parameter: str) -> UploadTask:
    return UploadTask(
        task_type=request.task_type,
        task_uuid=UUID(request.task_uuid),
        request_hash=_request_hash(request),
        source=uploaded_source(image, parameter),
        include_cost=request.include_cost,
    )


def _deletion(request: MediaStorageRequest) -> DeletionTask:
    return DeletionTask(
        task_type=request.task_type,
        task_uuid=UUID(request.task_uuid),
        request_hash=_request_hash(request),
        image_uuid=image_reference(request.media, "media"),
        include_cost=request.include_cost,
    )


def _presign(request: PresignRequest) -> PresignTask:
    return PresignTask(
        task_type=request.task_type,
        task_uuid=UUID(request.task_uuid),
        request_hash=_request_hash(request),
        format=ImageFormat(request.image_format),
        include_cost=request.include_cost,
    )


def _request_hash(request: WireModel) -> str:
    """SHA-256 of every parameter but the taskUUID, defaults filled in: a default spelled out is the same request."""
    parameters = request.model_dump(mode="json", exclude={"task_uuid"})
    return hashlib.sha256(json.dumps(parameters, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _elements(body: str | bytes) -> list[Any]:
    try:
        parsed = json.loads(body, parse_float=_number)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body isn't JSON. Send a JSON array of task objects.") from None
    elements = [parsed] if isinstance(parsed, Mapping) else parsed
    if not isinstance(elements, list):
        raise InvalidRequest(f"The body is {_json_type(parsed)}; send a JSON array of task objects.")
    if not elements:
        raise InvalidRequest(f"The array is empty; send 1 to {MAX_TASKS} tasks.", minimum=1, maximum=MAX_TASKS)
    return elements


def _echo(element: object, name: str) -> str | None:
    value = element.get(name) if isinstance(element, Mapping) else None
    return value[:LONGEST_ECHO] if isinstance(value, str) else None


def _number(text: str) -> int | float:
    """JSON knows one kind of number: 10.0 is the integer 10."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _json_type(value: object) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
