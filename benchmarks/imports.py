"""What each import costs a cold start: `python -m benchmarks.imports`.

Processor time of a fresh interpreter that imports one thing, less that of one that imports nothing; the least of nine runs, taken in
turn so that a busy machine burdens all alike. Imports overlap: the figures don't add up.
"""

import resource
import subprocess
import sys
from collections.abc import Mapping

RUNS = 9
IMPORTS: Mapping[str, str] = {
    "nothing": "pass",
    "Powertools Logger": "from aws_lambda_powertools.logging import Logger",
    "Powertools Metrics": "from aws_lambda_powertools.metrics import Metrics",
    "Powertools Tracer": "from aws_lambda_powertools.tracing import Tracer",
    "Powertools HTTP resolver": "from aws_lambda_powertools.event_handler import APIGatewayHttpResolver",
    "Powertools batch processor": "from aws_lambda_powertools.utilities.batch import BatchProcessor",
    "pydantic and our requests": "import cutout.wire.requests",
    "boto3": "import boto3",
    "numpy": "import numpy",
    "onnxruntime": "import onnxruntime",
    "Pillow": "import PIL.Image",
    "our imaging pipeline": "import cutout.imaging.pipeline, cutout.imaging.matting, cutout.imaging.foreground",
}


def processor_ms(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(RUNS):
        for name, code in IMPORTS.items():
            times[name].append(processor_ms(code))
    least = {name: min(runs) for name, runs in times.items()}
    print("| import | ms of processor time |\n|---|---|")
    for name, milliseconds in least.items():
        if name != "nothing":
            print(f"| {name} | {milliseconds - least['nothing']:.0f} |")


if __name__ == "__main__":
    main()
