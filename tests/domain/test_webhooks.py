"""Which events a program may be told of, and how many addresses an account may name."""

import pytest

from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.webhooks import MOST_ENDPOINTS, SCOPES, check_room, checked_events


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
