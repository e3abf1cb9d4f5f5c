"""Somebody did not come: one side says so, the other may contest it for 72 hours, and silence decides."""

from dataclasses import dataclass

import structlog

from marketplace.cashier.moves import begin_ending, move
from marketplace.cashier.queue import queue_refund
from marketplace.cashier.shares import kept_minor, settle_rest
from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.booking import CONTEST, NO_SHOW_GRACE, BookingState, may_report_no_show
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import NoShow
from marketplace.services.bookings.owned import own_booking
from marketplace.store.bookings import Booking, booking_to_change, due_by
from marketplace.store.cases import Case, open_case
from marketplace.store.money import raise_alert
from marketplace.store.transaction import Transaction
from marketplace.work import Work

BATCH = 50
LONGEST_WORDS = 1_000  # characters
OTHER = {Role.LEAD: "expert", Role.EXPERT: "lead"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Absence:
    """Who says it, about which booking, and what happened, in their words."""

    actor: Actor
    booking_id: int
    words: str = ""


def report_no_show(work: Work, command: Absence) -> None:
    """Say that the other side did not come. The money stands still until it is contested or the time is over.

    Raises `Conflict` "no_show_too_early" within 15 minutes of the start, "no_show_too_late" 72 hours after the end, or
    where the booking stands elsewhere; `Invalid` "words_missing" or "words_too_long"; `NotFound` for others' bookings.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    _check(command)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        _check_time(tx, booking)
        move(tx, command.actor, booking, "report_no_show")
        booking.absent = OTHER[command.actor.role]
        booking.contest_by = tx.now + CONTEST
        tx.session.add(_case(tx, command))
        tx.emit(NoShow(booking.id, "reported", booking.absent))


def retract_no_show(work: Work, command: Absence) -> None:
    """Take one's report back: the session goes on as if nothing had been said. `Conflict`; `NotFound` for the other
    side."""
    require(command.actor, Role.LEAD, Role.EXPERT)
    with work.transaction() as tx:
        booking = _reported(tx, command)
        if booking.absent == command.actor.role:
            raise NotFound("booking_not_found")
        move(tx, command.actor, booking, "retract_no_show")
        _settle(tx, booking, "retracted", command.actor)
        _forget(tx, booking, "retracted")


def contest_no_show(work: Work, command: Absence) -> None:
    """The side that is said to have been absent says otherwise: an admin decides, the money stays where it is.

    Raises `Conflict` "contest_too_late"; `Invalid` for the words; `NotFound` for the side that reported.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    _check(command)
    with work.transaction() as tx:
        booking = _reported(tx, command)
        if booking.absent != command.actor.role:
            raise NotFound("booking_not_found")
        if booking.contest_by is not None and tx.now > booking.contest_by:
            raise Conflict("contest_too_late")
        move(tx, command.actor, booking, "contest_no_show")
        case = open_case(tx.session, booking.id, "no_show")
        if case is not None:
            case.answered_by, case.answered_at, case.answer = command.actor.id, tx.now, command.words.strip()
        _forget(tx, booking, "contested")
        raise_alert(tx, "no_show_contested", f"booking:{booking.id}")


def decide_due(work: Work) -> int:
    """Reports that nobody contested in time: an absent lead pays as agreed, an absent expert's lead gets everything
    back. Returns how many were decided."""
    with work.reading() as session:
        due = due_by(session, (BookingState.NO_SHOW_REPORTED,), "contest_by", work.now(), BATCH)
    return sum(_decide(work, booking_id) for booking_id in due)


def _check(command: Absence) -> None:
    if not command.words.strip():
        raise Invalid("words_missing", field="words")
    if len(command.words) > LONGEST_WORDS:
        raise Invalid("words_too_long", field="words", most=LONGEST_WORDS)


def _check_time(tx: Transaction, booking: Booking) -> None:
    if may_report_no_show(booking.starts_at, booking.ends_at, tx.now):
        return
    early = tx.now < booking.starts_at + NO_SHOW_GRACE
    raise Conflict("no_show_too_early" if early else "no_show_too_late", minutes=NO_SHOW_GRACE.seconds // 60)


def _case(tx: Transaction, command: Absence) -> Case:
    return Case(
        booking_id=command.booking_id,
        kind="no_show",
        side=str(command.actor.role),
        opened_by=command.actor.id,
        opened_at=tx.now,
        words=command.words.strip(),
    )


def _reported(tx: Transaction, command: Absence) -> Booking:
    booking = own_booking(tx, command.actor, command.booking_id)
    if booking.state != BookingState.NO_SHOW_REPORTED:
        raise Conflict("move_not_possible", noun="booking", state=booking.state, move="contest_no_show")
    return booking


def _settle(tx: Transaction, booking: Booking, verdict: str, actor: Actor) -> None:
    case = open_case(tx.session, booking.id, "no_show")
    if case is not None:
        case.settled_at, case.settled_by, case.verdict = tx.now, actor.account_id, verdict


def _forget(tx: Transaction, booking: Booking, what: str) -> None:
    """Nobody is taken for absent any more: not before a verdict."""
    said_absent, booking.absent, booking.contest_by = booking.absent, "", None
    tx.emit(NoShow(booking.id, what, said_absent))


def _decide(work: Work, booking_id: int) -> bool:
    try:
        with work.transaction() as tx:
            booking = booking_to_change(tx.session, booking_id)
            if booking is None or booking.state != BookingState.NO_SHOW_REPORTED:
                return False
            if booking.contest_by is None or booking.contest_by > tx.now:
                return False
            _settle(tx, booking, f"{booking.absent}_absent", SYSTEM)
            booking.rate_by = None  # what did not take place is not rated
            if booking.absent == Role.EXPERT:
                _give_back(work, tx, booking)
            else:
                move(tx, SYSTEM, booking, "lead_absent")
                settle_rest(work, tx, booking)
            tx.emit(NoShow(booking.id, "decided", booking.absent))
    except Exception:
        # One booking that cannot be decided must not hold up all others.
        log.exception("no_show.broken", booking_id=booking_id)
        with work.transaction() as tx:
            raise_alert(tx, "deadline_broken", f"booking:{booking_id}")
        return False
    return True


def _give_back(work: Work, tx: Transaction, booking: Booking) -> None:
    begin_ending(tx, SYSTEM, booking, "expert_absent", BookingState.NO_SHOW_EXPERT, "")
    left = kept_minor(booking)
    booking.refund_minor = booking.refunded_minor + left
    queue_refund(work, tx, booking, left)
