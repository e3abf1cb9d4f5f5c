"""Either side proposes other times; the other takes one, proposes in turn, says no, or lets the time pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.calendar import QUARTER_MINUTES, Slot, is_in_the_way
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import ProposalEnded, TimesProposed
from marketplace.domain.moving import LONGEST_NOTE, MOST_TIMES, ProposalState, check_movable, proposal_deadline
from marketplace.services.bookings.moving import (
    Wanted,
    calendar_for,
    check_offered,
    move_in_time,
    nearest_free,
    slot_of,
)
from marketplace.services.bookings.owned import own_booking
from marketplace.services.bookings.proposing import end_proposal
from marketplace.store.bookings import Booking, booking_to_change
from marketplace.store.proposals import Proposal, ProposedTime, due_proposals, open_proposal, proposed_times
from marketplace.store.transaction import Transaction
from marketplace.work import Work

BATCH = 50


@dataclass(frozen=True, slots=True)
class Propose:
    """Up to three starts (aware), in the order of preference. Experts may propose times outside their hours."""

    actor: Actor
    booking_id: int
    starts: tuple[datetime, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class AnswerProposal:
    """Answer a proposal; `starts_at` is the one of its times that is taken."""

    actor: Actor
    booking_id: int
    proposal_id: int
    starts_at: datetime | None = None


def propose(work: Work, command: Propose) -> int:
    """Propose other times; returns the proposal's id. An open proposal of the other side is answered by it
    ("countered"), an own one replaced.

    Raises `Invalid` "times_count", "times_off_quarter" or "note_too_long"; `Conflict` "slot_past", "slot_taken" or
    "slot_not_offered" (with `starts_at`, the time that cannot be had, and `nearest`), "booking_not_movable",
    "moves_used", "move_too_late"; `NotFound` for others' bookings.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    _check_words(command)
    try:
        with work.transaction() as tx:
            return _propose(tx, command)
    except _Lost as lost:
        near = nearest_free(work, command.booking_id, lost.starts_at)
        raise Conflict(lost.code, starts_at=lost.starts_at, nearest=near) from None
    except IntegrityError:
        raise Conflict("proposal_over", state="open") from None  # both proposed in the same moment


def accept_proposal(work: Work, command: AnswerProposal) -> None:
    """Take one of the times: the booking moves there, the money stays where it is.

    Raises `Conflict` "slot_taken" or "slot_past" (with `nearest`; the proposal stays open for its other times),
    "proposal_over", "booking_not_movable", "moves_used", "move_too_late", "authorisation_too_short"; `NotFound`.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    if command.starts_at is None:
        raise Invalid("times_count", field="times", most=MOST_TIMES)
    try:
        with work.transaction() as tx:
            _accept(tx, command, command.starts_at)
    except Conflict as lost:
        if lost.code not in ("slot_taken", "slot_past"):
            raise
        raise Conflict(lost.code, nearest=nearest_free(work, command.booking_id, command.starts_at)) from None


def refuse_proposal(work: Work, command: AnswerProposal) -> None:
    """None of the times fits: the booking stays as it is. `Conflict` "proposal_over"; `NotFound`."""
    require(command.actor, Role.LEAD, Role.EXPERT)
    with work.transaction() as tx:
        _, proposal = _theirs(tx, command)
        end_proposal(tx, command.actor, proposal, "refuse")
        tx.emit(ProposalEnded(proposal.id, str(ProposalState.REFUSED)))


def withdraw_proposal(work: Work, command: AnswerProposal) -> None:
    """Take back one's own proposal. `Conflict` "proposal_over"; `NotFound`."""
    require(command.actor, Role.LEAD, Role.EXPERT)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        proposal = _open(tx, booking, command.proposal_id)
        if proposal.side != command.actor.role:
            raise NotFound("proposal_not_found")
        end_proposal(tx, command.actor, proposal, "withdraw")


def expire_due(work: Work) -> int:
    """Close the proposals that nobody answered in time; returns how many."""
    with work.reading() as session:
        due = due_proposals(session, work.now(), BATCH)
    return sum(_expire(work, proposal_id) for proposal_id in due)


class _Lost(Exception):
    """One of the proposed times cannot be had."""

    def __init__(self, code: str, starts_at: datetime) -> None:
        super().__init__(code)
        self.code = code
        self.starts_at = starts_at


def _check_words(command: Propose) -> None:
    if not 1 <= len(set(command.starts)) == len(command.starts) <= MOST_TIMES:
        raise Invalid("times_count", field="times", most=MOST_TIMES)
    if any(start.timestamp() % (QUARTER_MINUTES * 60) for start in command.starts):
        raise Invalid("times_off_quarter", field="times")
    if len(command.note) > LONGEST_NOTE:
        raise Invalid("note_too_long", field="note", most=LONGEST_NOTE)


