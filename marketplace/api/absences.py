"""Somebody did not come: say so, take it back, or say otherwise."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from marketplace.api import here
from marketplace.api.bookings import TAG, booking_out
from marketplace.api.bookings_shapes import BookingOut
from marketplace.api.operation import EVERYBODY, EXPERT, LEAD, operation
from marketplace.api.shapes import In, Out, Text, shown
from marketplace.domain.tokens import Scope
from marketplace.queries.moving import moving
from marketplace.services import bookings as services
from marketplace.services.bookings.problems import LONGEST_WORDS

BOTH = (LEAD, EXPERT)


class WhatHappened(In):
    """What happened, in one's own words; the other side and, if it comes to that, an admin read it."""

    words: Annotated[Text, Field(min_length=1, max_length=LONGEST_WORDS)]


class ReportOut(Out):
    """Who is said not to have come: `accused` when it is the caller, who may answer until `contest_by`."""

    accused: bool
    contest_by: datetime
    words: str


class AbsenceOut(Out):
    """Whether the caller may report the other side now, and the report that waits for an answer."""

    may_report: bool
    report: ReportOut | None


@operation(
    "GET",
    "/bookings/<int:booking_id>/absence",
    tag=TAG,
    roles=EVERYBODY,
    scope=Scope.READ,
    answer=AbsenceOut,
    refusals=(404,),
)
def read_absence(booking_id: int) -> AbsenceOut:
    """Read whether somebody is said not to have come."""
    page = moving(here.work(), here.actor(), booking_id)
    return AbsenceOut(may_report=page.may_report, report=shown(ReportOut, page.absence) if page.absence else None)


@operation(
    "POST",
    "/bookings/<int:booking_id>/absence",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def report_absence(booking_id: int, body: WhatHappened) -> BookingOut:
    """Say that the other side did not come: the money stands still; they may answer for 72 hours."""
    services.report_no_show(here.work(), services.Absence(here.actor(), booking_id, body.words))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/absence/answer",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def contest_absence(booking_id: int, body: WhatHappened) -> BookingOut:
    """Say that one was there: an admin decides."""
    services.contest_no_show(here.work(), services.Absence(here.actor(), booking_id, body.words))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/absence/retraction",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def retract_absence(booking_id: int) -> BookingOut:
    """Take one's report back: the session goes on as if nothing had been said."""
    services.retract_no_show(here.work(), services.Absence(here.actor(), booking_id))
    return booking_out(booking_id)
