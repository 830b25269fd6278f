"""Every error that a client can meet, as one tree.

CutoutError
├── RequestError                 the request can't be done as it is; repeating it won't help
│   ├── InvalidRequest           400  invalidRequest (the body as a whole)
│   ├── InvalidParameter         400  invalid<Parameter>
│   ├── MissingParameter         400  missing<Parameter>
│   ├── UnknownParameter         400  unknownParameter
│   ├── UnsupportedTaskType      400  unsupportedTaskType
│   ├── ConflictTaskUUID         400  conflictTaskUUID
│   ├── InvalidInputImage        400  invalidInputImage
│   ├── ImageTooLarge            400  imageTooLarge
│   ├── OutputTooLarge           400  outputTooLarge
│   ├── FailedToTransferImage    400  failedToTransferImage
│   ├── PayloadTooLarge          413  payloadTooLarge
│   ├── ImageNotFound            404  imageNotFound
│   └── TaskFailedOrNotFound     404  taskFailedOrNotFound
├── AccessError                  the caller can't do this now; the request itself may be fine
│   ├── MissingApiKey            401  missingApiKey
│   ├── InvalidApiKey            401  invalidApiKey
│   ├── InsufficientCredits      402  insufficientCredits
│   ├── SpendLimitExceeded       402  spendLimitExceeded
│   └── RateLimitExceeded        429  rateLimitExceeded
└── OurFault                     nothing is charged, and the same taskUUID may be sent again
    ├── InternalServerError      500  internalServerError
    ├── ServiceUnavailable       503  serviceUnavailable
    └── TaskTimeout              504  timeout

Code, HTTP status and advice belong to the class; nobody looks at message text. A message says what was wrong and what is accepted, in
words meant for the client: it never carries a stack trace, an internal name or an internal address.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar


class CutoutError(Exception):
    """An error with everything that its answer needs.

    Args:
        message: what was wrong and what is accepted; goes to the client as it is.
        parameter: the request field at fault, as the client spells it (`alphaMattingErodeSize`, `inputs.image`).
        expected_type: the JSON type accepted there (`integer`).
        minimum, maximum: the inclusive range accepted there.
        allowed: the values accepted there.
    """

    code: ClassVar[str] = "internalServerError"
    status: ClassVar[int] = 500
    advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        parameter: str | None = None,
        expected_type: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        allowed: Sequence[object] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.parameter = parameter
        self.expected_type = expected_type
        self.minimum = minimum
        self.maximum = maximum
        self.allowed = tuple(allowed)

    @property
    def topic(self) -> str:
        """Where the documentation explains it: the code of the class, whatever parameter an instance names."""
        return type(self).code


class RequestError(CutoutError):
    """The request can't be done as it is."""

    code = "invalidRequest"
    status = 400


class InvalidRequest(RequestError):
    """The body as a whole: not JSON, empty, or too many tasks."""

    advice = "Send a JSON array of 1 to 100 task objects."


class _NamedAfterParameter(RequestError):
    prefix: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        parameter: str,
        expected_type: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        allowed: Sequence[object] = (),
    ) -> None:
        super().__init__(
            message, parameter=parameter, expected_type=expected_type, minimum=minimum, maximum=maximum, allowed=allowed
        )
        field = parameter.rsplit(".", 1)[-1]
        # The code is the one attribute that an instance may sharpen: `invalid` + `Rgba`.
        self.code = self.prefix + field[:1].upper() + field[1:]  # type: ignore[misc]


class InvalidParameter(_NamedAfterParameter):
    """A field has the wrong type, range or value."""

    code = "invalidParameter"
    prefix = "invalid"
    advice = "The code is `invalid` + the field's name; `min`, `max` or `allowedValues` say what is accepted."


class MissingParameter(_NamedAfterParameter):
    """A required field isn't there."""

    code = "missingParameter"
    prefix = "missing"
    advice = "The code is `missing` + the field's name; add the field."


class UnknownParameter(RequestError):
    """A field that no task type knows."""

    code = "unknownParameter"
    advice = "Check the spelling: the message names the closest known field."


class UnsupportedTaskType(RequestError):
    """A `taskType` that this deployment doesn't do."""

    code = "unsupportedTaskType"
    advice = "`allowedValues` lists the task types that are done here."


