"""Which events a program may be told of, and how many addresses an account may name."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.webhooks import (
    MOST_BY_HAND,
    MOST_ENDPOINTS,
    PAUSES,
    SCOPES,
    check_by_hand,
    check_room,
    checked_events,
    events_of,
    pause_after,
    stamp,
)


def test_events_come_in_their_order_and_none_or_unknown_ones_are_refused() -> None:
    names = tuple(SCOPES)
    assert checked_events((names[2], names[0])) == (names[0], names[2])
    with pytest.raises(Invalid, match="webhook_events_missing"):
        checked_events(())
    with pytest.raises(Invalid, match="webhook_event_unknown"):
        checked_events((names[0], "booking.dreamt"))


def test_the_last_free_address_may_be_taken_and_no_further_one() -> None:
    assert check_room(MOST_ENDPOINTS - 1) is None
    with pytest.raises(Conflict, match="too_many_webhooks"):
        check_room(MOST_ENDPOINTS)


def test_a_role_hears_of_what_its_scopes_cover() -> None:
    assert "money.released" not in events_of(Role.LEAD)
    assert set(events_of(Role.EXPERT)) == set(SCOPES)
    assert events_of(Role.ADMIN) == ("booking.requested", "booking.confirmed", "booking.ended", "booking.held")


def test_by_hand_not_everything_is_sent_at_once() -> None:
    assert check_by_hand(MOST_BY_HAND - 1) is None
    with pytest.raises(Conflict, match="too_many_deliveries"):
        check_by_hand(MOST_BY_HAND)


def test_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, len(PAUSES) + 2)]
    assert pauses[:-1] == sorted(PAUSES)
    assert pauses[-1] is None


def test_moments_are_told_in_utc() -> None:
    assert stamp(datetime(2026, 11, 2, 9, tzinfo=ZoneInfo("Europe/Paris"))) == "2026-11-02T08:00:00Z"
