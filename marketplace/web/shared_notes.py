"""The note that both sides of a session share: written on the session's page, or here when something was in the way."""

from dataclasses import dataclass

from flask import Blueprint, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict
from marketplace.domain.shared_note import LONGEST, tidy
from marketplace.queries.session_page import SessionPage, session_page
from marketplace.queries.shared_notes import SharedNote
from marketplace.services.bookings import WriteNote, write_shared_note
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work
from marketplace.web.incoming import whole

blueprint = Blueprint("shared_notes", __name__)


class SharedNoteForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """The whole note, and the version that it follows."""

    text = TextAreaField(
        _l("What both of you want to keep"),
        filters=[lambda typed: tidy(typed or "")],
        validators=[Length(max=LONGEST, message=_l("Please stay below 5,000 characters."))],
    )
    version = HiddenField()


@dataclass(frozen=True, slots=True)
class NotePage:
    """The note and what the viewer had written; `refusal` says why that was not saved, `changed` that another version
    stands there now."""

    session: SessionPage
    refusal: str = ""
    changed: bool = False


def form_for(note: SharedNote | None) -> SharedNoteForm | None:
    """The form with the note as it stands; None for somebody who may not write it."""
    if note is None or not note.may_write:
        return None
    return SharedNoteForm(formdata=None, text=note.text, version=str(note.version))


@blueprint.get("/bookings/<int:booking_id>/note")
@allow(Role.LEAD, Role.EXPERT)
def ask(booking_id: int) -> Answer:
    """The note alone, with room to write."""
    session = _session(booking_id)
    form = form_for(session.note)
    if form is None:
        return _shut(session, SharedNoteForm(formdata=None), Conflict("note_closed"))
    return page("shared_notes/edit.html", NotePage(session), form=form)


@blueprint.post("/bookings/<int:booking_id>/note")
@allow(Role.LEAD, Role.EXPERT)
def write(booking_id: int) -> Answer:
    """Save it; when somebody else was faster, both texts come back."""
    session, form = _session(booking_id), SharedNoteForm()
    if not form.validate_on_submit():
        return page("shared_notes/edit.html", NotePage(session), form=form, status=422)
    try:
        write_shared_note(work(), WriteNote(actor(), booking_id, form.text.data or "", whole(form.version.data)))
    except Conflict as refused:
        return _refused(_session(booking_id), form, refused)
    return done(url_for("bookings.show", booking_id=booking_id) + "#note", gettext("The shared note is saved."))


def _refused(session: SessionPage, form: SharedNoteForm, refused: Conflict) -> Answer:
    if session.note is None or not session.note.may_write:
        return _shut(session, form, refused)
    # What the form sends next follows what its writer now sees above it.
    form.version.data = str(session.note.version)
    return page("shared_notes/edit.html", NotePage(session, sentence_of(refused), True), form=form, status=409)


def _shut(session: SessionPage, form: SharedNoteForm, refused: Conflict) -> Answer:
    return page("shared_notes/edit.html", NotePage(session, sentence_of(refused)), form=form, status=409)


def _session(booking_id: int) -> SessionPage:
    return session_page(work(), actor(), booking_id, viewer().zone)
