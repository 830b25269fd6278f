"""The functions' image, and one of rembg on the same base beside it."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from local import sam
from local.docker.base import ROOT
from local.docker.engine import Engine

OURS: Final = "cutout:measured"
REMBG: Final = "cutout-rembg:installed"
REMBG_COMPILED: Final = "cutout-rembg:compiled"


@dataclass(frozen=True, slots=True)
class Size:
    """Of an image, uncompressed, and of the base that it stands on."""

    image_bytes: int
    base_bytes: int

    @property
    def own_bytes(self) -> int:
        """What it adds to its base."""
        return self.image_bytes - self.base_bytes


def build_ours(engine: Engine, base: str) -> str:
    """The image's name."""
    dockerfile = ROOT / "functions/remove_background/Dockerfile"
    engine.run("build", "--network=host", f"--build-arg=BASE_IMAGE={base}", f"--file={dockerfile}", f"--tag={OURS}", ROOT)
    return OURS


def build_by_sam(engine: Engine) -> dict[str, str]:
    """`sam build`: the image of each of the template's functions that has one, by logical id.

    Raises:
        DockerError, SamError: it failed.
    """
    if engine.own:
        # There the builds that SAM asks for have no network. What they would fetch is cached by one that has.
        for dockerfile, arguments in _recipes():
            given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
            engine.run("build", "--network=host", *given, f"--file={ROOT / dockerfile}", ROOT)
    sam.build(engine.environment)
    built = _image_functions(sam.BUILT / "template.yaml")
    return {name: resource["Properties"]["ImageUri"] for name, resource in built.items()}


def _recipes() -> list[tuple[str, dict[str, str]]]:
    """The template's Dockerfiles with their arguments, each once."""
    functions = _image_functions(ROOT / "template.yaml").values()
    found = [(function["Metadata"]["Dockerfile"], function["Metadata"].get("DockerBuildArgs", {})) for function in functions]
    return [recipe for number, recipe in enumerate(found) if recipe not in found[:number]]


def _image_functions(template: Path) -> dict[str, Any]:
    from samtranslator.yaml_helper import yaml_parse

    resources = yaml_parse(template.read_text("utf-8"))["Resources"]
    return {name: resource for name, resource in resources.items() if resource["Properties"].get("PackageType") == "Image"}


def build_rembg(engine: Engine, base: str) -> tuple[str, str]:
    """The names of two images: as pip installs it, and with what numba compiles compiled."""
    with TemporaryDirectory() as name:
        context = Path(name)
        shutil.copytree(ROOT / "local/docker/rembg", context, dirs_exist_ok=True)
        shutil.copy(ROOT / ".models/u2netp.onnx", context)
        (context / "constraints.txt").write_text(constraints((ROOT / "requirements/rembg.txt").read_text("utf-8")), "utf-8")
        for target, tag in (("installed", REMBG), ("compiled", REMBG_COMPILED)):
            engine.run("build", "--network=host", f"--build-arg=BASE_IMAGE={base}", f"--target={target}", f"--tag={tag}", context)
    return REMBG, REMBG_COMPILED


def constraints(lock: str) -> str:
    """A lock file's versions without its hashes."""
    return "".join(f"{line}\n" for line in re.findall(r"^([a-z].*?) \\$", lock, re.MULTILINE))


def size(engine: Engine, image: str, base: str) -> Size:
    """Of an image that stands on `base`."""
    return Size(*(int(engine.run("image", "inspect", "--format={{.Size}}", name)) for name in (image, base)))
