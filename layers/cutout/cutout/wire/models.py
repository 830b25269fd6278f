"""The requests as pydantic models: what parses them also describes them."""

from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from cutout.domain.removal import MattingThresholds
from cutout.domain.tasks import OutputType

REMOVAL_TYPES: Final = ("imageBackgroundRemoval", "removeBackground")
DEFAULT_FORMAT: Final = {"imageBackgroundRemoval": "PNG", "removeBackground": "JPG"}

RGBA: Final = "[red, green, blue, opacity]: three integers from 0 to 255 and a number from 0 to 1"
HTTPS: Final = "an https URL of at most 2,000 characters"
UUID4: Final = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
_CHANNEL: Final[JsonDict] = {"type": "integer", "minimum": 0, "maximum": 255}
_OPACITY: Final[JsonDict] = {"type": "number", "minimum": 0, "maximum": 1}


def _colour(values: list[int | float]) -> list[int | float]:
    *channels, opacity = values
    if len(values) != 4 or any(type(c) is not int or not 0 <= c <= 255 for c in channels) or not 0 <= opacity <= 1:  # noqa: PLR2004
        raise ValueError(RGBA)
    return values


def _format(value: str) -> str:
    return "JPG" if value == "JPEG" else value


def _https(url: str, info: ValidationInfo) -> str:
    """`http_hosts` in the context: host:port names that may be reached without TLS. The local stack has some."""
    exempt = url.startswith("http://") and urlsplit(url).netloc in (info.context or {}).get("http_hosts", ())
    if not (url.startswith("https://") or exempt):
        raise ValueError(HTTPS)
    return url


HttpsUrl = Annotated[
    str, StringConstraints(max_length=2000), AfterValidator(_https), Field(json_schema_extra={"x-accepted": HTTPS, "format": "uri"})
]
TaskUUID = Annotated[str, StringConstraints(pattern=UUID4), Field(json_schema_extra={"x-accepted": "a UUID v4"})]
Threshold = Annotated[int, Field(ge=1, le=255)]
OutputName = Literal["URL", "base64Data", "dataURI"]
ImageText = Annotated[str, StringConstraints(min_length=1)]


def _alias(name: str) -> str:
    return {"task_uuid": "taskUUID", "webhook_url": "webhookURL"}.get(name) or to_camel(name)


class WireModel(BaseModel):
    """Strict: no coercion, no unknown field."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=_alias, hide_input_in_errors=True)

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The fields as clients spell them."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


class RemovalRequest(WireModel):
    """`imageBackgroundRemoval`, and `removeBackground` once its nesting is flattened."""

    MATTING: ClassVar = MattingThresholds()

    task_type: Literal["imageBackgroundRemoval", "removeBackground"]
    task_uuid: TaskUUID = Field(description="UUID v4, unique per task. Sent again with the same request, it gives the same answer.")
    input_image: ImageText = Field(
        description="The UUID of an earlier image, a data URI, base64, or an http(s) URL. PNG, JPG or WEBP."
    )
    model: str | None = Field(None, description="A model's name or AIR identifier.")
    output_type: OutputName | Annotated[list[OutputName], Field(min_length=1)] = Field(
        "URL", description="How the result comes back; a list returns each."
    )
    output_format: Annotated[Literal["PNG", "JPG", "JPEG", "WEBP"], AfterValidator(_format)] | None = None
    output_quality: Annotated[int, Field(ge=20, le=99)] = Field(95, description="For JPG and WEBP.")
    include_cost: bool = False
    rgba: Annotated[list[int | float], AfterValidator(_colour)] = Field(
        [255, 255, 255, 0.0],
        description="The background: red, green, blue 0-255 and its opacity 0-1.",
        json_schema_extra={
            "x-accepted": RGBA,
            "prefixItems": [_CHANNEL, _CHANNEL, _CHANNEL, _OPACITY],
            "items": False,
            "minItems": 4,
        },
    )
    post_process_mask: bool = Field(default=False, description="Morphological clean-up of the mask.")
    return_only_mask: bool = Field(default=False, description="The matte as a greyscale image, subject white.")
    alpha_matting: bool = False
    alpha_matting_foreground_threshold: Threshold = Field(MATTING.foreground, description="Above it a pixel is surely subject.")
    alpha_matting_background_threshold: Threshold = Field(MATTING.background, description="Below it a pixel is surely background.")
    alpha_matting_erode_size: Threshold = Field(MATTING.erode_size, description="Erosion of both sure regions, in pixels.")
    delivery_method: Literal["sync", "async"] = Field(
        "sync", description="async: acknowledged at once; the result is fetched by getResponse, or pushed."
    )
    webhook_url: HttpsUrl | None = Field(None, description="Where the result is sent once it is there. Implies async delivery.")
    upload_endpoint: HttpsUrl | None = Field(None, description="Where the result is PUT besides.")
    ttl: Annotated[int, Field(ge=60)] | None = Field(None, description="The result is deleted after so many seconds.")

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> "RemovalRequest":
        if self.alpha_matting_foreground_threshold <= self.alpha_matting_background_threshold:
            raise PydanticCustomError(
                "thresholds",
                "alphaMattingForegroundThreshold ({foreground}) must be greater than alphaMattingBackgroundThreshold ({background})",
                {
                    "foreground": self.alpha_matting_foreground_threshold,
                    "background": self.alpha_matting_background_threshold,
                    "parameter": "alphaMattingForegroundThreshold",
                },
            )
        return self

    def output_types(self) -> tuple[OutputType, ...]:
        names = self.output_type if isinstance(self.output_type, list) else [self.output_type]
        return tuple(OutputType(name) for name in dict.fromkeys(names))


class AccountRequest(WireModel):
    """`accountManagement`."""

    task_type: Literal["accountManagement"]
    task_uuid: TaskUUID
    operation: Literal["getDetails"]


class UploadRequest(WireModel):
    """`imageUpload`."""

    task_type: Literal["imageUpload"]
    task_uuid: TaskUUID
    image: ImageText = Field(description="A data URI, base64, or an http(s) URL. PNG, JPG or WEBP.")
    include_cost: bool = False


class MediaStorageRequest(WireModel):
    """`mediaStorage`."""

    task_type: Literal["mediaStorage"]
    task_uuid: TaskUUID
    operation: Literal["upload", "delete"]
    media: ImageText = Field(
        description="To upload: a data URI, base64, or an http(s) URL, of a PNG, JPG or WEBP. To delete: the UUID of an image."
    )
    include_cost: bool = False


class PresignRequest(WireModel):
    """`presignUpload`."""

    task_type: Literal["presignUpload"]
    task_uuid: TaskUUID
    image_format: Annotated[Literal["PNG", "JPG", "JPEG", "WEBP"], AfterValidator(_format)] = Field(
        "JPG", description="The content type that the upload has to have."
    )
    include_cost: bool = False


class ResponseRequest(WireModel):
    """`getResponse`."""

    task_type: Literal["getResponse"]
    task_uuid: TaskUUID = Field(description="The UUID of an earlier task.")
