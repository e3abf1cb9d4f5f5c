"""An expert's hours: the usual week with its rules, and dates with hours of their own."""

from dataclasses import astuple
from datetime import date
from typing import Annotated

from pydantic import Field

from marketplace.api import here
from marketplace.api.etags import etag_of, require_match, stale_if_changed
from marketplace.api.operation import EXPERT, Reply, operation
from marketplace.api.refusals import Lost
from marketplace.api.shapes import In, Out, SlotOut, shown, slot_out
from marketplace.domain.access import Actor
from marketplace.domain.calendar import DAY_MINUTES, Slot, Span
from marketplace.domain.tokens import Scope
from marketplace.queries.availability import AvailabilityPage, availability_page
from marketplace.services import availability as services
from marketplace.services.availability import (
    MAX_BUFFER_MINUTES,
    MAX_HORIZON_DAYS,
    MAX_NOTICE_HOURS,
    MAX_SPANS,
    MOST_A_DAY,
    MOST_A_WEEK,
    ClearDate,
    SetDate,
    SetRules,
    SetWeek,
    SetWhole,
)

TAG = "availability"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Clock = Annotated[
    str,
    Field(
        pattern=r"^(([01][0-9]|2[0-3]):(00|15|30|45)|24:00)$",
        description="On the wall clock of the expert's zone, on a quarter of an hour.",
        examples=["09:00"],
    ),
]


class SpanIn(In):
    """Open hours of a day."""

    opens: Clock
    closes: Clock


class SpanOut(Out):
    """Open hours of a day, on the wall clock of the expert's zone."""

    opens: str
    closes: str


Spans = Annotated[list[SpanIn], Field(max_length=MAX_SPANS)]


class WeekIn(In):
    """The hours of every day; a day without spans is closed."""

    monday: Spans = Field([])
    tuesday: Spans = Field([])
    wednesday: Spans = Field([])
    thursday: Spans = Field([])
    friday: Spans = Field([])
    saturday: Spans = Field([])
    sunday: Spans = Field([])


class WeekOut(Out):
    """The hours of every day."""

    monday: list[SpanOut]
    tuesday: list[SpanOut]
    wednesday: list[SpanOut]
    thursday: list[SpanOut]
    friday: list[SpanOut]
    saturday: list[SpanOut]
    sunday: list[SpanOut]


Buffer = Annotated[int, Field(ge=0, le=MAX_BUFFER_MINUTES, multiple_of=15, description="Minutes.")]


class AvailabilityIn(In):
    """The usual week, and the rules of booking."""

    week: WeekIn
    min_notice_hours: Annotated[int, Field(ge=0, le=MAX_NOTICE_HOURS)]
    horizon_days: Annotated[int, Field(ge=1, le=MAX_HORIZON_DAYS)]
    buffer_before: Buffer
    buffer_after: Buffer
    start_step: Annotated[int, Field(ge=15, le=DAY_MINUTES, multiple_of=15)] | None = Field(
        None, description="Minutes between starts; null: the session's own length."
    )
    max_per_day: Annotated[int, Field(ge=1, le=MOST_A_DAY)] | None = None
    max_per_week: Annotated[int, Field(ge=1, le=MOST_A_WEEK)] | None = None


class DateOut(Out):
    """A date with hours of its own; without spans it is closed."""

    day: date
    spans: list[SpanOut]


class AvailabilityOut(Out):
    """An expert's hours. `outside` are coming sessions that are kept although they lie outside the hours."""

    zone: str
    week: WeekOut
    min_notice_hours: int
    horizon_days: int
    buffer_before: int
    buffer_after: int
    start_step: int | None
    max_per_day: int | None
    max_per_week: int | None
    exceptions: list[DateOut]
    outside: list[SlotOut]


class Exceptions(Out):
    """Dates with hours of their own, from today on."""

    items: list[DateOut]


class NewException(In):
    """Hours for one date; none means closed."""

    day: date
    spans: Spans = Field([])


class Kept(Out):
    """Coming sessions that are kept although they lie outside the hours now."""

    outside: list[SlotOut]


