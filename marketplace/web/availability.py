"""The expert's calendar page: usual week, single dates, rules, and what leads see of it."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, request, url_for
from flask_babel import gettext, ngettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.domain.calendar import DAY_MINUTES, Span
from marketplace.domain.errors import Invalid, NotFound
from marketplace.queries.availability import AvailabilityPage, availability_page
from marketplace.services import availability, busy_times
from marketplace.web.availability_forms import DateForm, OtherCalendarForm, RemovalForm, RulesForm, WeekForm
from marketplace.web.availability_words import ahead_words, calendar_trouble
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, work

blueprint = Blueprint("availability", __name__)

_WEEKDAYS = range(5)
_MORNINGS = tuple((Span(9 * 60, 12 * 60),) if day in _WEEKDAYS else () for day in range(7))


@dataclass(frozen=True, slots=True)
class Undo:
    """A date whose own hours were just removed, and what it takes to put them back."""

    day: date
    spans: tuple[Span, ...]
    form: DateForm


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The page's data and its forms; one of them may be coming back with errors."""

    calendar: AvailabilityPage
    week: WeekForm
    rules: RulesForm
    date: DateForm
    other: OtherCalendarForm
    removal: RemovalForm
    undo: Undo | None


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"calendar_trouble": calendar_trouble, "ahead_words": ahead_words}


@blueprint.get("/expert/availability")
@allow(Role.EXPERT)
def show() -> Answer:
    """The calendar; `?removed=2026-12-24&hours=540-720` offers to undo a removal."""
    return _page()


@blueprint.post("/expert/availability/week")
@allow(Role.EXPERT)
def save_week() -> Answer:
    """Replace the usual week, from the form, from Monday, or from the first suggestion."""
    if request.form.get("start") == "mornings":
        return _saved(availability.set_week(work(), availability.SetWeek(actor(), _MORNINGS)))
    form = WeekForm()
    if not form.validate_on_submit():
        return _page(week=form, status=422)
    week = form.week()
    if request.form.get("copy") == "monday":
        week = tuple(week[0] if day in _WEEKDAYS else spans for day, spans in enumerate(week))
    return _saved(availability.set_week(work(), availability.SetWeek(actor(), week)))


@blueprint.post("/expert/availability/rules")
@allow(Role.EXPERT)
def save_rules() -> Answer:
    """Replace notice, horizon, buffers and step."""
    form = RulesForm()
    if not form.validate_on_submit():
        return _page(rules=form, status=422)
    availability.set_rules(
        work(),
        availability.SetRules(
            actor(),
            min_notice_hours=form.min_notice_hours.data or 0,
            horizon_days=form.horizon_days.data or 0,
            buffer_before=form.buffer_before.data,
            buffer_after=form.buffer_after.data,
            start_step=form.start_step.data or None,
            max_per_day=form.max_per_day.data or None,
            max_per_week=form.max_per_week.data or None,
        ),
    )
    return done(url_for("availability.show"), gettext("Your rules are saved."))


@blueprint.post("/expert/availability/dates")
@allow(Role.EXPERT)
def save_date() -> Answer:
    """Give a date hours of its own."""
    form = DateForm()
    if not form.validate_on_submit():
        return _page(date_form=form, status=422)
    try:
        changed = availability.set_date(work(), availability.SetDate(actor(), form.chosen(), form.hours()))
    except Invalid as refusal:
        if refusal.code != "date_past":
            raise
        form.day.errors = [gettext("This date is over. Choose today or a later one.")]
        return _page(date_form=form, status=422)
    return _saved(changed)


@blueprint.post("/expert/availability/dates/<day>/removal")
@allow(Role.EXPERT)
def remove_date(day: str) -> Answer:
    """Let the week's hours hold again on a date; the next page offers to undo it."""
    when = _date(day)
    changed = availability.clear_date_hours(work(), availability.ClearDate(actor(), when))
    hours = ",".join(f"{span.opens}-{span.closes}" for span in changed.removed)
    return _saved(changed, url_for("availability.show", removed=when.isoformat(), hours=hours))


