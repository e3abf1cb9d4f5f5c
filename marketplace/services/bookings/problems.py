"""Something went wrong with a session: one side says so, and the money stands still until an admin has decided."""

from dataclasses import dataclass

from marketplace.cashier.moves import move
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import may_report_problem
from marketplace.domain.errors import Conflict, Invalid
from marketplace.services.bookings.owned import own_booking
from marketplace.store.cases import Case
from marketplace.store.money import raise_alert
from marketplace.work import Work

LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """A lead or an expert says what went wrong."""

    actor: Actor
    booking_id: int
    words: str


def report_problem(work: Work, command: Problem) -> None:
    """Open a case and freeze the money.

    Raises `Conflict` "problem_too_late" more than 72 hours after the end, "move_not_possible" where the money has
    been released or a case is open already; `Invalid` for the words; `NotFound` for a foreign booking.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    words = command.words.strip()
    if not words:
        raise Invalid("problem_missing", field="words")
    if len(words) > LONGEST_WORDS:
        raise Invalid("text_too_long", field="words", most=LONGEST_WORDS)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        if not may_report_problem(booking.ends_at, tx.now):
            raise Conflict("problem_too_late", booking_id=booking.id)
        move(tx, command.actor, booking, "report_problem")
        tx.session.add(
            Case(
                booking_id=booking.id,
                kind="problem",
                side=str(command.actor.role),
                opened_by=command.actor.account_id,
                opened_at=tx.now,
                words=words,
            )
        )
        raise_alert(tx, "problem_reported", f"booking:{booking.id}", booking.reference)
