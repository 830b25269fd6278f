"""rembg in a function, as one would write it: a picture is fetched from one signed URL, and its cutout sent to another."""

import shutil
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

if Path("/opt/numba").is_dir():
    shutil.copytree("/opt/numba", "/tmp/numba", dirs_exist_ok=True)  # noqa: S108 - the container's own
import rembg

session = rembg.new_session("u2netp")


def handle(event: dict[str, Any], _context: object) -> str:
    """Nothing but that it is done."""
    with urlopen(event["source"]) as source:
        cutout = rembg.remove(source.read(), session=session, alpha_matting=event.get("matting", False))
    with urlopen(Request(event["target"], cutout, method="PUT")):
        return "done"