@operation("GET", "/me/availability", tag=TAG, roles=(EXPERT,), scope=Scope.READ, answer=AvailabilityOut)
def read_availability() -> Reply:
    """Read one's own hours."""
    return _shown()


@operation(
    "PUT",
    "/me/availability",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=AvailabilityOut,
    refusals=(409,),
    edits=True,
)
def replace_availability(body: AvailabilityIn) -> Reply:
    """Replace the usual week and the rules.

    `If-Match` carries the ETag that was read. What is booked stays booked.
    """
    page = availability_page(here.work(), here.actor())
    require_match(_etag(page))
    with stale_if_changed():
        services.set_whole(here.work(), _command(here.actor(), page, body))
    return _shown()


@operation("GET", "/me/exceptions", tag=TAG, roles=(EXPERT,), scope=Scope.READ, answer=Exceptions)
def read_exceptions() -> Exceptions:
    """List dates with hours of their own."""
    return Exceptions(items=_dates(availability_page(here.work(), here.actor())))


@operation("POST", "/me/exceptions", tag=TAG, roles=(EXPERT,), scope=Scope.OFFERINGS, answer=Kept, status=201)
def set_exception(body: NewException) -> Reply:
    """Give a date hours of its own, or close it."""
    changed = services.set_date(here.work(), SetDate(here.actor(), body.day, _spans(body.spans)))
    return Reply(_kept(changed.kept), location=f"/api/v1/me/exceptions/{body.day.isoformat()}")


@operation(
    "DELETE",
    "/me/exceptions/<string:day>",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    status=204,
    refusals=(404,),
)
def clear_exception(day: str) -> Reply:
    """Let the week's hours hold again on a date."""
    try:
        wished = date.fromisoformat(day)
    except ValueError as error:
        raise Lost("not_found") from error
    services.clear_date_hours(here.work(), ClearDate(here.actor(), wished))
    return Reply()


def _shown() -> Reply:
    page = availability_page(here.work(), here.actor())
    out = shown(
        AvailabilityOut,
        page,
        zone=str(page.zone),
        week=WeekOut(**{name: _spans_out(each.spans) for name, each in zip(DAYS, page.week, strict=True)}),
        exceptions=_dates(page),
        outside=[slot_out(slot) for slot in page.outside],
    )
    return Reply(out, etag=_etag(page))


def _etag(page: AvailabilityPage) -> str:
    week, rules = _seen(here.actor(), page)
    return etag_of("availability", week.week, *astuple(rules)[1:])


def _command(actor: Actor, page: AvailabilityPage, body: AvailabilityIn) -> SetWhole:
    return SetWhole(
        week=SetWeek(actor, tuple(_spans(getattr(body.week, name)) for name in DAYS)),
        rules=_rules(actor, body),
        seen=_seen(actor, page),
    )


def _seen(actor: Actor, page: AvailabilityPage) -> tuple[SetWeek, SetRules]:
    return SetWeek(actor, tuple(each.spans for each in page.week)), _rules(actor, page)


def _rules(actor: Actor, given: AvailabilityPage | AvailabilityIn) -> SetRules:
    return SetRules(
        actor,
        min_notice_hours=given.min_notice_hours,
        horizon_days=given.horizon_days,
        buffer_before=given.buffer_before,
        buffer_after=given.buffer_after,
        start_step=given.start_step,
        max_per_day=given.max_per_day,
        max_per_week=given.max_per_week,
    )


def _dates(page: AvailabilityPage) -> list[DateOut]:
    return [DateOut(day=each.day, spans=_spans_out(each.spans)) for each in page.dates]


def _kept(slots: tuple[Slot, ...]) -> Kept:
    return Kept(outside=[slot_out(slot) for slot in slots])


def _spans(spans: list[SpanIn]) -> tuple[Span, ...]:
    return tuple(Span(_minutes(each.opens), _minutes(each.closes)) for each in spans)


def _spans_out(spans: tuple[Span, ...]) -> list[SpanOut]:
    return [SpanOut(opens=_clock(each.opens), closes=_clock(each.closes)) for each in spans]


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
