"""For admins: what waits for a verdict, the verdict itself, and refunds beyond the policy."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, Regexp

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.queries.cases import OpenCase, VerdictPage, open_cases, verdict_page
from marketplace.services import bookings
from marketplace.web.errors import sentence_of, show_on
from marketplace.web.here import Answer, actor, allow, done, page, work
from marketplace.wording import PRICE, cents

blueprint = Blueprint("settling", __name__, url_prefix="/admin")

LONGEST_NOTE = 2_000
_amount_like = Regexp(PRICE, message=_l("Enter an amount in euros, for example 180 or 180.50."))
_note_rules = [
    InputRequired(_l("Please give the reason: both sides read it.")),
    Length(max=LONGEST_NOTE, message=_l("Please stay below 2,000 characters.")),
]


class VerdictForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A verdict on a problem or a contested absence."""

    refund_minor = StringField(
        _l("What goes back to the lead, in euros"),
        validators=[InputRequired(_l("Say how much: 0 is an answer.")), _amount_like],
    )
    absent = SelectField(
        _l("Did somebody not come?"),
        choices=[
            SelectChoice("", _l("Both came")),
            SelectChoice("lead", _l("The lead did not come")),
            SelectChoice("expert", _l("The expert did not come")),
        ],
    )
    note = TextAreaField(_l("Reason"), validators=_note_rules)


class RefundForm(FlaskForm):  # type: ignore[misc]
    """More than the policy."""

    amount = StringField(_l("What goes back, in euros"), validators=[InputRequired(_l("Say how much.")), _amount_like])
    reason = TextAreaField(_l("Reason"), validators=_note_rules)


class NoteForm(FlaskForm):  # type: ignore[misc]
    """A reason alone."""

    note = TextAreaField(_l("Reason"), validators=_note_rules)


@dataclass(frozen=True, slots=True)
class CasesPage:
    """What waits for a person."""

    cases: tuple[OpenCase, ...]


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """The question to an admin: 'verdict' or 'refund'; `refusal` says why it is not possible any more."""

    about: VerdictPage
    move: str
    refusal: str = ""


@blueprint.get("/cases")
@allow(Role.ADMIN)
def index() -> Answer:
    """The open cases."""
    return page("settling/index.html", CasesPage(open_cases(work(), actor())))


@blueprint.get("/bookings/<int:booking_id>/verdict")
@allow(Role.ADMIN)
def ask_verdict(booking_id: int) -> Answer:
    """Before deciding."""
    about = verdict_page(work(), actor(), booking_id)
    refusal = "" if about.may_decide else sentence_of(Conflict("nothing_to_decide"))
    return _show(ShownVerdict(about, "verdict", refusal), VerdictForm(formdata=None))


@blueprint.post("/bookings/<int:booking_id>/verdict")
@allow(Role.ADMIN)
def decide(booking_id: int) -> Answer:
    """The money moves as the verdict says."""
    form = VerdictForm()

    def act() -> None:
        back = cents(form.refund_minor.data or "")
        command = bookings.SettleProblem(actor(), booking_id, back, form.note.data or "", form.absent.data or "")
        bookings.settle_problem(work(), command)

    return _answered(booking_id, "verdict", form, act, gettext("Decided. Both sides are told."))


@blueprint.get("/bookings/<int:booking_id>/refund")
@allow(Role.ADMIN)
def ask_refund(booking_id: int) -> Answer:
    """Before giving back more than the policy does."""
    about = verdict_page(work(), actor(), booking_id)
    refusal = "" if about.may_refund else sentence_of(Conflict("nothing_to_refund"))
    return _show(ShownVerdict(about, "refund", refusal), RefundForm(formdata=None))


@blueprint.post("/bookings/<int:booking_id>/refund")
@allow(Role.ADMIN)
def refund(booking_id: int) -> Answer:
    """Give it back; what the expert has got of it is taken back first."""
    form = RefundForm()

    def act() -> None:
        command = bookings.RefundBeyond(actor(), booking_id, cents(form.amount.data or ""), form.reason.data or "")
        bookings.refund_beyond_policy(work(), command)

    return _answered(booking_id, "refund", form, act, gettext("The refund is on its way. The lead is told."))


@blueprint.post("/bookings/<int:booking_id>/refund/repetition")
@allow(Role.ADMIN)
def repeat(booking_id: int) -> Answer:
    """Make a refund again that a bank had sent back."""
    bookings.repeat_refund(work(), bookings.SettleCase(actor(), booking_id, ""))
    return _back(booking_id, gettext("The refund is made again."))


@blueprint.post("/bookings/<int:booking_id>/disputes/<dispute_id>/settlement")
@allow(Role.ADMIN)
def bear(booking_id: int, dispute_id: str) -> Answer:
    """Bear what an expert owes from a lost dispute."""
    form = NoteForm()
    if not form.validate_on_submit():
        raise Invalid("reason_missing", field="note")
    bookings.settle_dispute(work(), dispute_id, bookings.SettleCase(actor(), booking_id, form.note.data or ""))
    return _back(booking_id, gettext("Settled: we bear the loss."))


def _answered(booking_id: int, move: str, form: FlaskForm, act: Callable[[], None], message: str) -> Answer:
    about = verdict_page(work(), actor(), booking_id)
    if not form.validate_on_submit():
        return _show(ShownVerdict(about, move), form, 422)
    try:
        act()
    except Invalid as wrong:
        show_on(form, wrong)
        return _show(ShownVerdict(about, move), form, 422)
    except Conflict as refused:
        return _show(ShownVerdict(verdict_page(work(), actor(), booking_id), move, sentence_of(refused)), form, 409)
    return _back(booking_id, message)


def _show(shown: ShownVerdict, form: FlaskForm, status: int = 200) -> Answer:
    return page("settling/decide.html", shown, form=form, status=409 if shown.refusal else status)


def _back(booking_id: int, message: str) -> Answer:
    return done(url_for("admin_bookings.show", booking_id=booking_id), message)
