"""A problem with a session: one of its sides says what went wrong, the other says how they saw it."""

from dataclasses import dataclass

from flask import Blueprint, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict
from marketplace.queries.session_page import SessionPage, session_page
from marketplace.services.bookings import Problem, answer_problem, report_problem
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work

blueprint = Blueprint("problems", __name__)

LONGEST_WORDS = 2_000


class ProblemForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What went wrong."""

    words = TextAreaField(
        _l("What went wrong?"),
        validators=[
            InputRequired(_l("Please say what went wrong, in a few sentences.")),
            Length(max=LONGEST_WORDS, message=_l("Please stay below 2,000 characters.")),
        ],
    )


class ProblemAnswerForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """How the other side saw it."""

    words = TextAreaField(
        _l("How did you see it?"),
        validators=[
            InputRequired(_l("Please say how you saw it, in a few sentences.")),
            Length(max=LONGEST_WORDS, message=_l("Please stay below 2,000 characters.")),
        ],
    )


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """The session that it is about; `refusal` says why nothing can be reported."""

    session: SessionPage
    refusal: str = ""


@blueprint.get("/bookings/<int:booking_id>/problem")
@allow(Role.LEAD, Role.EXPERT)
def ask(booking_id: int) -> Answer:
    """The form, or why there is none."""
    session = _session(booking_id)
    if "report_problem" not in session.can:
        return _refused(session, Conflict("problem_too_late"))
    return page("problems/ask.html", ProblemPage(session), form=ProblemForm(formdata=None))


@blueprint.post("/bookings/<int:booking_id>/problem")
@allow(Role.LEAD, Role.EXPERT)
def report(booking_id: int) -> Answer:
    """Freeze the money and tell us."""
    session = _session(booking_id)
    form = ProblemForm()
    if not form.validate_on_submit():
        return page("problems/ask.html", ProblemPage(session), form=form, status=422)
    try:
        report_problem(work(), Problem(actor(), booking_id, form.words.data or ""))
    except Conflict as refused:
        return _refused(_session(booking_id), refused, form)
    message = gettext("Thank you. The money stands still until we have looked into it; we write to both sides.")
    return done(url_for("bookings.show", booking_id=booking_id), message)


@blueprint.get("/bookings/<int:booking_id>/problem/answer")
@allow(Role.LEAD, Role.EXPERT)
def ask_answer(booking_id: int) -> Answer:
    """What the other side has reported, and the form; or why there is none."""
    session = _session(booking_id)
    if session.to_answer is None:
        return _not_answered(session, _why_not(session))
    return page("problems/answer.html", ProblemPage(session), form=ProblemAnswerForm(formdata=None))


@blueprint.post("/bookings/<int:booking_id>/problem/answer")
@allow(Role.LEAD, Role.EXPERT)
def answer(booking_id: int) -> Answer:
    """Put it beside what the other side has said."""
    session = _session(booking_id)
    form = ProblemAnswerForm()
    if session.to_answer is None:
        return _not_answered(session, _why_not(session), form)
    if not form.validate_on_submit():
        return page("problems/answer.html", ProblemPage(session), form=form, status=422)
    try:
        answer_problem(work(), Problem(actor(), booking_id, form.words.data or ""))
    except Conflict as refused:
        return _not_answered(_session(booking_id), refused, form)
    message = gettext("Thank you. We read what both sides say, decide, and write to both of you.")
    return done(url_for("bookings.show", booking_id=booking_id), message)


def _why_not(session: SessionPage) -> Conflict:
    answered = any(case.answered_at and not case.settled_at and not case.mine for case in session.cases)
    return Conflict("problem_answered" if answered else "problem_settled")


def _not_answered(session: SessionPage, refused: Conflict, form: FlaskForm | None = None) -> Answer:
    shown = ProblemPage(session, sentence_of(refused))
    return page("problems/answer.html", shown, form=form or ProblemAnswerForm(formdata=None), status=409)


def _refused(session: SessionPage, refused: Conflict, form: FlaskForm | None = None) -> Answer:
    shown = ProblemPage(session, sentence_of(refused))
    return page("problems/ask.html", shown, form=form or ProblemForm(formdata=None), status=409)


def _session(booking_id: int) -> SessionPage:
    return session_page(work(), actor(), booking_id, viewer().zone)
