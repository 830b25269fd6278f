"""What goes in, in every form that a client may send, and what has to come out."""

import base64
import io
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from tests.sdks.clients import ROOT
from tests.sdks.stack import Stack

INPUTS: Final = ("URL", "UUID", "data URI", "file")
OUTPUTS: Final = ("URL", "base64Data", "dataURI", "all three")
KEYS: Final = {"URL": "imageURL", "base64Data": "imageBase64Data", "dataURI": "imageDataURI"}
LARGE: Final = ROOT / "docs/images/astronaut.jpg"
"""66 kB: no frame of a WebSocket carries it."""
SIDE: Final = 160
SLOW_SIDE: Final = 5000
"""25 megapixels: half a second's work at least."""


def output_types(output: str) -> str | list[str]:
    return list(KEYS) if output == "all three" else output


@dataclass(frozen=True)
class Pictures:
    """The same small picture in every form, by the names of `INPUTS`."""

    forms: dict[str, str]
    large: str
    """Another one, as a data URI."""
    large_size: tuple[int, int]
    slow: str
    """The UUID of one that takes a while."""

    @classmethod
    def made(cls, stack: Stack, folder: Path) -> "Pictures":
        path = folder / "small.jpg"
        with Image.open(LARGE) as image:
            large_size = image.size
            image.resize((SIDE, SIDE)).save(path, quality=85)
            image.resize((SLOW_SIDE, SLOW_SIDE)).save(folder / "slow.jpg", quality=85)
        data_uri = _data_uri(path)
        uploaded = stack.post(taskType="imageUpload", image=data_uri)
        forms = {"URL": uploaded["imageURL"], "UUID": uploaded["imageUUID"], "data URI": data_uri, "file": str(path)}
        slow = stack.post(taskType="imageUpload", image=_data_uri(folder / "slow.jpg"))
        return cls(forms, _data_uri(LARGE), large_size, slow["imageUUID"])

    def sent(self, form: str) -> dict[str, Any]:
        return {"image": self.forms[form], **({"is_file": True} if form == "file" else {})}


def cutouts(item: dict[str, Any], output: str = "URL") -> list[Image.Image]:
    """The pictures of a result, which has each of the forms that were asked for, and no other."""
    asked = [KEYS[name] for name in ([output] if output in KEYS else KEYS)]
    assert {key for key in KEYS.values() if item.get(key)} == set(asked)
    return [Image.open(io.BytesIO(_content(item[key]))) for key in asked]


def assert_cut_out(picture: Image.Image, size: Sequence[int] = (SIDE, SIDE)) -> None:
    """A PNG with a subject, and nothing where none is."""
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", tuple(size))
    assert picture.getchannel("A").getextrema() == (0, 255)


def _data_uri(path: Path) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()


def _content(value: str) -> bytes:
    if value.startswith("http"):
        with urllib.request.urlopen(value, timeout=30) as response:
            return response.read()
    return base64.b64decode(value.removeprefix("data:image/png;base64,"), validate=True)
