"""Calendars: the private address of one's own sessions, and an expert's other calendar, whose busy times count."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from marketplace.api import here
from marketplace.api.operation import EXPERT, LEAD, Reply, operation
from marketplace.api.shapes import In, Line, Out, shown
from marketplace.domain.errors import NotFound
from marketplace.domain.tokens import Scope
from marketplace.queries.availability import availability_page
from marketplace.queries.feeds import feed_page
from marketplace.services import busy_times, feeds

BOTH = (LEAD, EXPERT)
LONGEST_ADDRESS = 2_000


class FeedOut(Out):
    """The private address of one's own sessions as a calendar. Whoever knows it can read them; null: there is none."""

    url: str | None
    since: datetime | None


class NewCalendar(In):
    """Where an ICS file is: an https or webcal address."""

    url: Annotated[Line, Field(min_length=8, max_length=LONGEST_ADDRESS)]


class CalendarOut(Out):
    """An expert's other calendar. Its address is told to nobody again; `error` says in a word why it was not read."""

    host: str
    read_at: datetime | None
    tried_at: datetime | None
    events: int = Field(description="How many stretches of time it takes.")
    error: str


@operation("GET", "/me/feed", tag="bookings", roles=BOTH, scope=Scope.BOOKINGS, answer=FeedOut)
def read_feed() -> FeedOut:
    """Read the private address of one's own sessions."""
    return _feed()


@operation("POST", "/me/feed/renewal", tag="bookings", roles=BOTH, scope=Scope.BOOKINGS, answer=FeedOut)
def renew_feed() -> FeedOut:
    """Get an address, or another one: the one before opens nothing any more."""
    feeds.renew_feed(here.work(), here.actor())
    return _feed()


@operation("DELETE", "/me/feed", tag="bookings", roles=BOTH, scope=Scope.BOOKINGS, status=204, refusals=(404,))
def close_feed() -> Reply:
    """Close the address."""
    feeds.close_feed(here.work(), here.actor())
    return Reply()


@operation(
    "GET", "/me/calendar", tag="availability", roles=(EXPERT,), scope=Scope.READ, answer=CalendarOut, refusals=(404,)
)
def read_calendar() -> CalendarOut:
    """Read how one's other calendar does."""
    return _calendar()


@operation(
    "POST", "/me/calendar", tag="availability", roles=(EXPERT,), scope=Scope.OFFERINGS, answer=CalendarOut, status=201
)
def set_calendar(body: NewCalendar) -> CalendarOut:
    """Say where one's other calendar is; the worker reads it within a minute. An earlier one is forgotten."""
    busy_times.set_calendar(here.work(), busy_times.SetCalendar(here.actor(), body.url))
    return _calendar()


@operation(
    "POST",
    "/me/calendar/reading",
    tag="availability",
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=CalendarOut,
    refusals=(404,),
)
def ask_for_reading() -> CalendarOut:
    """Have it read with the worker's next round; once a minute at most."""
    busy_times.read_again(here.work(), here.actor())
    return _calendar()


@operation(
    "DELETE", "/me/calendar", tag="availability", roles=(EXPERT,), scope=Scope.OFFERINGS, status=204, refusals=(404,)
)
def remove_calendar() -> Reply:
    """Forget one's other calendar and what it said."""
    busy_times.remove_calendar(here.work(), here.actor())
    return Reply()


def _feed() -> FeedOut:
    page = feed_page(here.work(), here.actor(), here.zone())
    return FeedOut(url=page.url or None, since=page.since)


def _calendar() -> CalendarOut:
    other = availability_page(here.work(), here.actor()).other
    if other is None:
        raise NotFound("busy_source")
    return shown(CalendarOut, other)
