"""A session ends after half a day alone, an admin's after half an hour, every one after a week."""

from datetime import timedelta

import pytest

from marketplace.domain.access import Role
from marketplace.domain.sessions import ABSOLUTE, IDLE, IDLE_ADMIN, SEEN_EVERY, is_alive, is_worth_noting
from tests.cast import START

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("role", "idle"), [(Role.LEAD, IDLE), (Role.EXPERT, IDLE), (Role.ADMIN, IDLE_ADMIN)])
def test_a_session_left_alone_ends(role: Role, idle: timedelta) -> None:
    assert is_alive(role, START, START, START + idle - SECOND)
    assert not is_alive(role, START, START, START + idle)
    assert not is_alive(role, START, START, START + idle + SECOND)


def test_a_session_in_use_ends_after_a_week() -> None:
    for extra, alive in ((-SECOND, True), (timedelta(), False), (SECOND, False)):
        now = START + ABSOLUTE + extra
        assert is_alive(Role.LEAD, START, now - SECOND, now) is alive


def test_the_promised_spans() -> None:
    assert (timedelta(hours=12), timedelta(minutes=30), timedelta(days=7)) == (IDLE, IDLE_ADMIN, ABSOLUTE)


def test_last_seen_is_written_once_a_minute() -> None:
    assert not is_worth_noting(START, START + SEEN_EVERY - SECOND)
    assert is_worth_noting(START, START + SEEN_EVERY)
