"""What a start consists of, one after the other, in a fresh interpreter: printed as JSON, in ms.

Runs in the functions' container (`python - < parts.py`), where nothing but the product and the standard library is. The function itself
overlaps some of it; this tells what each part costs.
"""

import json
import time
from importlib import import_module
from pathlib import Path
from typing import Any

IMPORTS = {
    "numpy": ["numpy"],
    "onnxruntime": ["onnxruntime"],
    "Pillow": ["PIL.Image"],
    "boto3": ["boto3"],
    "Powertools": ["aws_lambda_powertools.logging", "aws_lambda_powertools.metrics"],
    "pydantic": ["pydantic"],
    "our modules": ["cutout.wire.requests", "cutout.imaging.pipeline", "cutout.adapters.onnx", "cutout.adapters.aws"],
}
TICKS_A_SECOND = 100


def process_age_ms() -> float:
    """Since the process began (proc(5))."""
    started = int(Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()[19])
    return (float(Path("/proc/uptime").read_text("ascii").split()[0]) - started / TICKS_A_SECOND) * 1000


def main() -> None:
    """Starts, piece by piece."""
    parts = {"interpreter": process_age_ms()}
    at = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal at
        now = time.perf_counter()
        parts[name], at = (now - at) * 1000, now

    modules: dict[str, Any] = {}
    for name, wanted in IMPORTS.items():
        modules |= {module: import_module(module) for module in wanted}
        lap(name)
    for service in ("dynamodb", "s3"):
        modules["cutout.adapters.aws"].client(service, "us-east-1")
    lap("AWS clients")
    network = modules["cutout.adapters.onnx"].OnnxModels(Path("/opt/models")).network("u2netp")
    lap("model")
    side = network.spec.input_size
    network.infer(modules["numpy"].zeros((1, 3, side, side), "float32"))
    lap("first inference")
    print(json.dumps(parts))


if __name__ == "__main__":
    main()
