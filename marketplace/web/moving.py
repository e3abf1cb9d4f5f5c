"""Moving a session: another slot, proposed times and their answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, request, url_for
from flask_babel import gettext
from flask_wtf import FlaskForm

from marketplace.domain.access import Role
from marketplace.domain.calendar import Slot
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.moving import MOST_TIMES
from marketplace.queries.booking_page import slot_start
from marketplace.queries.moving import FreeDay, Moving, moving, slots_to_choose
from marketplace.queries.session_page import SessionPage, session_page
from marketplace.services import bookings
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work
from marketplace.web.moving_forms import NoteForm, SlotForm, TimesForm

blueprint = Blueprint("moving", __name__)


@dataclass(frozen=True, slots=True)
class ChoicePage:
    """The slots to choose from. `chosen` are the starts that are marked, as the form sends them; `refusal` says why
    it was not possible, `nearest` are slots near the one that was lost."""

    session: SessionPage
    moving: Moving
    days: tuple[FreeDay, ...]
    chosen: frozenset[str] = frozenset()
    refusal: str = ""
    nearest: tuple[Slot, ...] = ()


@blueprint.app_template_filter("slot_key")
def _slot_key(starts_at: datetime) -> str:
    return starts_at.isoformat()


@blueprint.get("/bookings/<int:booking_id>/time")
@allow(Role.LEAD)
def choose(booking_id: int) -> Answer:
    """The expert's free slots."""
    return _choose(booking_id, SlotForm(formdata=None))


@blueprint.post("/bookings/<int:booking_id>/time")
@allow(Role.LEAD)
def move(booking_id: int) -> Answer:
    """Take another slot; whoever comes second sees the nearest ones."""
    form = SlotForm()
    start = form.start()
    if not form.validate_on_submit() or start is None:
        form.slot.errors = [gettext("Choose one of the slots.")]
        return _choose(booking_id, form, status=422)
    try:
        bookings.reschedule(work(), bookings.Reschedule(actor(), booking_id, start))
    except Conflict as refused:
        return _choose(booking_id, form, refused, 409)
    return _done(booking_id, gettext("The session has a new time. The other side is told."))


@blueprint.get("/bookings/<int:booking_id>/proposal")
@allow(Role.LEAD, Role.EXPERT)
def ask(booking_id: int) -> Answer:
    """Up to three times: leads choose among free slots, experts say when they can."""
    return _ask(booking_id, (NoteForm if _is_lead() else TimesForm)(formdata=None))


@blueprint.post("/bookings/<int:booking_id>/proposal")
@allow(Role.LEAD, Role.EXPERT)
def propose(booking_id: int) -> Answer:
    """Propose them."""
    form = NoteForm() if _is_lead() else TimesForm()
    if not form.validate_on_submit():
        return _ask(booking_id, form, status=422)
    try:
        command = bookings.Propose(actor(), booking_id, _starts(form), form.note.data or "")
        bookings.propose(work(), command)
    except Invalid as wrong:
        _complain(form, sentence_of(wrong))
        return _ask(booking_id, form, status=422)
    except Conflict as refused:
        return _ask(booking_id, form, refused, 409)
    return _done(booking_id, gettext("Your times are proposed. The other side is told."))


@blueprint.post("/bookings/<int:booking_id>/proposals/<int:proposal_id>/acceptance")
@allow(Role.LEAD, Role.EXPERT)
def accept(booking_id: int, proposal_id: int) -> Answer:
    """Take one of the times."""
    start = slot_start(request.form.get("slot", ""))
    command = bookings.AnswerProposal(actor(), booking_id, proposal_id, start)
    try:
        bookings.accept_proposal(work(), command)
    except (Conflict, Invalid) as refused:
        return _refused(booking_id, refused)
    return _done(booking_id, gettext("The session has a new time. The other side is told."))


@blueprint.post("/bookings/<int:booking_id>/proposals/<int:proposal_id>/refusal")
@allow(Role.LEAD, Role.EXPERT)
def refuse(booking_id: int, proposal_id: int) -> Answer:
    """None of the times."""
    command = bookings.AnswerProposal(actor(), booking_id, proposal_id)
    words = gettext("The session stays where it is. The other side is told.")
    return _moved(booking_id, lambda: bookings.refuse_proposal(work(), command), words)


@blueprint.post("/bookings/<int:booking_id>/proposals/<int:proposal_id>/withdrawal")
@allow(Role.LEAD, Role.EXPERT)
def withdraw(booking_id: int, proposal_id: int) -> Answer:
    """Take one's own times back."""
    command = bookings.AnswerProposal(actor(), booking_id, proposal_id)
    words = gettext("Your times are taken back.")
    return _moved(booking_id, lambda: bookings.withdraw_proposal(work(), command), words)


def _moved(booking_id: int, act: Callable[[], None], words: str) -> Answer:
    try:
        act()
    except Conflict as refused:
        return _refused(booking_id, refused)
    return _done(booking_id, words)


def _refused(booking_id: int, refused: Conflict | Invalid) -> Answer:
    """Back among the choices, with the nearest slots, where there is still something to choose."""
    form: FlaskForm = NoteForm(formdata=None) if _is_lead() else TimesForm(formdata=None)
    return _ask(booking_id, form, refused, 409)


def _choose(booking_id: int, form: SlotForm, refused: Conflict | None = None, status: int = 200) -> Answer:
    shown = _page(booking_id, frozenset(filter(None, [form.slot.data])), refused)
    return page("moving/choose.html", shown, form=form, status=status)


def _ask(booking_id: int, form: FlaskForm, refused: Conflict | Invalid | None = None, status: int = 200) -> Answer:
    chosen = frozenset(request.form.getlist("slots")) if request.method == "POST" else frozenset[str]()
    return page("moving/propose.html", _page(booking_id, chosen, refused), form=form, status=status)


def _page(booking_id: int, chosen: frozenset[str], refused: Conflict | Invalid | None) -> ChoicePage:
    zone = viewer().zone
    return ChoicePage(
        session=session_page(work(), actor(), booking_id, zone),
        moving=moving(work(), actor(), booking_id),
        days=slots_to_choose(work(), actor(), booking_id, zone) if _is_lead() else (),
        chosen=chosen,
        refusal=sentence_of(refused) if refused else "",
        nearest=refused.facts.get("nearest", ()) if refused else (),
    )


def _starts(form: FlaskForm) -> tuple[datetime, ...]:
    if isinstance(form, TimesForm):
        return tuple(form.starts(viewer().zone))
    starts = [slot_start(key) for key in request.form.getlist("slots")]
    if not starts or None in starts:
        raise Invalid("times_count", field="times", most=MOST_TIMES)
    return tuple(start for start in starts if start is not None)


def _complain(form: FlaskForm, sentence: str) -> None:
    field = form.time_1 if isinstance(form, TimesForm) else form.note
    field.errors = [*field.errors, sentence]


def _is_lead() -> bool:
    return actor().role is Role.LEAD


def _done(booking_id: int, words: str) -> Answer:
    return done(url_for("bookings.show", booking_id=booking_id), words)
