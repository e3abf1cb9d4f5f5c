"""A booking's life, every cell of it, and its deadlines."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.access import Role
from marketplace.domain.booking import (
    DEAD,
    ENDING,
    HELD,
    LAST_MOVE,
    LIFECYCLE,
    SECURED,
    UNPAID,
    BookingState,
    accept_deadline,
    outcome_of,
    room_is_open,
)
from marketplace.domain.errors import Conflict, Forbidden

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LEAD, EXPERT, ADMIN, SYSTEM = Role.LEAD, Role.EXPERT, Role.ADMIN, Role.SYSTEM

# (from, move) -> (who may, to). Written out by hand: the table in the code must say exactly this.
TABLE: dict[tuple[str, str], tuple[Role, str]] = {
    ("draft", "hold"): (LEAD, "awaiting_payment"),
    ("awaiting_payment", "authorise"): (SYSTEM, "requested"),
    ("awaiting_payment", "authorise_again"): (SYSTEM, "capturing"),
    ("awaiting_payment", "lapse"): (SYSTEM, "expired_unpaid"),
    ("awaiting_payment", "give_up"): (LEAD, "expired_unpaid"),
    ("awaiting_payment", "refuse_money"): (SYSTEM, "voiding"),
    ("requested", "accept"): (EXPERT, "capturing"),
    ("requested", "decline"): (EXPERT, "voiding"),
    ("requested", "withdraw"): (LEAD, "voiding"),
    ("requested", "expire"): (SYSTEM, "voiding"),
    ("voiding", "voided_unpaid"): (SYSTEM, "expired_unpaid"),
    ("voiding", "voided_declined"): (SYSTEM, "declined"),
    ("voiding", "voided_withdrawn"): (SYSTEM, "withdrawn"),
    ("voiding", "voided_expired"): (SYSTEM, "expired"),
    ("capturing", "capture"): (SYSTEM, "confirmed"),
    ("capturing", "capture_failed"): (SYSTEM, "payment_failed"),
    ("payment_failed", "lapse"): (SYSTEM, "expired_unpaid"),
    ("payment_failed", "give_up"): (LEAD, "expired_unpaid"),
    ("payment_failed", "pay_again"): (LEAD, "awaiting_payment"),
    ("confirmed", "cancel_as_lead"): (LEAD, "refunding"),
    ("confirmed", "cancel_as_expert"): (EXPERT, "refunding"),
    ("confirmed", "cancel_as_admin"): (ADMIN, "refunding"),
    ("in_progress", "cancel_as_admin"): (ADMIN, "refunding"),
    ("awaiting_feedback", "cancel_as_admin"): (ADMIN, "refunding"),
    ("refunding", "refunded_lead"): (SYSTEM, "cancelled_by_lead"),
    ("refunding", "refunded_expert"): (SYSTEM, "cancelled_by_expert"),
    ("refunding", "refunded_admin"): (SYSTEM, "cancelled_by_admin"),
    ("confirmed", "start"): (SYSTEM, "in_progress"),
    ("in_progress", "finish"): (SYSTEM, "awaiting_feedback"),
    ("awaiting_feedback", "release"): (SYSTEM, "releasing"),
    ("releasing", "block"): (SYSTEM, "payout_blocked"),
    ("releasing", "pay_out"): (SYSTEM, "released"),
    ("payout_blocked", "unblock"): (SYSTEM, "releasing"),
}
MOVES = sorted({move for _, move in TABLE})


@pytest.mark.parametrize("state", list(BookingState))
@pytest.mark.parametrize("move", MOVES)
def test_every_cell_of_the_table(state: BookingState, move: str) -> None:
    cell = TABLE.get((state, move))
    for role in Role:
        if cell is None:
            with pytest.raises(Conflict, match="move_not_possible"):
                LIFECYCLE.next(state, move, role)
        elif role is cell[0]:
            assert LIFECYCLE.next(state, move, role) == cell[1]
        else:
            with pytest.raises(Forbidden, match="not_your_move"):
                LIFECYCLE.next(state, move, role)


def test_the_table_has_no_other_moves() -> None:
    assert {(str(move.source), move.name) for move in LIFECYCLE.moves} == set(TABLE)


def test_every_state_but_the_last_ones_has_a_way_out_and_can_be_reached() -> None:
    sources = {source for source, _ in TABLE}
    targets = {target for _, target in TABLE.values()}
    assert set(BookingState) - sources == DEAD | {BookingState.RELEASED}
    assert set(BookingState) - targets == {BookingState.DRAFT}


def test_every_state_belongs_to_exactly_one_part_of_the_life() -> None:
    waiting = {BookingState.REQUESTED, BookingState.CAPTURING}
    parts = [UNPAID, waiting, ENDING, SECURED, DEAD]
    assert sorted(state for part in parts for state in part) == sorted(BookingState)
    assert HELD < SECURED


def test_every_decided_ending_has_its_last_move() -> None:
    for ending, move in LAST_MOVE.items():
        (source,) = (move_.source for move_ in LIFECYCLE.moves if move_.name == move)
        assert LIFECYCLE.next(source, move, SYSTEM) == ending


@pytest.mark.parametrize(
    ("capture_in", "start_in", "expected"),
    [
        (timedelta(days=7), timedelta(days=14), timedelta(hours=72)),
        (timedelta(hours=84), timedelta(days=14), timedelta(hours=72)),
        (timedelta(hours=84, seconds=-1), timedelta(days=14), timedelta(hours=72, seconds=-1)),
        (timedelta(hours=84, seconds=1), timedelta(days=14), timedelta(hours=72)),
        (timedelta(days=7), timedelta(hours=96), timedelta(hours=72)),
        (timedelta(days=7), timedelta(hours=96, seconds=-1), timedelta(hours=72, seconds=-1)),
        (timedelta(days=7), timedelta(hours=48), timedelta(hours=24)),
        (timedelta(days=7), timedelta(hours=25), timedelta(hours=1)),
        (timedelta(days=7), timedelta(hours=20), timedelta(hours=1)),
        (timedelta(days=7), timedelta(minutes=30), timedelta(minutes=30)),
        (None, timedelta(days=14), timedelta(hours=72)),
    ],
)
def test_the_expert_answers_before_the_first_of_three_limits(
    capture_in: timedelta | None, start_in: timedelta, expected: timedelta
) -> None:
    capture_before = None if capture_in is None else NOW + capture_in
    assert accept_deadline(NOW, capture_before, NOW + start_in) == NOW + expected


@pytest.mark.parametrize(
    ("seconds", "is_open"), [(-901, False), (-900, True), (-899, True), (10_799, True), (10_800, True), (10_801, False)]
)
def test_the_room_is_open_from_a_quarter_of_an_hour_before_to_the_end(seconds: int, is_open: bool) -> None:
    assert room_is_open(NOW, NOW + timedelta(hours=3), NOW + timedelta(seconds=seconds)) is is_open


def test_people_are_told_the_ending_while_the_money_is_on_its_way_back() -> None:
    assert outcome_of("voiding", "declined") == "declined"
    assert outcome_of("refunding", "cancelled_by_lead") == "cancelled_by_lead"
    assert outcome_of("confirmed", "") == "confirmed"
    assert outcome_of("declined", "declined") == "declined"