@blueprint.post("/expert/availability/calendar")
@allow(Role.EXPERT)
def save_calendar() -> Answer:
    """Say where another calendar is; the worker reads it soon."""
    form = OtherCalendarForm()
    if not form.validate_on_submit():
        return _page(other=form, status=422)
    try:
        busy_times.set_calendar(work(), busy_times.SetCalendar(actor(), form.url.data or ""))
    except Invalid as refusal:
        form.url.errors = [sentence_of(refusal)]
        return _page(other=form, status=422)
    return done(_to_calendar(), gettext("Your calendar is kept. It is read within a minute."))


@blueprint.post("/expert/availability/calendar/reading")
@allow(Role.EXPERT)
def read_calendar() -> Answer:
    """Have it read now."""
    busy_times.read_again(work(), actor())
    return done(_to_calendar(), gettext("Your calendar is read within a minute."))


@blueprint.post("/expert/availability/calendar/removal")
@allow(Role.EXPERT)
def remove_calendar() -> Answer:
    """Forget the other calendar."""
    busy_times.remove_calendar(work(), actor())
    return done(_to_calendar(), gettext("Your other calendar is forgotten, and so is what it said."))


def _to_calendar() -> str:
    return url_for("availability.show", _anchor="calendar")


def _page(
    week: WeekForm | None = None,
    rules: RulesForm | None = None,
    date_form: DateForm | None = None,
    other: OtherCalendarForm | None = None,
    status: int = 200,
) -> Answer:
    calendar = availability_page(work(), actor())
    shown = CalendarPage(
        calendar=calendar,
        week=week or _week_form(calendar),
        rules=rules or _rules_form(calendar),
        date=date_form or DateForm(formdata=None),
        other=other or OtherCalendarForm(formdata=None),
        removal=RemovalForm(formdata=None),
        undo=_undo(),
    )
    faulty: FlaskForm | None = week or rules or date_form or other
    return page("availability/show.html", shown, form=faulty, status=status)


def _week_form(calendar: AvailabilityPage) -> WeekForm:
    form = WeekForm(formdata=None)
    for day, weekday in enumerate(calendar.week):
        form.fill(day, weekday.spans)
    return form


def _rules_form(calendar: AvailabilityPage) -> RulesForm:
    return RulesForm(
        formdata=None,
        min_notice_hours=calendar.min_notice_hours,
        horizon_days=calendar.horizon_days,
        buffer_before=calendar.buffer_before,
        buffer_after=calendar.buffer_after,
        start_step=calendar.start_step or 0,
        max_per_day=calendar.max_per_day or 0,
        max_per_week=calendar.max_per_week or 0,
    )


def _saved(changed: availability.Changed, url: str | None = None) -> Response:
    """Back to the page; a word about sessions that are kept although they lie outside the hours now."""
    url = url or url_for("availability.show")
    kept = len(changed.kept)
    if not kept:
        return done(url, gettext("Your hours are saved."))
    message = ngettext(
        "Your hours are saved. %(num)s booked session lies outside them: it is kept as it is.",
        "Your hours are saved. %(num)s booked sessions lie outside them: they are kept as they are.",
        kept,
    )
    return done(url, message, "warn")


def _undo() -> Undo | None:
    """What `?removed=&hours=` says, when it can be read."""
    try:
        day, spans = date.fromisoformat(request.args["removed"]), _spans(request.args.get("hours", ""))
    except (KeyError, ValueError):
        return None
    form = DateForm(formdata=None, day=day, kind="hours" if spans else "closed")
    form.fill(0, spans)
    return Undo(day, spans, form)


def _spans(words: str) -> tuple[Span, ...]:
    pairs = [tuple(map(int, part.split("-"))) for part in words.split(",") if part]
    if len(pairs) > 3 or any(len(pair) != 2 or not 0 <= min(pair) <= max(pair) <= DAY_MINUTES for pair in pairs):
        raise ValueError("hours that we never wrote")
    return tuple(Span(opens, closes) for opens, closes in pairs)


def _date(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise NotFound("date_exception") from None
