"""The ways in which a request may carry an image."""

import base64
import binascii
import re
from typing import Final
from uuid import UUID

from cutout.domain.errors import InvalidInputImage, InvalidParameter
from cutout.domain.tasks import ImageReference, ImageSource, ImageUrl, InlineImage
from cutout.wire.models import UUID4

_DATA_URI: Final = re.compile(r"data:(?P<type>[\w.+/-]*)(?:;[\w.+=-]+)*;base64,", re.IGNORECASE)
_UUID: Final = re.compile(UUID4)
_SPACE: Final = re.compile(r"\s+")
_URL_SCHEMES: Final = ("http://", "https://")


def image_source(text: str, parameter: str) -> ImageSource:
    """A UUID v4, an http(s) URL, a data URI or bare base64, told apart by their form.

    Raises:
        InvalidInputImage: none of these.
    """
    if _UUID.match(text):
        return ImageReference(UUID(text))
    return uploaded_source(text, parameter, accepted="the UUID v4 of an earlier image, an http(s) URL, a data URI, or base64")


def image_reference(text: str, parameter: str) -> UUID:
    """The UUID of an earlier image.

    Raises:
        InvalidParameter: it isn't one.
    """
    if not _UUID.match(text):
        raise InvalidParameter(f"{parameter} must be the UUID v4 of an image.", parameter=parameter, expected_type="string")
    return UUID(text)


def uploaded_source(text: str, parameter: str, accepted: str = "an http(s) URL, a data URI, or base64") -> InlineImage | ImageUrl:
    """As `image_source`, without the UUID."""
    if text.lower().startswith(_URL_SCHEMES):
        return ImageUrl(text)
    declared = _DATA_URI.match(text)
    encoded = text[declared.end() :] if declared else text
    try:
        # Line breaks are allowed, as `base64` and MIME put them in. What the declared type claims is ignored: the bytes tell.
        content = base64.b64decode(_SPACE.sub("", encoded), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        raise InvalidInputImage(
            f"{parameter} must be {accepted}, of a PNG, JPEG or WEBP.", parameter=parameter, expected_type="string"
        )
    return InlineImage(content)
