"""What of the image's making needs no Docker."""

from pathlib import Path

from local.docker.base import locked
from local.docker.images import constraints
from local.docker.trim import needed_by, trim

LOCK = """\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
six==1.17.0 \\
    --hash=sha256:cc
"""


def test_entries_of_a_lock_file_are_taken_with_their_hashes():
    assert locked(LOCK, ["six"]) == "six==1.17.0 \\\n    --hash=sha256:cc\n"
    assert locked(LOCK, ["six", "numpy"]) == LOCK


def test_constraints_are_a_lock_files_versions_with_their_markers():
    assert constraints(LOCK) == "numpy==2.4.6 ; python_full_version < '3.12'\nsix==1.17.0\n"


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text('client("s3")')


def test_trimming_leaves_what_is_used(tmp_path):
    used = {
        "cutout/adapters/aws.py",
        "numpy/__init__.py",
        "numpy/tests.py",
        "botocore/data/s3/service-2.json.gz",
        "botocore/data/endpoints.json",
        "numpy-2.dist-info/METADATA",
        "numpy-2.dist-info/licenses/LICENSE.txt",
    }
    unused = {
        "bin/numpy-config",
        "cutout/imaging/native/resample.c",
        "numpy/tests/test_all.py",
        "numpy/lib/tests/test_io.py",
        "numpy/f2py/__init__.py",
        "numpy/__init__.pyi",
        "botocore/data/ec2/service-2.json.gz",
        "numpy-2.dist-info/RECORD",
        "awslambdaric/__init__.py",
        "awslambdaric-4.dist-info/METADATA",
        "onnxruntime/tools/convert.py",
    }
    write(tmp_path, *used, *unused)
    trim(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == used


def test_nothing_needs_nothing():
    assert needed_by([]) == set()
