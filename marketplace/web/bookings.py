"""Sessions: the list, one in full, the way back from the payment page, and the moves people make."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, make_response, request, url_for
from flask_babel import gettext
from flask_wtf import FlaskForm

from marketplace.domain.access import Role
from marketplace.domain.booking import BookingState
from marketplace.domain.errors import Conflict
from marketplace.queries.bookings import sessions_page
from marketplace.queries.moving import Moving, moving
from marketplace.queries.session_page import SessionPage, session_page
from marketplace.services import bookings
from marketplace.services.payments import Look, look_at_payment
from marketplace.web import booking_words, money_words, shared_notes
from marketplace.web.bookings_forms import FreeReasonForm, MoveForm, ReasonForm
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work

blueprint = Blueprint("bookings", __name__)

WAIT_SECONDS = 3  # the return page looks again


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session's page; `refusal` says why a move was not possible, `waits` that the page looks again by itself;
    `note_form` is the note that both sides share, where the viewer may write it."""

    session: SessionPage
    moving: Moving
    refusal: str = ""
    waits: bool = False
    note_form: FlaskForm | None = None


@dataclass(frozen=True, slots=True)
class EndPage:
    """The question before something is ended: 'decline', 'withdraw' or 'cancel'."""

    session: SessionPage
    move: str


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "state_label": booking_words.state_label,
        "state_kind": booking_words.state_kind,
        "state_sentence": booking_words.state_sentence,
        "step_words": booking_words.step_words,
        "money_icon": money_words.money_icon,
        "money_words": money_words.money_words,
        "why_words": money_words.why_words,
    }


@blueprint.get("/bookings")
@allow(Role.LEAD, Role.EXPERT)
def index() -> Answer:
    """All sessions of the viewer; `?page=` turns the past ones."""
    number = request.args.get("page", 1, type=int)
    return page("bookings/index.html", sessions_page(work(), actor(), viewer().zone, number))


@blueprint.get("/bookings/<int:booking_id>")
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def show(booking_id: int) -> Answer:
    """One session."""
    return _show(booking_id)


@blueprint.get("/bookings/<int:booking_id>/return")
@allow(Role.LEAD)
def returned(booking_id: int) -> Answer:
    """Back from the payment page: ask Stripe, then say how it stands; looks again by itself while it is unknown."""
    look_at_payment(work(), Look(actor(), booking_id))
    session = _session(booking_id)
    waits = session.state == BookingState.AWAITING_PAYMENT and "left" not in request.args
    shown = ShownSession(session, moving(work(), actor(), booking_id), waits=waits)
    response = make_response(page("bookings/returned.html", shown, form=MoveForm(formdata=None)))
    if waits:
        # The header, not <meta>: it does the same without a script, and readers can stop it.
        response.headers["Refresh"] = str(WAIT_SECONDS)
    return response


@blueprint.post("/bookings/<int:booking_id>/acceptance")
@allow(Role.EXPERT)
def accept(booking_id: int) -> Answer:
    """The expert takes the session."""
    return _moved(
        booking_id,
        lambda: bookings.accept(work(), bookings.Answer(actor(), booking_id)),
        gettext("You accepted. The lead is told."),
    )


@blueprint.get("/bookings/<int:booking_id>/refusal")
@allow(Role.EXPERT)
def ask_decline(booking_id: int) -> Answer:
    """Before declining."""
    return _ask(booking_id, "decline")


@blueprint.post("/bookings/<int:booking_id>/refusal")
@allow(Role.EXPERT)
def decline(booking_id: int) -> Answer:
    """The expert says no."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _ask(booking_id, "decline", form)
    command = bookings.Answer(actor(), booking_id, form.reason.data or "")
    return _moved(booking_id, lambda: bookings.decline(work(), command), gettext("You declined. The lead is told."))


@blueprint.get("/bookings/<int:booking_id>/withdrawal")
@allow(Role.LEAD)
def ask_withdraw(booking_id: int) -> Answer:
    """Before taking a request back."""
    return _ask(booking_id, "withdraw")


@blueprint.post("/bookings/<int:booking_id>/withdrawal")
@allow(Role.LEAD)
def withdraw(booking_id: int) -> Answer:
    """The lead takes the request back."""
    form = FreeReasonForm()
    if not form.validate_on_submit():
        return _ask(booking_id, "withdraw", form)
    command = bookings.Answer(actor(), booking_id, form.reason.data or "")
    return _moved(booking_id, lambda: bookings.withdraw(work(), command), gettext("Your request is taken back."))


@blueprint.get("/bookings/<int:booking_id>/cancellation")
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def ask_cancel(booking_id: int) -> Answer:
    """Before cancelling: what comes back."""
    return _ask(booking_id, "cancel")


@blueprint.post("/bookings/<int:booking_id>/cancellation")
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def cancel(booking_id: int) -> Answer:
    """Cancel, if what comes back is still what the page had shown."""
    form = ReasonForm()
    if not form.validate_on_submit():
        return _ask(booking_id, "cancel", form)
    command = bookings.Cancel(actor(), booking_id, form.reason.data or "", _cents(form.shown_refund.data))
    return _moved(booking_id, lambda: bookings.cancel(work(), command), gettext("The session is cancelled."))


@blueprint.post("/bookings/<int:booking_id>/payment")
@allow(Role.LEAD)
def pay_again(booking_id: int) -> Answer:
    """A new payment page after a refused payment."""
    try:
        return done(bookings.pay_again(work(), bookings.Again(actor(), booking_id)).checkout_url)
    except Conflict as refused:
        return _show(booking_id, refused)


@blueprint.post("/bookings/<int:booking_id>/release")
@allow(Role.LEAD)
def give_up(booking_id: int) -> Answer:
    """The lead lets an unpaid slot go."""
    return _moved(
        booking_id,
        lambda: bookings.give_up(work(), bookings.Again(actor(), booking_id)),
        gettext("The slot is free again. Nothing was charged."),
    )


def _moved(booking_id: int, move: Callable[[], None], message: str) -> Answer:
    """After the move, the session's page; where it was not possible any more, the same page says so (409)."""
    try:
        move()
    except Conflict as refused:
        return _show(booking_id, refused)
    return done(url_for("bookings.show", booking_id=booking_id), message)


def _show(booking_id: int, refused: Conflict | None = None) -> Answer:
    words = sentence_of(refused) if refused else ""
    session = _session(booking_id)
    shown = ShownSession(
        session, moving(work(), actor(), booking_id), words, note_form=shared_notes.form_for(session.note)
    )
    form = MoveForm(formdata=None)
    return page("bookings/show.html", shown, form=form, status=409 if refused else 200)


def _ask(booking_id: int, move: str, form: FlaskForm | None = None) -> Answer:
    session = _session(booking_id)
    if move not in session.can:
        return _show(booking_id, Conflict("move_not_possible", noun="booking", state=session.state, move=move))
    status = 422 if form else 200
    if form is None:
        form = (FreeReasonForm if move == "withdraw" else ReasonForm)(formdata=None, shown_refund=session.refund)
    return page("bookings/end.html", EndPage(session, move), form=form, status=status)


def _session(booking_id: int) -> SessionPage:
    return session_page(work(), actor(), booking_id, viewer().zone)


def _cents(words: str | None) -> int | None:
    return int(words) if words and words.isascii() and words.isdigit() and len(words) < 12 else None
