"""The note that both sides of a session share: whoever follows a version that is not the newest is told so."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict
from marketplace.domain.shared_note import UNWRITTEN, open_until, require_fitting, require_open, state_for_note, tidy
from marketplace.services.bookings.owned import own_booking
from marketplace.store.bookings import Booking
from marketplace.store.session_notes import SessionNote, note_of, write_note
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class WriteNote:
    """One side writes the whole note anew; `version` is the one that they had read, 0 when there was none."""

    actor: Actor
    booking_id: int
    text: str
    version: int


def write_shared_note(work: Work, command: WriteNote) -> int:
    """Save the note and return its version; saving what stands there already changes nothing.

    Raises `Conflict` "note_closed" before the session is confirmed and after the rating window, "note_changed" when
    the other side was faster; `Invalid` "text_too_long"; `NotFound` for a foreign booking; `Forbidden` for admins.
    """
    require(command.actor, Role.LEAD, Role.EXPERT)
    text = tidy(command.text)
    require_fitting(text)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        require_open(_until(booking), tx.now)
        stands = note_of(tx.session, booking.id)
        newest = stands.version if stands else UNWRITTEN
        if text == (stands.text if stands else ""):
            return newest
        return _write(tx, command, text)


def _until(booking: Booking) -> datetime | None:
    state = state_for_note(booking.state, booking.ending, booking.disputed_from)
    return open_until(state, booking.ends_at, booking.rate_by)


def _write(tx: Transaction, command: WriteNote, text: str) -> int:
    version = command.version + 1
    note = SessionNote(
        booking_id=command.booking_id,
        version=version,
        text=text,
        changed_by=command.actor.id,
        changed_at=tx.now,
    )
    if not write_note(tx.session, note, command.version):
        raise Conflict("note_changed")
    # What they wrote is between the two: the journal knows only that, and how much.
    old, new = {"version": command.version}, {"version": version, "characters": len(text)}
    tx.journal(command.actor, "note.saved", ("booking", command.booking_id), old=old, new=new)
    return version
