"""Something went wrong with a session: one side says so, the other may answer, and the money waits for a verdict."""

from dataclasses import dataclass

from marketplace.cashier.moves import move
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BookingState, may_report_problem
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import ProblemAnswered, ProblemReported
from marketplace.services.bookings.owned import own_booking
from marketplace.store.bookings import Booking
from marketplace.store.cases import Case, open_case
from marketplace.store.money import raise_alert
from marketplace.store.transaction import Transaction
from marketplace.work import Work

LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """A lead or an expert says what went wrong, or how they saw what the other side has reported."""

    actor: Actor
    booking_id: int
    words: str


def report_problem(work: Work, command: Problem) -> None:
    """Open a case, freeze the money and tell the other side.

    Raises `Conflict` "problem_too_late" more than 72 hours after the end, "move_not_possible" where the money has
    been released or a case is open already; `Invalid` for the words; `NotFound` for a foreign booking.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    words = _words(command)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        if not may_report_problem(booking.ends_at, tx.now):
            raise Conflict("problem_too_late", booking_id=booking.id)
        move(tx, command.actor, booking, "report_problem")
        case = Case(
            booking_id=booking.id,
            kind="problem",
            side=str(command.actor.role),
            opened_by=command.actor.account_id,
            opened_at=tx.now,
            words=words,
        )
        tx.session.add(case)
        raise_alert(tx, "problem_reported", f"booking:{booking.id}", booking.reference)
        tx.emit(ProblemReported(booking.id, str(command.actor.role)))


def answer_problem(work: Work, command: Problem) -> None:
    """Say how one saw what the other side has reported: once, as long as nothing is decided. No money moves.

    Raises `Conflict` "problem_answered" or "problem_settled"; `Invalid` for the words; `NotFound` for the side that
    reported, and for a foreign booking.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    words = _words(command)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        case = _reported(tx, command, booking)
        if case.answered_at is not None:
            raise Conflict("problem_answered", booking_id=booking.id)
        case.answered_by, case.answered_at, case.answer = command.actor.account_id, tx.now, words
        tx.journal(command.actor, "booking.problem_answered", ("booking", booking.id))
        tx.emit(ProblemAnswered(booking.id, str(command.actor.role)))


def _reported(tx: Transaction, command: Problem, booking: Booking) -> Case:
    case = open_case(tx.session, booking.id, "problem") if booking.state == BookingState.ON_HOLD else None
    if case is None:
        raise Conflict("problem_settled", booking_id=booking.id)
    if case.side == command.actor.role:
        raise NotFound("booking_not_found")
    return case


def _words(command: Problem) -> str:
    words = command.words.strip()
    if not words:
        raise Invalid("problem_missing", field="words")
    if len(words) > LONGEST_WORDS:
        raise Invalid("text_too_long", field="words", most=LONGEST_WORDS)
    return words
