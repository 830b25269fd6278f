"""What is said of a weight file that isn't the right one."""

import hashlib

import pytest

from cutout.adapters.weights import WeightsError, verify, weights_path
from cutout.imaging.models import Weights

CONTENT = b"weights"
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()  # noqa: S324 — what rembg publishes


@pytest.fixture
def path(tmp_path):
    path = weights_path(tmp_path, "small")
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("checksum", [SHA256, MD5])
@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_the_right_file_passes(path, checksum, size):
    verify(path, Weights(checksum, size, ()))


def test_a_file_with_another_content_is_refused_by_name_and_checksum(path):
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(WeightsError, match=rf"{path} has the sha256 checksum \w{{64}} instead of {SHA256[7:]}"):
        verify(path, Weights(SHA256, len(CONTENT), ()))


def test_a_truncated_file_is_refused_by_its_size(path):
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsError, match="has 6 bytes instead of 7"):
        verify(path, Weights(SHA256, len(CONTENT), ()))


def test_a_missing_file_is_named_with_the_command_that_fetches_it(path):
    path.unlink()
    with pytest.raises(WeightsError, match=r"small.onnx is missing. Run: python -m local.models small"):
        verify(path, Weights(SHA256, None, ()))
