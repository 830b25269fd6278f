"""Events that aren't what an entry takes."""

import json
from pathlib import Path

import pytest

from remove_background.shape import UnknownEvent, are_messages, is_batch_job, is_http_request, takes

EVENTS = Path(__file__).parents[2] / "events"
KINDS = {
    "http.json": is_http_request,
    "queue.json": are_messages,
    "s3-upload.json": are_messages,
    "s3-batch-1.0.json": is_batch_job,
    "s3-batch-2.0.json": is_batch_job,
}


def event(name: str) -> object:
    return json.loads((EVENTS / name).read_text())


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("check", [is_http_request, are_messages, is_batch_job])
def test_each_event_is_of_one_kind_only(name, check):
    assert check(event(name)) == (KINDS[name] is check)


@pytest.mark.parametrize("nothing", [None, [], {}, "text", {"Records": []}, {"Records": ["x"]}, {"Records": [{"s3": {}}]}])
@pytest.mark.parametrize("check", [is_http_request, are_messages, is_batch_job])
def test_what_is_no_event_is_of_none(nothing, check):
    assert not check(nothing)


@pytest.mark.parametrize("missing", ["headers", "requestContext"])
def test_an_http_event_that_was_cut_off_is_none(missing):
    whole = dict(event("http.json"))
    del whole[missing]
    assert not is_http_request(whole)


def test_the_entry_is_not_reached_and_the_refusal_names_it():
    @takes("letters", lambda sent: sent == "letter")
    def handle_letter(sent, _context):
        return {"opened": sent}

    assert handle_letter("letter", None) == {"opened": "letter"}
    with pytest.raises(UnknownEvent, match="handle_letter takes letters"):
        handle_letter("parcel", None)
