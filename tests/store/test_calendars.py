"""Calendars as stored: hours, dates, settings and occupied quarters of several experts in a fixed number of queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from marketplace.domain.calendar import Slot, Span, free_slots, quarters
from marketplace.domain.errors import Conflict
from marketplace.store.bookings import OccupiedQuarter
from marketplace.store.busy_times import set_busy_spans
from marketplace.store.calendars import (
    clear_date,
    coming_sessions,
    free,
    load_calendars,
    occupy,
    set_date_hours,
    set_weekly_hours,
)
from marketplace.store.transaction import Database
from tests.calendars import add_booking, add_expert
from tests.cast import START

WEEK = ((Span(540, 720), Span(780, 1020)),) * 5 + ((),) * 2
DAY = timedelta(days=1)
MORNING = Slot(datetime(2026, 11, 5, 8, tzinfo=UTC), datetime(2026, 11, 5, 11, tzinfo=UTC))


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_calendar_comes_back_as_it_was_stored(database: Database):
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès", "Europe/Paris", buffer_before=15, buffer_after=30, start_step=60)
        set_weekly_hours(tx.session, ines, WEEK)
        set_date_hours(tx.session, ines, date(2026, 11, 4), (Span(600, 780),))
        set_date_hours(tx.session, ines, date(2026, 11, 5), ())
    with database.reading() as session:
        stored = load_calendars(session, [ines], START, START + 7 * DAY)[ines]
    assert stored.zone == ZoneInfo("Europe/Paris")
    assert stored.weekly == WEEK
    assert stored.exceptions == {date(2026, 11, 4): (Span(600, 780),), date(2026, 11, 5): ()}
    assert (stored.min_notice, stored.horizon) == (2 * DAY, 60 * DAY)
    assert (stored.buffer_before, stored.buffer_after, stored.start_step) == (15, 30, 60)
    assert stored.busy == frozenset()


def test_new_hours_replace_the_old_ones_and_a_cleared_date_follows_the_week(database: Database):
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès")
        set_weekly_hours(tx.session, ines, WEEK)
        set_weekly_hours(tx.session, ines, ((Span(0, 1440),),) + ((),) * 6)
        set_date_hours(tx.session, ines, date(2026, 11, 4), (Span(600, 780), Span(840, 1080)))
        set_date_hours(tx.session, ines, date(2026, 11, 4), ())
        set_date_hours(tx.session, ines, date(2026, 11, 5), ())
        clear_date(tx.session, ines, date(2026, 11, 5))
    with database.reading() as session:
        stored = load_calendars(session, [ines], START, START + 7 * DAY)[ines]
    assert stored.weekly == ((Span(0, 1440),),) + ((),) * 6
    assert stored.exceptions == {date(2026, 11, 4): ()}


def test_an_expert_without_hours_has_an_empty_week_and_an_unknown_one_is_left_out(database: Database):
    with database.transaction(START) as tx:
        jeanne = add_expert(tx, "Jeanne")
    with database.reading() as session:
        assert load_calendars(session, [jeanne, 999], START, START + DAY).keys() == {jeanne}
        assert load_calendars(session, [jeanne], START, START + DAY)[jeanne].weekly == ((),) * 7


def test_the_number_of_queries_does_not_grow_with_the_experts(database: Database):
    with database.transaction(START) as tx:
        experts = [add_expert(tx, f"Expert {number}") for number in range(20)]
        for expert in experts:
            set_weekly_hours(tx.session, expert, WEEK)
    with database.reading() as session, counted(database) as statements:
        load_calendars(session, experts, START, START + 14 * DAY)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 5


def test_caps_cost_one_query_more_for_all_experts(database: Database):
    with database.transaction(START) as tx:
        experts = [add_expert(tx, f"Expert {number}", max_per_day=number % 3 or None) for number in range(20)]
        for expert in experts:
            occupy(tx.session, expert, quarters(MORNING, 0, 0), add_booking(tx, expert, MORNING))
    with database.reading() as session, counted(database) as statements:
        found = load_calendars(session, experts, START, START + 14 * DAY)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 6
    assert found[experts[1]].sessions == (quarters(MORNING, 0, 0).start,)
    assert found[experts[0]].sessions == ()  # without a cap nobody counts


def test_what_another_calendar_says_is_busy(database: Database):
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès")
        set_weekly_hours(tx.session, ines, WEEK)
        elsewhere = quarters(Slot(MORNING.starts_at - DAY, MORNING.ends_at + DAY), 0, 0)
        set_busy_spans(tx.session, ines, [elsewhere])
        stored = load_calendars(tx.session, [ines], START, START + 7 * DAY)[ines]
    assert stored.busy == frozenset(elsewhere)


def test_occupied_quarters_are_busy_until_they_are_freed(database: Database):
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès")
        set_weekly_hours(tx.session, ines, WEEK)
        booking = add_booking(tx, ines, MORNING)
        occupy(tx.session, ines, quarters(MORNING, 0, 0), booking)
        taken = load_calendars(tx.session, [ines], START, START + 7 * DAY)[ines]
        assert MORNING not in free_slots(taken, 180, START, START + 7 * DAY, START)
        free(tx.session, booking)
        again = load_calendars(tx.session, [ines], START, START + 7 * DAY)[ines]
        assert MORNING in free_slots(again, 180, START, START + 7 * DAY, START)


def test_a_second_booking_on_one_shared_quarter_is_refused_and_leaves_nothing(database: Database):
    late = Slot(MORNING.ends_at - timedelta(minutes=15), MORNING.ends_at + timedelta(hours=3))
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès")
        first, second = add_booking(tx, ines, MORNING), add_booking(tx, ines, late)
        occupy(tx.session, ines, quarters(MORNING, 0, 0), first)
        with pytest.raises(Conflict, match="slot_taken"):
            occupy(tx.session, ines, quarters(late, 0, 0), second)
        busy = load_calendars(tx.session, [ines], START, START + 7 * DAY)[ines].busy
    assert busy == frozenset(quarters(MORNING, 0, 0))


def test_sessions_that_only_touch_do_not_overlap_and_experts_do_not_disturb_each_other(database: Database):
    following = Slot(MORNING.ends_at, MORNING.ends_at + timedelta(hours=3))
    with database.transaction(START) as tx:
        ines, amara = add_expert(tx, "Inès"), add_expert(tx, "Amara")
        for expert, slot in ((ines, MORNING), (ines, following), (amara, MORNING)):
            occupy(tx.session, expert, quarters(slot, 0, 0), add_booking(tx, expert, slot))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OccupiedQuarter)) == 3 * len(quarters(MORNING, 0, 0))


def test_a_booking_that_does_not_exist_is_a_mistake_and_not_a_lost_race(database: Database):
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès")
        with pytest.raises(IntegrityError):
            occupy(tx.session, ines, quarters(MORNING, 0, 0), 999)


def test_coming_sessions_are_those_that_hold_time_and_are_not_over(database: Database):
    over = Slot(START - 2 * DAY, START - 2 * DAY + timedelta(hours=3))
    with database.transaction(START) as tx:
        ines = add_expert(tx, "Inès")
        for slot in (over, MORNING):
            occupy(tx.session, ines, quarters(slot, 0, 0), add_booking(tx, ines, slot))
        add_booking(tx, ines, Slot(MORNING.starts_at + DAY, MORNING.ends_at + DAY))  # was declined: holds nothing
        assert coming_sessions(tx.session, ines, START) == (MORNING,)