def _propose(tx: Transaction, command: Propose) -> int:
    booking = own_booking(tx, command.actor, command.booking_id)
    check_movable(booking.state, booking.moves, booking.starts_at, tx.now)
    slots = [slot_of(booking, start) for start in command.starts]
    for slot in slots:
        _check_time(tx, command.actor, booking, slot)
    _close_open(tx, command.actor, booking)
    proposal = _written(tx, command, booking, slots)
    tx.journal(command.actor, "booking.times_proposed", ("booking", booking.id), new={"proposal_id": proposal.id})
    tx.emit(TimesProposed(proposal.id))
    return proposal.id


def _check_time(tx: Transaction, actor: Actor, booking: Booking, slot: Slot) -> None:
    """Leads choose among the slots that are offered; experts know best when they can, but not twice at once."""
    calendar = calendar_for(tx, booking, slot)
    try:
        if actor.role is Role.LEAD:
            check_offered(calendar, slot, tx.now)
        elif slot.starts_at <= tx.now:
            raise Conflict("slot_past")
        elif is_in_the_way(calendar, slot):
            raise Conflict("slot_taken")
    except Conflict as refused:
        raise _Lost(refused.code, slot.starts_at) from None


def _close_open(tx: Transaction, actor: Actor, booking: Booking) -> None:
    earlier = open_proposal(tx.session, booking.id)
    if earlier is not None:
        end_proposal(tx, actor, earlier, "withdraw" if earlier.side == actor.role else "counter")


def _written(tx: Transaction, command: Propose, booking: Booking, slots: Sequence[Slot]) -> Proposal:
    starts = [slot.starts_at for slot in slots]
    accept_by = booking.accept_by if booking.accepted_at is None else None
    proposal = Proposal(
        booking_id=booking.id,
        side=str(command.actor.role),
        note=command.note.strip(),
        from_state=booking.state,
        from_start=booking.starts_at,
        made_at=tx.now,
        expires_at=proposal_deadline(tx.now, booking.starts_at, min(starts), accept_by),
    )
    tx.session.add(proposal)
    tx.session.flush()
    times = [ProposedTime(proposal_id=proposal.id, place=place, starts_at=at) for place, at in enumerate(starts)]
    tx.session.add_all(times)
    return proposal


def _accept(tx: Transaction, command: AnswerProposal, starts_at: datetime) -> None:
    booking, proposal = _theirs(tx, command)
    slot = slot_of(booking, starts_at)
    if slot.starts_at not in proposed_times(tx.session, proposal.id):
        raise NotFound("proposal_not_found")
    if tx.now > proposal.expires_at:
        raise Conflict("proposal_over", state="expired")
    check_movable(booking.state, booking.moves, booking.starts_at, tx.now)
    if slot.starts_at <= tx.now:
        raise Conflict("slot_past")
    end_proposal(tx, command.actor, proposal, "accept")
    move_in_time(tx, command.actor, booking, calendar_for(tx, booking, slot), Wanted(slot, proposal.side))


def _theirs(tx: Transaction, command: AnswerProposal) -> tuple[Booking, Proposal]:
    """The booking, locked, and the other side's open proposal about it."""
    booking = own_booking(tx, command.actor, command.booking_id)
    proposal = _open(tx, booking, command.proposal_id)
    if proposal.side == command.actor.role:
        raise NotFound("proposal_not_found")
    return booking, proposal


def _open(tx: Transaction, booking: Booking, proposal_id: int) -> Proposal:
    proposal = tx.session.get(Proposal, proposal_id)
    if proposal is None or proposal.booking_id != booking.id:
        raise NotFound("proposal_not_found")
    if proposal.state != ProposalState.OPEN or not _is_still_about(proposal, booking):
        raise Conflict("proposal_over", state=proposal.state)
    return proposal


def _is_still_about(proposal: Proposal, booking: Booking) -> bool:
    return (proposal.from_state, proposal.from_start) == (booking.state, booking.starts_at)


def _expire(work: Work, proposal_id: int) -> bool:
    with work.transaction() as tx:
        proposal = tx.session.get_one(Proposal, proposal_id)
        booking = booking_to_change(tx.session, proposal.booking_id)
        proposal = tx.session.get_one(Proposal, proposal_id, populate_existing=True)
        if booking is None or proposal.state != ProposalState.OPEN:
            return False
        if not _is_still_about(proposal, booking):
            end_proposal(tx, SYSTEM, proposal, "overtake")
            return True
        end_proposal(tx, SYSTEM, proposal, "expire")
        tx.emit(ProposalEnded(proposal.id, str(ProposalState.EXPIRED)))
    return True
