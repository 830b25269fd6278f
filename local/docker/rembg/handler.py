"""rembg in a function, as one would write it: base64 of a picture in, base64 of a PNG out."""

import base64
from typing import Any

import rembg

session = rembg.new_session("u2netp")


def handle(event: dict[str, Any], _context: object) -> str:
    """The cutout."""
    return base64.b64encode(rembg.remove(base64.b64decode(event["image"]), session=session)).decode()
