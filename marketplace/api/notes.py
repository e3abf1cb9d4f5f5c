"""The note that both sides of a session share."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from marketplace.api import here
from marketplace.api.bookings import TAG
from marketplace.api.etags import etag_of, require_match, stale_if_changed
from marketplace.api.operation import EVERYBODY, EXPERT, LEAD, Reply, operation
from marketplace.api.shapes import In, Out, Says, Text, shown
from marketplace.domain.shared_note import LONGEST, UNWRITTEN
from marketplace.domain.tokens import Scope
from marketplace.queries.session_page import session_page
from marketplace.queries.shared_notes import SharedNote
from marketplace.services.bookings import WriteNote, write_shared_note

NOTHING = SharedNote(UNWRITTEN, "", "", None, False, False, None)


class NoteIn(In):
    """The whole note."""

    text: Annotated[Text, Field(max_length=LONGEST), Says("text_too_long")]


class NoteOut(Out):
    """What both sides want to keep. `until` is when it shuts for writing; null: it is shut."""

    text: str
    changed_by: str
    changed_at: datetime | None
    mine: bool
    may_write: bool
    until: datetime | None


@operation(
    "GET",
    "/bookings/<int:booking_id>/note",
    tag=TAG,
    roles=EVERYBODY,
    scope=Scope.READ,
    answer=NoteOut,
    refusals=(404,),
)
def read_note(booking_id: int) -> Reply:
    """Read the note that both sides share; its ETag belongs to the If-Match of a change."""
    return _shown(_note(booking_id))


@operation(
    "PUT",
    "/bookings/<int:booking_id>/note",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.BOOKINGS,
    answer=NoteOut,
    refusals=(404, 409),
    edits=True,
)
def write_note(booking_id: int, body: NoteIn) -> Reply:
    """Write the whole note anew, from the confirmation until the ratings' time is over."""
    stands = _note(booking_id)
    require_match(_etag(stands))
    with stale_if_changed():
        write_shared_note(here.work(), WriteNote(here.actor(), booking_id, body.text, stands.version))
    return _shown(_note(booking_id))


def _note(booking_id: int) -> SharedNote:
    return session_page(here.work(), here.actor(), booking_id, here.zone()).note or NOTHING


def _shown(note: SharedNote) -> Reply:
    return Reply(shown(NoteOut, note), etag=_etag(note))


def _etag(note: SharedNote) -> str:
    return etag_of("note", note.version)
