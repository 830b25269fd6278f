"""`python -m local.invoke EVENT`: one event through the function that it is for, against the local stack.

With SAM and Docker, in the image (`--with sam`), or without Docker in AWS's emulator (`--with rie`).
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from local import rie, sam
from local.aws import AwsError
from local.children import Children
from local.events import EventError, function_of
from local.scene import ROOT, Scene, scene
from local.template import TemplateError

_SHOWN: Final = 200
"""Characters of a text: an inline image is longer, and nobody reads it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 1 where the function failed."""
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description="Send one event to its function.")
    parser.add_argument("event", type=Path, help="a file such as events/http.json")
    parser.add_argument("--function", help="its logical id in template.yaml (default: told by the event)")
    parser.add_argument("--with", dest="way", choices=["sam", "rie"], default="rie", help="(default: %(default)s)")
    parser.add_argument("--state", type=Path, default=ROOT / ".local", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        with Children() as children, scene(options.state, children) as stack:
            event = stack.fit(options.event.read_text("utf-8"))
            name = _known(options.function or function_of(event, stack.application), stack)
            print(f"{options.event} -> {name}", file=sys.stderr, flush=True)
            answer = _invoke_in_image(stack, name, event) if options.way == "sam" else _invoke(stack, name, event, children)
    except (EventError, AwsError, TemplateError, rie.EmulatorError, sam.SamError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(shown(answer))
    return 1 if has_failed(answer) else 0


def _known(name: str, stack: Scene) -> str:
    if name not in stack.functions:
        raise EventError(f"There is no function {name}. There are: {', '.join(stack.functions)}.")
    return name


def _invoke(stack: Scene, name: str, event: Any, children: Children) -> str:
    return rie.invoke(stack.functions[name], json.dumps(event).encode(), children).decode()


def _invoke_in_image(stack: Scene, name: str, event: Any) -> str:
    with sam.reachable(stack.port, os.environ) as address:
        there = stack.seen_from(address, "/opt/models")
        answer, log = sam.invoke(there.functions[name], event, sam.local_template(there.functions), os.environ)
    print(log, file=sys.stderr)
    return answer


def has_failed(answer: str) -> bool:
    """Whether the function failed, rather than answered."""
    try:
        body = json.loads(answer)
    except ValueError:
        return True  # the emulator's own words, such as of a time-out
    return isinstance(body, dict) and "errorMessage" in body and "errorType" in body


def shown(answer: str) -> str:
    """An answer for people: the body unfolded, long texts cut."""
    try:
        body = json.loads(answer)
    except ValueError:
        return answer
    if isinstance(body, dict) and body.get("headers", {}).get("content-type") == "application/json":
        body = body | {"body": json.loads(body["body"])}
    return json.dumps(_cut(body), indent=2, ensure_ascii=False)


def _cut(value: Any) -> Any:
    match value:
        case dict():
            return {name: _cut(inner) for name, inner in value.items()}
        case list():
            return [_cut(inner) for inner in value]
        case str() if len(value) > _SHOWN:
            return f"{value[:_SHOWN]}… ({len(value):,} characters)"
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main())
