"""Whatever openapi.json allows, and whatever it doesn't, is answered as openapi.json says: by the entry, in this process."""

import base64
import json
import time
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.payload import HttpRequest, to_event, to_response
from tests.fakes.world import png
from tests.functions.conftest import CONTEXT, ROOT

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PICTURE = "data:image/png;base64," + base64.b64encode(png()).decode()
NOWHERE = "https://receiver.invalid/results"
SCHEMA = schemathesis.openapi.from_dict(json.loads((ROOT / "openapi.json").read_text()))
TASKS = SCHEMA["/v1"]["POST"]

# The same examples at each run: a test that fails here today fails there, and tomorrow.
bounded = settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

Send = Callable[[Any], Response]


@pytest.fixture(scope="module")
def api(entry: SimpleNamespace) -> Callable[..., Iterable[bytes]]:
    """The entry as a WSGI application."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        names = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
        headers = {**names, "content-type": environ.get("CONTENT_TYPE", "")}
        body = environ["wsgi.input"].read()
        request = HttpRequest("POST", environ["PATH_INFO"], "HTTP/1.1", "127.0.0.1", tuple(headers.items()), body)
        event = to_event(request, "POST /v1", {}, str(uuid4()), time.time())
        response = to_response(json.dumps(entry.app.handle_http(event, CONTEXT)).encode())
        start(f"{int(response.status)} -", list(response.headers))
        return [response.body]

    return application


@pytest.fixture(scope="module")
def send(api: Callable[..., Iterable[bytes]], key: str) -> Send:
    return lambda case: case.call(app=api, headers={"authorization": f"Bearer {key}"})


def at_home(body: Any, *, new: bool) -> Any:
    """The same request, with nothing that leads out of this process; and, if so wanted, with pictures that are some, under new UUIDs."""
    for task in body if isinstance(body, list) else [body]:
        if new and "taskUUID" in task:
            task["taskUUID"] = str(uuid4())
        for holder, name in ((task, "inputImage"), (task, "image"), (task.get("inputs"), "image")):
            if holder and name in holder and (new or holder[name].startswith("http")):
                holder[name] = PICTURE
        for name in ("webhookURL", "uploadEndpoint"):
            if task.get(name):
                task[name] = NOWHERE
    return body


@bounded
@given(case=TASKS.as_strategy(generation_mode=GenerationMode.POSITIVE), new=st.sampled_from([True, True, True, False]))
def test_what_the_document_allows_is_answered_as_it_says(send: Send, case: Any, new):
    case.body = at_home(case.body, new=new)
    case.validate_response(send(case), checks=CHECKS)


@bounded
@given(case=TASKS.as_strategy(generation_mode=GenerationMode.NEGATIVE))
def test_what_the_document_does_not_allow_is_refused_as_it_says(send: Send, case: Any):
    case.validate_response(send(case), checks=[*CHECKS, negative_data_rejection])
