"""WebSocket sessions: started, found by their connection, moved to another, ended."""

from dataclasses import replace
from uuid import uuid4

import pytest

from cutout.service.sessions import Session
from tests.contract.worlds import World

NOW = 1_800_000_000_000
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def sessions(world):
    return world.sessions


def session() -> Session:
    return Session(uuid4(), f"alice-{uuid4()}", "0" * 64, f"{uuid4().hex[:15]}=")


@pytest.fixture
def started(sessions) -> Session:
    started = session()
    sessions.start(started, NOW)
    return started


def moved(old: Session) -> Session:
    return replace(old, connection_id=session().connection_id, key_hash="1" * 64)


def test_who_has_authenticated_is_known_by_the_connection(sessions, started):
    assert sessions.on_connection(started.connection_id) == started


def test_a_connection_on_which_nobody_has_is_nobodys(sessions):
    assert sessions.on_connection(session().connection_id) is None


def test_a_session_is_reached_by_its_connection(sessions, started):
    assert sessions.connection_of(started.session_uuid) == started.connection_id
    assert sessions.connection_of(uuid4()) is None


def test_a_session_moves_to_the_connection_that_resumes_it(sessions, started):
    new = moved(started)
    assert sessions.resume(new, NOW + 1)
    assert sessions.connection_of(started.session_uuid) == new.connection_id
    assert sessions.on_connection(new.connection_id) == new


def test_another_accounts_session_is_not_resumed(sessions, started):
    thief = replace(moved(started), account_id="mallory")
    assert not sessions.resume(thief, NOW + 1)
    assert sessions.connection_of(started.session_uuid) == started.connection_id
    assert sessions.on_connection(thief.connection_id) is None


def test_a_session_that_never_was_is_not_resumed(sessions):
    assert not sessions.resume(session(), NOW)


def test_a_session_can_be_resumed_for_a_day(sessions, started):
    assert sessions.resume(moved(started), NOW + DAY_MS - 1000)
    other = session()
    sessions.start(other, NOW)
    assert not sessions.resume(moved(other), NOW + DAY_MS)


def test_what_is_sent_to_one_session_can_go_to_where_another_is_connected(sessions, started):
    other = session()
    sessions.start(other, NOW)
    sessions.redirect(started.session_uuid, other.session_uuid)
    assert sessions.connection_of(started.session_uuid) == other.connection_id
    assert sessions.connection_of(other.session_uuid) == other.connection_id


def test_nothing_goes_to_a_session_that_is_not_connected_nor_from_one_that_never_was(sessions, started):
    other, never = session(), uuid4()
    sessions.start(other, NOW)
    sessions.end(other.connection_id)
    sessions.redirect(started.session_uuid, other.session_uuid)
    sessions.redirect(never, started.session_uuid)
    assert sessions.connection_of(started.session_uuid) == started.connection_id
    assert sessions.connection_of(never) is None


def test_an_ended_connection_is_nobodys_and_reaches_nobody(sessions, started):
    sessions.end(started.connection_id)
    assert sessions.on_connection(started.connection_id) is None
    assert sessions.connection_of(started.session_uuid) is None


def test_a_session_survives_its_connection(sessions, started):
    sessions.end(started.connection_id)
    new = moved(started)
    assert sessions.resume(new, NOW + 1)
    assert sessions.connection_of(started.session_uuid) == new.connection_id


def test_the_late_end_of_an_old_connection_leaves_the_session_on_the_new_one(sessions, started):
    new = moved(started)
    sessions.resume(new, NOW + 1)
    sessions.end(started.connection_id)
    assert sessions.connection_of(started.session_uuid) == new.connection_id
    assert sessions.on_connection(new.connection_id) == new


def test_ending_twice_or_what_never_was_does_nothing(sessions, started):
    sessions.end(started.connection_id)
    sessions.end(started.connection_id)
    sessions.end(session().connection_id)
    assert sessions.on_connection(started.connection_id) is None


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_lost_answer_changes_nothing(connected_world: World, fault: str) -> None:
    sessions, client, old = connected_world.sessions, connected_world.client, session()
    assert client is not None
    client.faults.append(fault)
    sessions.start(old, NOW)
    new = moved(old)
    client.faults.append(fault)
    assert sessions.resume(new, NOW + 1)
    client.faults.extend(["", fault, fault])
    sessions.end(new.connection_id)
    assert sessions.connection_of(old.session_uuid) is None