class ConflictTaskUUID(RequestError):
    """The taskUUID belongs to a different request."""

    code = "conflictTaskUUID"
    advice = "A taskUUID names one request for ever. Make a new UUID for a new request."


class InvalidInputImage(RequestError):
    """The input isn't a readable PNG, JPEG or WEBP."""

    code = "invalidInputImage"
    advice = "Send a complete PNG, JPEG or WEBP of one frame."


class ImageTooLarge(RequestError):
    """The input has too many pixels or bytes."""

    code = "imageTooLarge"
    advice = "Scale the image down below the limit that the message names."


class OutputTooLarge(RequestError):
    """The result doesn't fit into the response."""

    code = "outputTooLarge"
    advice = 'Ask for `outputType: "URL"`: the result is stored anyway, and a URL has no size.'


class FailedToTransferImage(RequestError):
    """The URL given as input couldn't be fetched.

    `final`: the URL itself isn't acceptable, so that trying it again won't help.
    """

    code = "failedToTransferImage"
    advice = "The URL must answer 200 within the time-out, over http(s) on port 80 or 443, from a public address."

    def __init__(self, message: str, *, parameter: str | None = None, final: bool = False) -> None:
        super().__init__(message, parameter=parameter)
        self.final = final


class PayloadTooLarge(RequestError):
    """The request body is over the transport's limit."""

    code = "payloadTooLarge"
    status = 413
    advice = "Send large images by URL, or upload them first and send their UUID."


class ImageNotFound(RequestError):
    """No image of this account has that UUID."""

    code = "imageNotFound"
    status = 404
    advice = "Use the `imageUUID` of an image that this account uploaded or generated within its retention time."


class TaskFailedOrNotFound(RequestError):
    """No task of this account has that UUID."""

    code = "taskFailedOrNotFound"
    status = 404
    advice = "Check the taskUUID, and that the key belongs to the account that sent the task."


class AccessError(CutoutError):
    """The caller can't do this now."""

    status = 401


class MissingApiKey(AccessError):
    """No API key came with the request."""

    code = "missingApiKey"
    advice = "Send `Authorization: Bearer KEY`, or an `authentication` task as the first element."


class InvalidApiKey(AccessError):
    """The API key isn't known or is revoked."""

    code = "invalidApiKey"
    advice = "Check the key; the operator can create a new one."


class InsufficientCredits(AccessError):
    """The prepaid balance doesn't cover this task."""

    code = "insufficientCredits"
    status = 402
    advice = "Top up the account's balance. Nothing ran, nothing was charged."


class SpendLimitExceeded(AccessError):
    """The account's monthly limit doesn't cover this task."""

    code = "spendLimitExceeded"
    status = 402
    advice = "Raise the account's monthly limit, or wait for the next month (UTC). Nothing ran, nothing was charged."


class RateLimitExceeded(AccessError):
    """More requests than the account's rate allows."""

    code = "rateLimitExceeded"
    status = 429
    advice = "Wait for the seconds in `Retry-After`, then send the same request again."

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OurFault(CutoutError):
    """Something failed on our side."""

    advice = "Nothing was charged. Send the same task again, with the same taskUUID."


class InternalServerError(OurFault):
    """A fault of ours."""

    code = "internalServerError"


class ServiceUnavailable(OurFault):
    """Something that we depend on doesn't answer."""

    code = "serviceUnavailable"
    status = 503


class TaskTimeout(OurFault):
    """The task didn't finish in time."""

    code = "timeout"
    status = 504


def as_cutout_error(fault: Exception) -> CutoutError:
    """The error itself, or for anything unforeseen an `InternalServerError` that has it as its cause."""
    if isinstance(fault, CutoutError):
        return fault
    error = InternalServerError("Something went wrong on our side. Nothing was charged; send the task again.")
    error.__cause__ = fault
    return error


def error_classes() -> Iterator[type[CutoutError]]:
    """Every class that has a code of its own, in the order of the tree above."""

    def walk(cls: type[CutoutError]) -> Iterator[type[CutoutError]]:
        for child in cls.__subclasses__():
            if child.advice and not child.__subclasses__():
                yield child
            yield from walk(child)

    return walk(CutoutError)
