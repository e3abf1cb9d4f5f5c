"""The shared note: when it is open, and what fits."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.booking import RATING_WINDOW, BookingState
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.shared_note import (
    LONGEST,
    is_open,
    open_until,
    require_fitting,
    require_open,
    state_for_note,
    tidy,
)

END = datetime(2026, 12, 1, 11, tzinfo=UTC)
LAST = END + RATING_WINDOW
S = BookingState
BEFORE = (S.DRAFT, S.AWAITING_PAYMENT, S.REQUESTED, S.CAPTURING, S.PAYMENT_FAILED)
OFF = (
    S.EXPIRED_UNPAID, S.DECLINED, S.EXPIRED, S.WITHDRAWN, S.CANCELLED_BY_LEAD, S.CANCELLED_BY_EXPERT,
    S.CANCELLED_BY_ADMIN, S.NO_SHOW_EXPERT, S.REFUNDED,
)  # fmt: skip


@pytest.mark.parametrize("state", [S.CONFIRMED, S.IN_PROGRESS, S.NO_SHOW_REPORTED, S.ON_HOLD])
def test_it_is_open_from_the_confirmation_until_two_weeks_after_the_end(state: str):
    assert open_until(state, END, None) == LAST


@pytest.mark.parametrize("state", [S.AWAITING_FEEDBACK, S.ON_HOLD, S.RELEASING, S.PAYOUT_BLOCKED, S.RELEASED, S.LOST])
def test_after_the_session_it_shuts_with_the_rating_window(state: str):
    assert open_until(state, END, LAST - timedelta(days=1)) == LAST - timedelta(days=1)


@pytest.mark.parametrize("state", [*BEFORE, *OFF, S.RELEASING, S.RELEASED, S.VOIDING, S.REFUNDING])
def test_before_and_without_a_session_it_is_shut(state: str):
    assert open_until(state, END, None) is None


def test_the_last_moment_is_before_the_window_ends():
    assert is_open(LAST, LAST - timedelta(microseconds=1))
    assert not is_open(LAST, LAST)
    assert not is_open(None, END)
    require_open(LAST, END)
    with pytest.raises(Conflict, match="note_closed"):
        require_open(LAST, LAST)


@pytest.mark.parametrize(
    ("state", "ending", "disputed_from", "stands"),
    [
        ("confirmed", "", "", "confirmed"),
        ("disputed", "", "released", "released"),
        ("disputed", "cancelled_by_lead", "refunding", "cancelled_by_lead"),
        ("refunding", "awaiting_feedback", "", "awaiting_feedback"),
        ("refunding", "cancelled_by_expert", "", "cancelled_by_expert"),
    ],
)
def test_a_banks_question_and_money_on_its_way_do_not_change_where_it_stands(
    state: str, ending: str, disputed_from: str, stands: str
):
    assert state_for_note(state, ending, disputed_from) == stands


def test_it_is_kept_with_one_kind_of_line_break_and_up_to_its_limit():
    assert tidy(" one\r\ntwo\rthree \n\n") == " one\ntwo\nthree"
    require_fitting("x" * LONGEST)
    with pytest.raises(Invalid, match="text_too_long"):
        require_fitting("x" * (LONGEST + 1))
