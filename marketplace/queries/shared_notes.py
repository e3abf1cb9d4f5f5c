"""The note that both sides of a session share, as one of them or an admin sees it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role
from marketplace.domain.shared_note import UNWRITTEN, is_open, open_until, state_for_note
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.session_notes import SessionNote


@dataclass(frozen=True, slots=True)
class SharedNote:
    """What stands in it. `changed_by` is '' and `changed_at` None while nobody has written; `mine`: the viewer wrote
    last; `until` is when it shuts for writing, None when it is shut."""

    version: int
    text: str
    changed_by: str
    changed_at: datetime | None
    mine: bool
    may_write: bool
    until: datetime | None


def shared_note(session: Session, actor: Actor, booking: Booking, now: datetime) -> SharedNote | None:
    """The note of a booking that the actor may see; None where there is nothing to read and nothing to write."""
    state = state_for_note(booking.state, booking.ending, booking.disputed_from)
    until = open_until(state, booking.ends_at, booking.rate_by)
    may_write = actor.role in (Role.LEAD, Role.EXPERT) and is_open(until, now)
    found = session.execute(
        select(SessionNote, Account.name)
        .join(Account, Account.id == SessionNote.changed_by)
        .where(SessionNote.booking_id == booking.id)
    ).one_or_none()
    if found is None:
        return SharedNote(UNWRITTEN, "", "", None, False, True, until) if may_write else None
    note, name = found
    mine = note.changed_by == actor.account_id
    return SharedNote(note.version, note.text, name, note.changed_at, mine, may_write, until if may_write else None)
