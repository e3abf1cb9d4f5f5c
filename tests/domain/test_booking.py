"""A booking's life, every cell of it, and its deadlines."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.access import Role
from marketplace.domain.booking import (
    DEAD,
    DISPUTABLE,
    ENDING,
    FINISHED,
    FROZEN,
    HELD,
    LAST_MOVE,
    LIFECYCLE,
    NEVER_PAID,
    SECURED,
    UNPAID,
    BookingState,
    accept_deadline,
    may_report_no_show,
    may_report_problem,
    outcome_of,
    room_is_open,
)
from marketplace.domain.errors import Conflict, Forbidden

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LEAD, EXPERT, ADMIN, SYSTEM = Role.LEAD, Role.EXPERT, Role.ADMIN, Role.SYSTEM

SIDES, ANYBODY = (LEAD, EXPERT), (LEAD, EXPERT, ADMIN)

# (from, move) -> (who may, to). Written out by hand: the table in the code must say exactly this.
TABLE: dict[tuple[str, str], tuple[Role | tuple[Role, ...], str]] = {
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
    ("refunding", "refunded_no_show"): (SYSTEM, "no_show_expert"),
    ("refunding", "refunded_all"): (SYSTEM, "refunded"),
    ("refunding", "refunded_confirmed"): (SYSTEM, "confirmed"),
    ("refunding", "refunded_held"): (SYSTEM, "awaiting_feedback"),
    ("refunding", "refunded_part"): (SYSTEM, "releasing"),
    ("refunding", "refunded_blocked"): (SYSTEM, "payout_blocked"),
    ("refunding", "refunded_released"): (SYSTEM, "released"),
    ("confirmed", "refund_beyond"): (ADMIN, "refunding"),
    ("awaiting_feedback", "refund_beyond"): (ADMIN, "refunding"),
    ("cancelled_by_lead", "refund_beyond"): (ADMIN, "refunding"),
    ("payout_blocked", "refund_beyond"): (ADMIN, "refunding"),
    ("released", "refund_beyond"): (ADMIN, "refunding"),
    ("confirmed", "start"): (SYSTEM, "in_progress"),
    ("in_progress", "finish"): (SYSTEM, "awaiting_feedback"),
    ("awaiting_feedback", "release"): (SYSTEM, "releasing"),
    ("releasing", "block"): (SYSTEM, "payout_blocked"),
    ("releasing", "pay_out"): (SYSTEM, "released"),
    ("payout_blocked", "unblock"): (SYSTEM, "releasing"),
    ("confirmed", "report_no_show"): (SIDES, "no_show_reported"),
    ("in_progress", "report_no_show"): (SIDES, "no_show_reported"),
    ("awaiting_feedback", "report_no_show"): (SIDES, "no_show_reported"),
    ("no_show_reported", "retract_no_show"): (SIDES, "in_progress"),
    ("no_show_reported", "contest_no_show"): (ANYBODY, "on_hold"),
    ("no_show_reported", "lead_absent"): (SYSTEM, "releasing"),
    ("no_show_reported", "expert_absent"): (SYSTEM, "refunding"),
    ("awaiting_feedback", "report_problem"): (ANYBODY, "on_hold"),
    ("on_hold", "pay_expert"): (ADMIN, "releasing"),
    ("on_hold", "refund_lead"): (ADMIN, "refunding"),
    ("confirmed", "dispute"): (SYSTEM, "disputed"),
    ("in_progress", "dispute"): (SYSTEM, "disputed"),
    ("no_show_reported", "dispute"): (SYSTEM, "disputed"),
    ("awaiting_feedback", "dispute"): (SYSTEM, "disputed"),
    ("on_hold", "dispute"): (SYSTEM, "disputed"),
    ("refunding", "dispute"): (SYSTEM, "disputed"),
    ("cancelled_by_lead", "dispute"): (SYSTEM, "disputed"),
    ("cancelled_by_expert", "dispute"): (SYSTEM, "disputed"),
    ("cancelled_by_admin", "dispute"): (SYSTEM, "disputed"),
    ("no_show_expert", "dispute"): (SYSTEM, "disputed"),
    ("refunded", "dispute"): (SYSTEM, "disputed"),
    ("releasing", "dispute"): (SYSTEM, "disputed"),
    ("payout_blocked", "dispute"): (SYSTEM, "disputed"),
    ("released", "dispute"): (SYSTEM, "disputed"),
    ("disputed", "won_confirmed"): (SYSTEM, "confirmed"),
    ("disputed", "won_in_progress"): (SYSTEM, "in_progress"),
    ("disputed", "won_no_show_reported"): (SYSTEM, "no_show_reported"),
    ("disputed", "won_awaiting_feedback"): (SYSTEM, "awaiting_feedback"),
    ("disputed", "won_on_hold"): (SYSTEM, "on_hold"),
    ("disputed", "won_refunding"): (SYSTEM, "refunding"),
    ("disputed", "won_cancelled_by_lead"): (SYSTEM, "cancelled_by_lead"),
    ("disputed", "won_cancelled_by_expert"): (SYSTEM, "cancelled_by_expert"),
    ("disputed", "won_cancelled_by_admin"): (SYSTEM, "cancelled_by_admin"),
    ("disputed", "won_no_show_expert"): (SYSTEM, "no_show_expert"),
    ("disputed", "won_refunded"): (SYSTEM, "refunded"),
    ("disputed", "won_releasing"): (SYSTEM, "releasing"),
    ("disputed", "won_payout_blocked"): (SYSTEM, "payout_blocked"),
    ("disputed", "won_released"): (SYSTEM, "released"),
    ("disputed", "lose"): (SYSTEM, "lost"),
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
        elif role in _actors(cell):
            assert LIFECYCLE.next(state, move, role) == cell[1]
        else:
            with pytest.raises(Forbidden, match="not_your_move"):
                LIFECYCLE.next(state, move, role)


def _actors(cell: tuple[Role | tuple[Role, ...], str]) -> tuple[Role, ...]:
    return (cell[0],) if isinstance(cell[0], Role) else cell[0]


def test_the_table_has_no_other_moves() -> None:
    assert {(str(move.source), move.name) for move in LIFECYCLE.moves} == set(TABLE)


def test_every_state_but_the_last_ones_has_a_way_out_and_can_be_reached() -> None:
    sources = {source for source, _ in TABLE}
    targets = {target for _, target in TABLE.values()}
    assert set(BookingState) - sources == NEVER_PAID | {BookingState.LOST}
    assert set(BookingState) - targets == {BookingState.DRAFT}


def test_every_state_belongs_to_exactly_one_part_of_the_life() -> None:
    waiting = {BookingState.REQUESTED, BookingState.CAPTURING}
    parts = [UNPAID, waiting, ENDING, SECURED, DEAD, {BookingState.LOST}]
    assert sorted(state for part in parts for state in part) == sorted(BookingState)
    assert HELD - {BookingState.LOST} < SECURED
    assert NEVER_PAID < DEAD < FINISHED


def test_every_paid_state_can_be_disputed_and_comes_back_when_the_dispute_is_won() -> None:
    paid = (SECURED | DEAD | {BookingState.REFUNDING}) - NEVER_PAID - {BookingState.DISPUTED}
    assert set(DISPUTABLE) == paid
    for state in DISPUTABLE:
        disputed = LIFECYCLE.next(state, "dispute", SYSTEM)
        assert LIFECYCLE.next(disputed, f"won_{state}", SYSTEM) == state


def test_what_is_frozen_or_finished_pays_nobody_by_itself() -> None:
    by_clock = {move.source for move in LIFECYCLE.moves if move.name in ("release", "block", "pay_out", "unblock")}
    assert by_clock.isdisjoint(FROZEN | FINISHED)


HOURS_3 = timedelta(hours=3)


@pytest.mark.parametrize(
    ("after_end", "may"),
    [
        (timedelta(seconds=-1), False),
        (timedelta(), True),
        (timedelta(hours=72), True),
        (timedelta(hours=72, seconds=1), False),
    ],
)
def test_a_problem_can_be_reported_within_three_days_of_the_end(after_end: timedelta, may: bool) -> None:
    assert may_report_problem(NOW + HOURS_3, NOW + HOURS_3 + after_end) is may


@pytest.mark.parametrize(
    ("after_start", "may"),
    [
        (timedelta(minutes=15, seconds=-1), False),
        (timedelta(minutes=15), True),
        (timedelta(hours=75), True),
        (timedelta(hours=75, seconds=1), False),
    ],
)
def test_nobody_is_absent_before_a_quarter_of_an_hour_has_passed(after_start: timedelta, may: bool) -> None:
    assert may_report_no_show(NOW, NOW + HOURS_3, NOW + after_start) is may


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
