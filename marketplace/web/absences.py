"""Somebody did not come: say so, take it back, or say otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, url_for
from flask_babel import gettext

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict
from marketplace.queries.moving import Moving, moving
from marketplace.queries.session_page import SessionPage, session_page
from marketplace.services import bookings
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work
from marketplace.web.moving_forms import AbsenceForm
from marketplace.work import Work

blueprint = Blueprint("absences", __name__)


@dataclass(frozen=True, slots=True)
class AbsencePage:
    """The question, 'report' or 'contest', and why it was not possible."""

    session: SessionPage
    moving: Moving
    move: str
    refusal: str = ""


@blueprint.get("/bookings/<int:booking_id>/absence")
@allow(Role.LEAD, Role.EXPERT)
def ask(booking_id: int) -> Answer:
    """Before reporting."""
    return _ask(booking_id, "report")


@blueprint.post("/bookings/<int:booking_id>/absence")
@allow(Role.LEAD, Role.EXPERT)
def report(booking_id: int) -> Answer:
    """The other side did not come."""
    words = gettext("Reported. The other side may answer for three days.")
    return _say(booking_id, "report", bookings.report_no_show, words)


@blueprint.get("/bookings/<int:booking_id>/absence/answer")
@allow(Role.LEAD, Role.EXPERT)
def ask_contest(booking_id: int) -> Answer:
    """Before contesting."""
    return _ask(booking_id, "contest")


@blueprint.post("/bookings/<int:booking_id>/absence/answer")
@allow(Role.LEAD, Role.EXPERT)
def contest(booking_id: int) -> Answer:
    """I was there."""
    words = gettext("Your answer is in. A person at Cadran decides.")
    return _say(booking_id, "contest", bookings.contest_no_show, words)


@blueprint.post("/bookings/<int:booking_id>/absence/retraction")
@allow(Role.LEAD, Role.EXPERT)
def retract(booking_id: int) -> Answer:
    """The other side did come after all."""
    try:
        bookings.retract_no_show(work(), bookings.Absence(actor(), booking_id))
    except Conflict as refused:
        return _ask(booking_id, "report", None, refused, 409)
    return _done(booking_id, gettext("Your report is taken back."))


def _say(booking_id: int, move: str, say: Callable[[Work, bookings.Absence], None], words: str) -> Answer:
    form = AbsenceForm()
    if not form.validate_on_submit():
        return _ask(booking_id, move, form, status=422)
    try:
        say(work(), bookings.Absence(actor(), booking_id, form.words.data or ""))
    except Conflict as refused:
        return _ask(booking_id, move, form, refused, 409)
    return _done(booking_id, words)


def _ask(
    booking_id: int, move: str, form: AbsenceForm | None = None, refused: Conflict | None = None, status: int = 200
) -> Answer:
    shown = AbsencePage(
        session=session_page(work(), actor(), booking_id, viewer().zone),
        moving=moving(work(), actor(), booking_id),
        move=move,
        refusal=sentence_of(refused) if refused else "",
    )
    return page("moving/absence.html", shown, form=form or AbsenceForm(formdata=None), status=status)


def _done(booking_id: int, words: str) -> Answer:
    return done(url_for("bookings.show", booking_id=booking_id), words)
