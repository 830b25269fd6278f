"""Events once more, and answers judged."""

import json
import re
from uuid import uuid4

from local.invoke import has_failed

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_KEY = re.compile(r'((?:s3Key|key)\\?":\s*\\?"(?:[^"\\/]+/)+)')


def another(text: str) -> str:
    """The same event as another task: with other UUIDs, and objects in another folder."""
    others: dict[str, str] = {}
    fresh = _UUID.sub(lambda found: others.setdefault(found[0], str(uuid4())), text)
    return _KEY.sub(rf"\g<1>{uuid4().hex[:8]}/", fresh)


def trouble(answer: str) -> str | None:
    """What is wrong with a function's answer, in whichever form its kind of event has it."""
    if has_failed(answer):
        return answer
    match json.loads(answer):
        case {"statusCode": int(status), **rest} if status >= 400:
            return f"{status}: {rest.get('body')}"
        case {"statusCode": _, "body": str(body)} if '"errors":[{' in body:
            return body
        case {"batchItemFailures": [_, *_] as failures}:
            return f"not done: {failures}"
        case {"results": results} if any(result["resultCode"] != "Succeeded" for result in results):
            return f"not done: {results}"
    return None
