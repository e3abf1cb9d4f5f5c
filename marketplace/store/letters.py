"""The questions asked of letters: what waits, who sends it, what became of it."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from marketplace.store.base import affected
from marketplace.store.bookings import Booking
from marketplace.store.outbox import LetterRow

WITH_SECRETS = ("verify_address", "reset_password")  # their links are as good as a password
LEASE = timedelta(minutes=10)  # longer than any mail server takes; then the sender is taken for dead


def has_letter(session: Session, key: str) -> bool:
    """Whether the letter about this was written already."""
    return bool(session.scalar(select(exists().where(LetterRow.key == key))))


def due_letters(session: Session, now: datetime, limit: int) -> tuple[LetterRow, ...]:
    """Letters to send now, oldest first."""
    due = select(LetterRow).where(LetterRow.state == "waiting", LetterRow.next_at <= now)
    return tuple(session.scalars(due.order_by(LetterRow.id).limit(limit)))


def claim_letter(session: Session, letter_id: int, now: datetime) -> bool:
    """Take the letter for sending; False when somebody else has it."""
    claim = (
        update(LetterRow)
        .where(LetterRow.id == letter_id, LetterRow.state == "waiting")
        .values(state="sending", attempts=LetterRow.attempts + 1, next_at=now + LEASE)
    )
    return affected(session, claim) == 1


def is_still_true(session: Session, letter: LetterRow, now: datetime) -> bool:
    """Whether a reminder's session is still confirmed, still ahead, and still at the time that the letter tells."""
    same = (
        Booking.id == letter.booking_id,
        Booking.state == "confirmed",
        Booking.sequence == letter.booking_sequence,
        Booking.starts_at > now,
    )
    return bool(session.scalar(select(exists().where(*same))))


def settle_letter(session: Session, letter_id: int, state: str, now: datetime, error: str = "") -> None:
    """Write down what became of a claimed letter. Its text is kept for support, but no link that opens an account."""
    values = {"state": state, "error": error[:400]} | ({"sent_at": now} if state == "sent" else {})
    this = LetterRow.id == letter_id
    session.execute(update(LetterRow).where(this).values(**values))
    session.execute(update(LetterRow).where(this, LetterRow.kind.in_(WITH_SECRETS)).values(text="", html=""))


def postpone_letter(session: Session, letter_id: int, until: datetime, error: str) -> None:
    """The server did not answer: wait."""
    values = {"state": "waiting", "next_at": until, "error": error[:400]}
    session.execute(update(LetterRow).where(LetterRow.id == letter_id).values(**values))


def unanswered_letters(session: Session, now: datetime) -> tuple[LetterRow, ...]:
    """Letters whose sender died while sending: nobody knows whether they left."""
    stuck = select(LetterRow).where(LetterRow.state == "sending", LetterRow.next_at <= now)
    return tuple(session.scalars(stuck))


def drop_letters_of(session: Session, booking_id: int, kinds: tuple[str, ...]) -> int:
    """Take waiting letters about a booking back (reminders of a session that is cancelled)."""
    drop = (
        update(LetterRow)
        .where(LetterRow.booking_id == booking_id, LetterRow.state == "waiting", LetterRow.kind.in_(kinds))
        .values(state="dropped")
    )
    return affected(session, drop)
