"""What an expert does to their calendar, below the pages: rules, refusals, journal, and what happens to bookings."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from marketplace.domain.access import Actor, Role
from marketplace.domain.calendar import Slot, Span, quarters
from marketplace.domain.errors import Forbidden, Invalid, NotFound
from marketplace.services.availability import (
    MAX_HORIZON_DAYS,
    MAX_NOTICE_HOURS,
    MOST_A_DAY,
    MOST_A_WEEK,
    ClearDate,
    SetDate,
    SetRules,
    SetWeek,
    clear_date_hours,
    set_date,
    set_rules,
    set_week,
)
from marketplace.store.calendars import load_calendars, occupy
from marketplace.store.journal import JournalRow
from marketplace.work import Work
from tests.calendars import add_booking
from tests.cast import START, Cast

MORNINGS = ((Span(540, 720),),) * 5 + ((),) * 2
CLOSED: tuple[tuple[Span, ...], ...] = ((),) * 7
THURSDAY = Slot(datetime(2026, 11, 5, 8, tzinfo=UTC), datetime(2026, 11, 5, 11, tzinfo=UTC))  # 9 to 12 in Paris
RULES = {"min_notice_hours": 24, "horizon_days": 30, "buffer_before": 15, "buffer_after": 30, "start_step": 60}
CAPS = {"max_per_day": None, "max_per_week": None}


def book(work: Work, expert_id: int, slot: Slot) -> None:
    with work.transaction() as tx:
        occupy(tx.session, expert_id, quarters(slot, 0, 0), add_booking(tx, expert_id, slot))


def journal(work: Work) -> list[tuple[str, dict[str, object], dict[str, object]]]:
    with work.reading() as session:
        return [(row.what, row.old, row.new) for row in session.scalars(select(JournalRow).order_by(JournalRow.id))]


def test_hours_that_still_hold_every_session_leave_nothing_outside(work: Work, cast: Cast):
    set_week(work, SetWeek(cast.ines.actor, MORNINGS))
    book(work, cast.ines.id, THURSDAY)
    assert set_week(work, SetWeek(cast.ines.actor, MORNINGS)).kept == ()


@pytest.mark.parametrize("hours", [(Span(555, 720),), (Span(540, 705),), (Span(540, 630), Span(645, 720)), ()])
def test_hours_that_miss_a_quarter_of_a_session_keep_it_and_say_so(work: Work, cast: Cast, hours: tuple[Span, ...]):
    book(work, cast.ines.id, THURSDAY)
    week = tuple(hours if day == 3 else () for day in range(7))
    assert set_week(work, SetWeek(cast.ines.actor, week)).kept == (THURSDAY,)
    with work.reading() as session:
        assert load_calendars(session, [cast.ines.id], START, THURSDAY.ends_at)[cast.ines.id].busy


def test_a_closed_date_keeps_its_session_and_clearing_it_brings_it_back_inside(work: Work, cast: Cast):
    set_week(work, SetWeek(cast.ines.actor, MORNINGS))
    book(work, cast.ines.id, THURSDAY)
    day = date(2026, 11, 5)
    assert set_date(work, SetDate(cast.ines.actor, day, ())).kept == (THURSDAY,)
    assert clear_date_hours(work, ClearDate(cast.ines.actor, day)).kept == ()


def test_clearing_a_date_says_which_hours_it_had(work: Work, cast: Cast):
    spans = (Span(600, 720), Span(840, 1020))
    set_date(work, SetDate(cast.ines.actor, date(2026, 11, 5), spans))
    assert clear_date_hours(work, ClearDate(cast.ines.actor, date(2026, 11, 5))).removed == spans
    with pytest.raises(NotFound):
        clear_date_hours(work, ClearDate(cast.ines.actor, date(2026, 11, 5)))


def test_today_counts_on_the_experts_clock(work: Work, cast: Cast, clock):
    clock.advance(hours=20)  # 04:00 on Tuesday in Paris is still Monday in Montreal
    set_date(work, SetDate(cast.amara.actor, date(2026, 11, 2), ()))
    with pytest.raises(Invalid, match="date_past"):
        set_date(work, SetDate(cast.ines.actor, date(2026, 11, 2), ()))


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ((Span(720, 540),), "hours_inverted"),
        ((Span(540, 540),), "hours_inverted"),
        ((Span(540, 727),), "hours_off_quarter"),
        ((Span(-15, 540),), "hours_off_day"),
        ((Span(540, 1455),), "hours_off_day"),
        ((Span(540, 720), Span(705, 900)), "hours_overlap"),
        ((Span(0, 60), Span(120, 180), Span(240, 300), Span(360, 420)), "hours_too_many"),
    ],
)
def test_wrong_hours_are_refused_and_nothing_changes(work: Work, cast: Cast, spans: tuple[Span, ...], code: str):
    set_week(work, SetWeek(cast.ines.actor, MORNINGS))
    with pytest.raises(Invalid, match=code):
        set_week(work, SetWeek(cast.ines.actor, (spans, *MORNINGS[1:])))
    with pytest.raises(Invalid, match=code):
        set_date(work, SetDate(cast.ines.actor, date(2026, 11, 5), spans))
    with work.reading() as session:
        assert load_calendars(session, [cast.ines.id], START, START)[cast.ines.id].weekly == MORNINGS


def test_hours_that_touch_and_fill_the_day_are_fine(work: Work, cast: Cast):
    day = (Span(0, 720), Span(720, 1440))
    assert set_week(work, SetWeek(cast.ines.actor, (day, *CLOSED[1:]))).kept == ()


def test_a_week_has_seven_days(work: Work, cast: Cast):
    with pytest.raises(Invalid, match="week_incomplete"):
        set_week(work, SetWeek(cast.ines.actor, MORNINGS[:5]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_notice_hours", 0),
        ("min_notice_hours", MAX_NOTICE_HOURS),
        ("horizon_days", 1),
        ("horizon_days", MAX_HORIZON_DAYS),
        ("buffer_before", 240),
        ("buffer_after", 0),
        ("start_step", None),
        ("start_step", 15),
        ("max_per_day", 1),
        ("max_per_day", MOST_A_DAY),
        ("max_per_week", MOST_A_WEEK),
    ],
)
def test_rules_up_to_the_limits_are_accepted(work: Work, cast: Cast, name: str, value: int | None):
    set_rules(work, SetRules(cast.ines.actor, **(RULES | {name: value})))
    what, _old, new = journal(work)[-1]
    assert (what, new[name]) == ("availability.rules_set", value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_notice_hours", -1),
        ("min_notice_hours", MAX_NOTICE_HOURS + 1),
        ("horizon_days", 0),
        ("horizon_days", MAX_HORIZON_DAYS + 1),
        ("buffer_before", 10),
        ("buffer_after", 255),
        ("start_step", 0),
        ("start_step", 20),
        ("max_per_day", 0),
        ("max_per_day", MOST_A_DAY + 1),
        ("max_per_week", 0),
        ("max_per_week", MOST_A_WEEK + 1),
    ],
)
def test_rules_beyond_the_limits_are_refused_by_name(work: Work, cast: Cast, name: str, value: int):
    with pytest.raises(Invalid) as refusal:
        set_rules(work, SetRules(cast.ines.actor, **(RULES | {name: value})))
    assert refusal.value.facts["field"] == name


def test_every_change_is_in_the_journal(work: Work, cast: Cast):
    set_week(work, SetWeek(cast.ines.actor, (MORNINGS[0], *CLOSED[1:])))
    set_rules(work, SetRules(cast.ines.actor, **RULES))
    set_date(work, SetDate(cast.ines.actor, date(2026, 11, 5), (Span(600, 720),)))
    clear_date_hours(work, ClearDate(cast.ines.actor, date(2026, 11, 5)))
    week, rules, set_, cleared = journal(work)[-4:]
    assert week == ("availability.week_set", {}, {"0": [[540, 720]]})
    assert rules[0] == "availability.rules_set"
    assert rules[1]["min_notice_hours"] == 48
    assert rules[2] == RULES | CAPS
    assert set_ == ("availability.date_set", {}, {"day": "2026-11-05", "hours": [[600, 720]]})
    assert cleared == ("availability.date_cleared", {"day": "2026-11-05", "hours": [[600, 720]]}, {})


def test_only_experts_with_a_profile_have_a_calendar(work: Work, cast: Cast):
    with pytest.raises(Forbidden):
        set_week(work, SetWeek(cast.lea.actor, MORNINGS))
    with pytest.raises(NotFound):
        set_week(work, SetWeek(Actor(cast.ada.id, Role.EXPERT), MORNINGS))


def test_a_session_that_is_over_is_no_longer_told(work: Work, cast: Cast, clock):
    book(work, cast.ines.id, THURSDAY)
    clock.advance(days=7)
    assert set_week(work, SetWeek(cast.ines.actor, CLOSED)).kept == ()
