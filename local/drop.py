"""`python -m local.drop FILE`: a file into the drop box of `make run`, and back as cutout.png.

The same by AWS's own command line: `aws s3 cp FILE s3://$BUCKET_NAME/uploads/demo/ --endpoint-url $AWS_ENDPOINT_URL`.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import demo

STATE: Final = Path(__file__).resolve().parent.parent / ".local"
PATIENCE_S: Final = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m local.drop", description="Drop a file into the bucket and wait for its cutout."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--meta", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="such as output-format=WEBP"
    )
    parser.add_argument("--out", type=Path, default=Path("cutout.png"))
    parser.add_argument("--state", type=Path, default=STATE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    place = demo.read_environment(options.state / "demo.env")
    if not place:
        print("Nothing to drop it into: start `make run` first.", file=sys.stderr)
        return 1
    try:
        return _drop(options.file, dict(options.meta), options.out, place)
    except (OSError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("NAME=VALUE is meant")
    return name, value


def _drop(file: Path, metadata: Mapping[str, str], out: Path, place: Mapping[str, str]) -> int:
    s3 = boto3.client(
        "s3",
        endpoint_url=place["AWS_ENDPOINT_URL"],
        region_name=place["AWS_REGION"],
        aws_access_key_id=place["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=place["AWS_SECRET_ACCESS_KEY"],
    )
    bucket, key = place["BUCKET_NAME"], f"uploads/{demo.ACCOUNT_ID}/{file.name}"
    # S3's times are whole seconds.
    since = datetime.now(UTC).replace(microsecond=0)
    s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes(), Metadata=dict(metadata))
    print(f"s3://{bucket}/{key}", flush=True)
    answer = _wait(s3, bucket, f"results/{demo.ACCOUNT_ID}/{file.name}.", since)
    if answer is None:
        print(f"No answer within {PATIENCE_S:.0f} s; the functions' logs are in {STATE.name}/.", file=sys.stderr)
        return 1
    response = s3.get_object(Bucket=bucket, Key=answer)
    content = response["Body"].read()
    print(f"s3://{bucket}/{answer}")
    if answer.endswith(".error.json"):
        print(content.decode())
        return 1
    out.write_bytes(content)
    print(json.dumps(response["Metadata"], indent=2))
    return 0


def _wait(s3: Any, bucket: str, prefix: str, since: datetime) -> str | None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            if item["LastModified"] >= since:
                return str(item["Key"])
        time.sleep(0.2)
    return None


if __name__ == "__main__":
    sys.exit(main())
