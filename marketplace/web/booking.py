"""The page on which a lead chooses a slot, says what for, and goes on to the payment."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, make_response, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Unavailable
from marketplace.queries.booking_page import BookingPage, Wish, booking_page, slot_start
from marketplace.services.bookings import Reserve, Reserved, reserve
from marketplace.web.booking_forms import BookingForm, booking_form
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work

blueprint = Blueprint("booking", __name__)

LOST = frozenset({"slot_taken", "slot_past", "slot_not_offered"})
RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class ChooserPage:
    """The page's data; `refusal` is the code when the slot was lost, `trouble` the sentence for anything else that
    kept it from being held, `unavailable` whether that was the payment page."""

    book: BookingPage
    refusal: str = ""
    trouble: str = ""
    unavailable: bool = False


@dataclass(frozen=True, slots=True)
class NotOpenPage:
    """Why the visitor cannot book, as a word for the template: 'unverified' or 'not_a_lead'."""

    reason: str
    offering_id: int


@blueprint.get("/offerings/<int:offering_id>/booking")
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def choose(offering_id: int) -> Answer:
    """The slots; `?slot=` marks one, `?week=` shows a week, `?clock=expert` the expert's times, `?request=` links,
    `?again=` takes over the texts of a session that did not take place and marks the slot nearest to it."""
    if reason := _closed_because():
        return page("booking/not_open.html", NotOpenPage(reason, offering_id), status=403)
    shown = _load(offering_id, _wish_of_address())
    form = _form(shown, formdata=None, **_first_words(shown), **_kept(shown))
    return page("booking/choose.html", ChooserPage(shown), form=form)


@blueprint.post("/offerings/<int:offering_id>/booking")
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def book(offering_id: int) -> Answer:
    """Hold the slot and go to the payment; turning the page to another week comes here too and keeps the texts."""
    if reason := _closed_because():
        return page("booking/not_open.html", NotOpenPage(reason, offering_id), status=403)
    shown = _load(offering_id, _wish_of_form())
    form = _form(shown)
    if {"week", "switch"} & request.form.keys():
        return page("booking/choose.html", ChooserPage(shown), form=_with_clock(form, shown))
    if not form.validate_on_submit():
        return page("booking/choose.html", ChooserPage(shown), form=form, status=422)
    return _hold(offering_id, form)


def _hold(offering_id: int, form: BookingForm) -> Answer:
    try:
        return done(_reserve(offering_id, form).checkout_url)
    except Conflict as conflict:
        if conflict.code not in LOST:
            shown = ChooserPage(_load(offering_id, _wish_of_form()), trouble=sentence_of(conflict))
            return page("booking/choose.html", shown, form=form, status=409)
        return _lost(offering_id, form, conflict.code)
    except Unavailable as unavailable:
        return _unavailable(offering_id, form, unavailable)


def _reserve(offering_id: int, form: BookingForm) -> Reserved:
    return reserve(
        work(),
        Reserve(
            actor=actor(),
            offering_id=offering_id,
            starts_at=_start(form),
            format=form.format.data,
            objective=(form.objective.data or "").strip(),
            answers=form.answers,
            po_number=(form.po_number.data or "").strip(),
            brief_id=_number(form.request.data),
            shown_gross_minor=_number(form.price.data),
        ),
    )


def _lost(offering_id: int, form: BookingForm, code: str) -> Answer:
    """Somebody was faster: the page again, with every text kept and the nearest free slot marked."""
    wish = Wish(lost=_start(form), experts_clock=form.clock.data == "expert", brief_id=_number(form.request.data))
    return page("booking/choose.html", ChooserPage(_load(offering_id, wish), refusal=code), form=form, status=409)


def _unavailable(offering_id: int, form: BookingForm, unavailable: Unavailable) -> Response:
    shown = ChooserPage(_load(offering_id, _wish_of_form()), trouble=sentence_of(unavailable), unavailable=True)
    response = make_response(page("booking/choose.html", shown, form=form, status=503))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _closed_because() -> str:
    who = viewer()
    if who.role != Role.LEAD:
        return "not_a_lead"
    return "" if who.verified else "unverified"


def _load(offering_id: int, wish: Wish) -> BookingPage:
    return booking_page(work(), actor(), offering_id, viewer().zone, wish)


def _form(shown: BookingPage, **values: object) -> BookingForm:
    form = booking_form(shown.formats, shown.offering.questions, **values)
    if shown.offering.length_minutes == 180:
        form.objective.label.text = gettext("What do you want to have achieved at the end of the three hours?")
    return form


def _first_words(shown: BookingPage) -> dict[str, object]:
    earlier = shown.earlier
    if earlier is None:
        return {"objective": shown.brief_words, "format": shown.formats[0]}
    answers = {f"answer_{number}": answer for number, answer in enumerate(earlier.answers)}
    chosen = earlier.format if earlier.format in shown.formats else shown.formats[0]
    return {"objective": earlier.objective, "po_number": earlier.po_number, "format": chosen, **answers}


def _kept(shown: BookingPage) -> dict[str, object]:
    return {"clock": "expert" if shown.experts_clock else "", "request": shown.brief_id or ""}


def _with_clock(form: BookingForm, shown: BookingPage) -> BookingForm:
    form.clock.data = "expert" if shown.experts_clock else ""
    return form


def _wish_of_address() -> Wish:
    return Wish(
        slot=slot_start(request.args.get("slot", "")),
        week=_date(request.args.get("week", "")),
        experts_clock=request.args.get("clock") == "expert",
        brief_id=_number(request.args.get("request")),
        again_id=_number(request.args.get("again")),
    )


def _wish_of_form() -> Wish:
    sent = request.form
    return Wish(
        slot=slot_start(sent.get("slot", "")),
        week=_date(sent.get("week", "")),
        experts_clock=sent.get("switch", sent.get("clock")) == "expert",
        brief_id=_number(sent.get("request")),
    )


def _start(form: BookingForm) -> datetime:
    start = slot_start(form.slot.data or "")
    if start is None:
        raise ValueError("the form was not validated")
    return start


def _date(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _number(words: str | None) -> int | None:
    return int(words) if words and words.isascii() and words.isdigit() and len(words) < 10 else None
