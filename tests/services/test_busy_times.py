"""An expert's other calendar: told, read by the worker, stale, read again, forgotten; and nobody else's business."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace.domain.calendar import Slot, Span, quarters
from marketplace.domain.errors import Forbidden, Invalid, NotFound, TooMany
from marketplace.outside.port import BusyWindow, Fetched, Unreadable
from marketplace.queries.availability import OtherCalendar, availability_page
from marketplace.services.availability import SetWeek, set_week
from marketplace.services.busy_times import SetCalendar, read_again, read_due, remove_calendar, set_calendar
from marketplace.store.busy_times import BusySource
from marketplace.store.calendars import load_calendars
from marketplace.store.journal import JournalRow
from marketplace.work import Work
from tests.cast import START, Cast

URL = "https://calendar.example/private-3f9a/basic.ics"
MORNING = Slot(datetime(2026, 11, 5, 8, tzinfo=UTC), datetime(2026, 11, 5, 11, tzinfo=UTC))
TAKEN = quarters(MORNING, 0, 0)


class Stranger:
    """A calendar whose answers the test decides: spans, or the code of a failure; None means unchanged."""

    def __init__(self, answer: tuple[range, ...] | str | None) -> None:
        self.answer = answer
        self.tags: list[tuple[str, str]] = []
        self.windows: list[BusyWindow] = []

    def fetch(self, url: str, etag: str, modified: str) -> Fetched:
        assert url == URL
        self.tags.append((etag, modified))
        if isinstance(self.answer, str):
            raise Unreadable(self.answer)
        return Fetched(None if self.answer is None else b"file", '"1"', "Mon")

    def busy(self, body: bytes, window: BusyWindow) -> tuple[range, ...]:
        self.windows.append(window)
        assert isinstance(self.answer, tuple)
        return self.answer


@pytest.fixture
def other() -> Stranger:
    return Stranger((TAKEN,))


@pytest.fixture
def work(work: Work, other: Stranger, cast: Cast) -> Work:
    from dataclasses import replace

    reading = replace(work, calendars=other)
    set_week(reading, SetWeek(cast.ines.actor, ((Span(540, 720),),) * 7))
    return reading


def busy(work: Work, cast: Cast) -> frozenset[int]:
    with work.reading() as session:
        return load_calendars(session, [cast.ines.id], START, START + timedelta(days=7))[cast.ines.id].busy


def shown(work: Work, cast: Cast) -> OtherCalendar | None:
    return availability_page(work, cast.ines.actor).other


def test_busy_times_elsewhere_are_no_slots_here(work: Work, cast: Cast, other: Stranger):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    assert shown(work, cast).waiting
    assert busy(work, cast) == frozenset()
    assert read_due(work) == 1
    assert busy(work, cast) == frozenset(TAKEN)
    assert shown(work, cast) == OtherCalendar("calendar.example", START, START, 1, "")
    days = [day.day.day for day in availability_page(work, cast.ines.actor).preview]
    assert 5 not in days
    assert {4, 6} <= set(days)
    assert (other.windows[0].zone.key, other.windows[0].own_host) == ("Europe/Paris", "127.0.0.1")


def test_it_is_read_again_every_quarter_of_an_hour_and_what_has_not_changed_stays(work, cast, other, clock):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read_due(work)
    clock.advance(minutes=14)
    assert read_due(work) == 0
    clock.advance(minutes=1)
    other.answer = None
    assert read_due(work) == 1
    assert other.tags == [("", ""), ('"1"', "Mon")]
    assert busy(work, cast) == frozenset(TAKEN)
    assert shown(work, cast).read_at == clock()


def test_once_a_day_it_is_read_in_full_since_the_window_has_moved(work, cast, other, clock):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read_due(work)
    clock.advance(days=1)
    read_due(work)
    assert other.tags[-1] == ("", "")


def test_a_calendar_that_fails_keeps_its_last_good_copy_and_says_how_old_it_is(work, cast, other, clock):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read_due(work)
    other.answer = "calendar_gone"
    for wait in (15, 15, 30):  # each failure waits twice as long as the one before
        clock.advance(minutes=wait - 1)
        assert read_due(work) == 0
        clock.advance(minutes=1)
        assert read_due(work) == 1
    assert busy(work, cast) == frozenset(TAKEN)
    page = shown(work, cast)
    assert (page.error, page.read_at, page.tried_at) == ("calendar_gone", START, clock())
    other.answer = ()
    clock.advance(hours=6)
    read_due(work)
    assert busy(work, cast) == frozenset()
    assert shown(work, cast).error == ""


def test_another_address_forgets_what_the_first_one_said(work, cast):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read_due(work)
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    assert busy(work, cast) == frozenset()
    remove_calendar(work, cast.ines.actor)
    assert shown(work, cast) is None
    with pytest.raises(NotFound):
        remove_calendar(work, cast.ines.actor)


@pytest.mark.parametrize("answer", [(TAKEN,), "calendar_away"])
def test_a_calendar_that_is_replaced_while_it_is_read_is_not_mixed_up(work, cast, other, answer):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read = other.fetch

    def replaced(*args: str) -> Fetched:
        set_calendar(work, SetCalendar(cast.ines.actor, "https://other.example/b.ics"))
        return read(*args)

    other.fetch, other.answer = replaced, answer
    read_due(work)
    assert busy(work, cast) == frozenset()
    assert shown(work, cast) == OtherCalendar("other.example", None, None, 0, "")


def test_two_workers_do_not_read_the_same_calendar_at_once(work, cast, other):
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read = other.fetch

    def meanwhile(*args: str) -> Fetched:
        assert read_due(work) == 0
        return read(*args)

    other.fetch = meanwhile
    assert read_due(work) == 1


def test_an_expert_may_ask_for_a_reading_once_a_minute(work, cast, other, clock):
    with pytest.raises(NotFound):
        read_again(work, cast.ines.actor)
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    read_due(work)
    with pytest.raises(TooMany):
        read_again(work, cast.ines.actor)
    clock.advance(minutes=1)
    read_again(work, cast.ines.actor)
    assert read_due(work) == 1


def test_what_is_no_address_is_refused_and_the_journal_keeps_the_host_alone(work, cast):
    with pytest.raises(Invalid, match="calendar_address"):
        set_calendar(work, SetCalendar(cast.ines.actor, "http://calendar.example/a.ics"))
    set_calendar(work, SetCalendar(cast.ines.actor, URL))
    remove_calendar(work, cast.ines.actor)
    with work.reading() as session:
        rows = [(row.what, row.new) for row in session.scalars(select(JournalRow).order_by(JournalRow.id))][-2:]
    assert rows == [
        ("availability.calendar_set", {"host": "calendar.example"}),
        ("availability.calendar_removed", {}),
    ]


def test_only_experts_have_another_calendar(work, cast):
    for act in (lambda: set_calendar(work, SetCalendar(cast.lea.actor, URL)), lambda: read_again(work, cast.lea.actor)):
        with pytest.raises(Forbidden):
            act()
    with work.reading() as session:
        assert session.scalars(select(BusySource)).all() == []
