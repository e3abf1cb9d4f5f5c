"""Free slots of several experts at once, and their weeks of dials."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from marketplace.domain.calendar import Slot, Span
from marketplace.queries.availability import dial_of
from marketplace.queries.slots import first_shown_day, next_slots, week_of_dials
from marketplace.store.calendars import set_weekly_hours
from marketplace.store.transaction import Database
from tests.calendars import add_expert
from tests.cast import START

PARIS = ZoneInfo("Europe/Paris")
WEEK = ((Span(540, 1080),),) * 5 + ((),) * 2


def slot(day: int, hour: int) -> Slot:
    start = datetime(2026, 11, day, hour, tzinfo=PARIS).astimezone(UTC)
    return Slot(start, start + timedelta(hours=3))


def test_every_expert_gets_slots_of_their_own_length(database: Database):
    with database.transaction(START) as tx:
        ines, amara = add_expert(tx, "Inès"), add_expert(tx, "Amara", "America/Montreal")
        jeanne = add_expert(tx, "Jeanne")
        for expert in (ines, amara):
            set_weekly_hours(tx.session, expert, WEEK)
    with database.reading() as session:
        found = next_slots(session, {ines: 180, amara: 240, jeanne: 180, 999: 180}, START, 3)
    assert found[ines] == (slot(4, 9), slot(4, 12), slot(4, 15))
    assert [one.minutes for one in found[amara]] == [240, 240]
    assert found[jeanne] == ()
    assert 999 not in found


def test_the_dials_show_five_working_days_and_pass_over_the_weekend():
    slots = (slot(6, 9), slot(7, 9), slot(9, 12), slot(9, 15), slot(10, 18))
    assert week_of_dials(slots, date(2026, 11, 5), PARIS) == (
        (date(2026, 11, 5), frozenset()),
        (date(2026, 11, 6), frozenset("a")),
        (date(2026, 11, 9), frozenset("bc")),
        (date(2026, 11, 10), frozenset("d")),
        (date(2026, 11, 11), frozenset()),
    )


def test_the_dials_follow_the_viewers_zone():
    [(day, quarters)] = week_of_dials([slot(6, 15)], date(2026, 11, 6), ZoneInfo("America/Montreal"), days=1)
    assert (day, quarters) == (date(2026, 11, 6), frozenset("a"))


def test_a_card_begins_with_the_first_free_day_or_today():
    assert first_shown_day((slot(6, 9),), START, PARIS) == date(2026, 11, 6)
    assert first_shown_day((), START, PARIS) == date(2026, 11, 2)


def test_hours_light_every_quarter_they_touch():
    assert dial_of((Span(540, 720),)) == frozenset("a")
    assert dial_of((Span(600, 735), Span(1080, 1200))) == frozenset("abd")
    assert dial_of(()) == frozenset()
