"""The native module's sources compile for arm64 too, where there is only the baseline of each kernel."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[3] / "layers/cutout/cutout/imaging/native"
COMPILER = shutil.which("aarch64-linux-gnu-gcc")


@pytest.mark.skipif(COMPILER is None, reason="NOT COMPILED FOR ARM64: there is no aarch64-linux-gnu-gcc (gcc-aarch64-linux-gnu)")
@pytest.mark.parametrize("source", sorted(NATIVE.glob("*.c")), ids=lambda source: source.stem)
def test_it_compiles_without_a_warning(source, tmp_path):
    options = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-I", sysconfig.get_paths()["include"]]
    command = [COMPILER, *options, "-c", source, "-o", tmp_path / "object.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
