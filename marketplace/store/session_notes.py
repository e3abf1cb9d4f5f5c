"""The note that both sides of a session share: one per booking, with a version that grows with every change."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.shared_note import UNWRITTEN
from marketplace.store.base import Base, affected


class SessionNote(Base):
    """What stands in it now, and who wrote that. No row: nobody has written yet."""

    __tablename__ = "session_note"

    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), primary_key=True, autoincrement=False)
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    changed_at: Mapped[datetime]


def note_of(session: Session, booking_id: int) -> SessionNote | None:
    """The note as it stands."""
    return session.get(SessionNote, booking_id)


def write_note(session: Session, wanted: SessionNote, read: int) -> bool:
    """Put `wanted` in the place of version `read`; False, and nothing happens, when that is not the newest.

    The caller holds the booking's row, so that two first writers do not meet at the primary key.
    """
    if read == UNWRITTEN:
        return _first(session, wanted)
    step = (
        update(SessionNote)
        .where(SessionNote.booking_id == wanted.booking_id, SessionNote.version == read)
        .values(version=wanted.version, text=wanted.text, changed_by=wanted.changed_by, changed_at=wanted.changed_at)
        .execution_options(synchronize_session=False)
    )
    return affected(session, step) == 1


def _first(session: Session, wanted: SessionNote) -> bool:
    if note_of(session, wanted.booking_id) is not None:
        return False
    session.add(wanted)
    return True
