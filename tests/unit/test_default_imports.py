"""What the default image must be able to start without."""

import subprocess
import sys

CODE = """
import importlib, pkgutil, sys
import cutout

for module in pkgutil.walk_packages(cutout.__path__, "cutout."):
    importlib.import_module(module.name)
print(*sys.modules)
"""


def test_no_module_of_ours_imports_rembg_or_what_it_brings_along():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", CODE], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "cutout" in loaded
    assert not loaded & {"rembg", "pymatting", "numba", "scipy", "skimage", "sklearn", "cv2", "torch"}
