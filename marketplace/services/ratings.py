"""Rate a session, open what is sealed, reply once."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from marketplace.domain.access import SYSTEM, Actor
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import RatingGiven, RatingReplied, RatingsRevealed
from marketplace.domain.rating import REPLY_LENGTH, Side, opens_now, require_open, require_sound
from marketplace.store.bookings import Booking, booking_to_change, windows_shut
from marketplace.store.ratings import Rating, reveal, sides_in, write_reply
from marketplace.store.transaction import Transaction
from marketplace.work import Work

BATCH = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """One side's rating of the other. Stars are 1 to 5; `recommend` is told to nobody but us."""

    actor: Actor
    booking_id: int
    overall: int
    dimensions: Mapping[str, int]
    comment: str
    private_note: str
    recommend: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """The one public reply to a rating, by whom it is about."""

    actor: Actor
    rating_id: int
    text: str


def rate(work: Work, command: Rate) -> bool:
    """Take the rating in, sealed; True when it opened both. `Conflict` when it is too early, too late or the second."""
    try:
        with work.transaction() as tx:
            return _take_in(tx, command)
    except IntegrityError as error:  # the database keeps one rating per side
        raise Conflict("already_rated", booking_id=command.booking_id) from error


def reply(work: Work, command: Reply) -> None:
    """Answer once; `Conflict` when there is an answer, `NotFound` for anything that is not theirs to answer."""
    text = command.text.strip()
    if not text or len(text) > REPLY_LENGTH:
        raise Invalid("reply_length", field="text")
    with work.transaction() as tx:
        rating = tx.session.get(Rating, command.rating_id)
        if rating is None or rating.subject_id != command.actor.id or rating.revealed_at is None:
            raise NotFound("rating_unknown")
        if not write_reply(tx.session, rating.id, command.actor.id, text, tx.now):
            raise Conflict("already_replied")
        tx.journal(command.actor, "rating.replied", ("rating", rating.id))
        tx.emit(RatingReplied(rating.id))


def open_windows_shut(work: Work) -> int:
    """Open what is still sealed where the 14 days are over; returns how many bookings that were."""
    with work.reading() as session:
        due = windows_shut(session, work.now(), BATCH)
    for booking_id in due:
        with work.transaction() as tx:
            booking = booking_to_change(tx.session, booking_id)
            if booking is not None and booking.revealed_at is None:
                _open(tx, booking)
    return len(due)


def _take_in(tx: Transaction, command: Rate) -> bool:
    # The row is locked: of two sides rating at the same moment, the second sees the first.
    booking = booking_to_change(tx.session, command.booking_id)
    side = _side(booking, command.actor)
    if booking is None or side is None:
        raise NotFound("booking_not_found")
    before = sides_in(tx.session, booking.id)
    if side in before:
        raise Conflict("already_rated", booking_id=booking.id)
    require_open(booking.state, tx.now, booking.rate_by, booking.revealed_at)
    require_sound(side, command.overall, command.dimensions, command.comment, command.private_note)
    tx.session.add(_rating(tx, booking, side, command))
    tx.session.flush()
    # Who rated and when, never what: the journal is read by more people than the rating.
    tx.journal(command.actor, "rating.given", ("booking", booking.id), new={"side": str(side)})
    if not opens_now(before | {side}):
        tx.emit(RatingGiven(booking.id))
        return False
    _open(tx, booking)
    return True


def _rating(tx: Transaction, booking: Booking, side: Side, command: Rate) -> Rating:
    return Rating(
        booking_id=booking.id,
        offering_id=booking.offering_id,
        side=str(side),
        author_id=command.actor.id,
        subject_id=booking.expert_id if side is Side.LEAD else booking.lead_id,
        company_id=booking.company_id,
        overall=command.overall,
        dimensions=dict(command.dimensions),
        comment=command.comment.strip(),
        private_note=command.private_note.strip(),
        recommend=command.recommend,
        given_at=tx.now,
    )


def _open(tx: Transaction, booking: Booking) -> None:
    opened = reveal(tx.session, booking.id, tx.now)
    booking.revealed_at = tx.now
    tx.journal(SYSTEM, "rating.revealed", ("booking", booking.id), new={"ratings": opened})
    if opened:
        tx.emit(RatingsRevealed(booking.id))


def _side(booking: Booking | None, actor: Actor) -> Side | None:
    if booking is None:
        return None
    return {booking.lead_id: Side.LEAD, booking.expert_id: Side.EXPERT}.get(actor.id)
