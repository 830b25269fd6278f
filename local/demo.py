"""An account to try things with: its key, a file for other programs to source, and a command to paste."""

import contextlib
import os
import time
from pathlib import Path
from typing import Final

from cutout.adapters.dynamodb.accounts import DynamoAccountStore
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account, ApiKey, hash_key, new_key
from cutout.service.book import AccountExists

ACCOUNT_ID: Final = "demo"


def ensure_key(table: Table, remembered: str | None) -> str:
    """A key of the demo account: the remembered one if it still opens, else a new one."""
    if remembered and DynamoAccountStore(table).find_by_key(hash_key(remembered)):
        return remembered
    book = DynamoAccountBook(table)
    with contextlib.suppress(AccountExists):
        book.create(Account(ACCOUNT_ID, "Demo"))
    key = new_key()
    book.add_key(ApiKey(hash_key(key), ACCOUNT_ID, "make run", key[-4:], time.time_ns() // 1_000_000))
    return key


def read_environment(path: Path) -> dict[str, str]:
    """The names and values of a file that `write_environment` wrote; none if there is no such file."""
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def write_environment(path: Path, values: dict[str, str]) -> None:
    """`NAME=value` lines, for nobody else's eyes: there is a key in it."""
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    part.replace(path)


def command(url: str, key: str, picture: str) -> str:
    """Shell lines that send `picture`, print the answer and save the cutout; they need curl and python3."""
    return rf"""printf '[{{"taskType":"imageBackgroundRemoval","taskUUID":"%s","inputImage":"%s","outputType":"base64Data","includeCost":true}}]' \
  "$(python3 -c 'import uuid; print(uuid.uuid4())')" "$(base64 < {picture} | tr -d '\n')" |
curl -sS {url} -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d @- |
python3 -c 'import base64, json, sys
answer = json.load(sys.stdin)
image = answer.get("data", [{{}}])[0].pop("imageBase64Data", "")
print(json.dumps(answer, indent=2))
image and open("cutout.png", "wb").write(base64.b64decode(image))'"""


def drop_command(picture: str) -> str:
    """A shell line that drops `picture` and waits for its cutout."""
    return f".venv/bin/python -m local.drop {picture}"
