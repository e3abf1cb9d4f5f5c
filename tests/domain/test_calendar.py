"""Free slots: wall-clock hours per date, elapsed lengths, notice, horizon, buffers, and every kind of clock change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.domain.calendar import (
    ExpertCalendar,
    Slot,
    Span,
    dial_quarter,
    free_slots,
    is_bookable,
    is_in_the_way,
    moment_of,
    nearest,
    quarter_from,
    quarters,
    without,
)
from marketplace.domain.wall_clock import joined
from tests.cast import START

PARIS = ZoneInfo("Europe/Paris")
OFFICE = (Span(9 * 60, 18 * 60),)
HOUR = timedelta(hours=1)


def calendar(zone: ZoneInfo = PARIS, spans: tuple[Span, ...] = OFFICE, **changes: object) -> ExpertCalendar:
    plain = ExpertCalendar(
        expert_id=1,
        zone=zone,
        weekly=(spans,) * 7,
        exceptions={},
        min_notice=timedelta(),
        horizon=timedelta(days=60),
        buffer_before=0,
        buffer_after=0,
        start_step=None,
        busy=frozenset(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def on(day: date, expert: ExpertCalendar, length: int = 180, now: datetime | None = None) -> list[tuple[str, str]]:
    """The day's slots on the expert's wall clock."""
    midnight = datetime.combine(day, datetime.min.time(), expert.zone).astimezone(UTC)
    found = free_slots(expert, length, midnight, midnight + timedelta(hours=26), now or midnight - 24 * HOUR)
    local = [(slot.starts_at.astimezone(expert.zone), slot.ends_at.astimezone(expert.zone)) for slot in found]
    return [(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in local if start.date() == day]


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def test_a_day_is_cut_into_sessions_from_its_opening():
    assert on(date(2026, 11, 3), calendar()) == [("09:00", "12:00"), ("12:00", "15:00"), ("15:00", "18:00")]


def test_a_step_of_an_hour_starts_sessions_every_hour():
    starts = [start for start, _ in on(date(2026, 11, 3), calendar(start_step=60))]
    assert starts == ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]


def test_each_span_anchors_its_own_starts():
    spans = (Span(8 * 60 + 30, 12 * 60), Span(13 * 60 + 15, 17 * 60))
    assert on(date(2026, 11, 3), calendar(spans=spans)) == [("08:30", "11:30"), ("13:15", "16:15")]


def test_spans_that_touch_are_one():
    spans = (Span(11 * 60, 13 * 60), Span(9 * 60, 11 * 60))
    assert on(date(2026, 11, 3), calendar(spans=spans)) == [("09:00", "12:00")]
    assert joined(spans) == (Span(9 * 60, 13 * 60),)


def test_spans_with_a_quarter_between_them_stay_apart():
    spans = (Span(9 * 60, 11 * 60), Span(11 * 60 + 15, 13 * 60))
    assert on(date(2026, 11, 3), calendar(spans=spans)) == []


def test_a_session_may_run_over_midnight_where_the_next_date_opens_at_once():
    evenings = calendar(spans=(Span(0, 2 * 60), Span(20 * 60, 24 * 60)))
    assert on(date(2026, 11, 3), evenings) == [("20:00", "23:00"), ("23:00", "02:00")]
    assert on(date(2026, 11, 3), calendar(spans=(Span(15, 2 * 60), Span(20 * 60, 24 * 60)))) == [("20:00", "23:00")]


def test_open_day_and_night_gives_the_same_starts_whatever_the_window():
    always = calendar(spans=(Span(0, 24 * 60),))
    whole = free_slots(always, 180, paris(3, 0), paris(6, 0), START)
    assert [start for start, _ in on(date(2026, 11, 3), always)] == [f"{hour:02d}:00" for hour in range(0, 24, 3)]
    assert free_slots(always, 180, paris(4, 7), paris(6, 0), START) == tuple(
        slot for slot in whole if slot.starts_at >= paris(4, 7)
    )


@pytest.mark.parametrize(("most", "left"), [(None, 2), (2, 2), (1, 0)])
def test_the_cap_of_a_day_counts_sessions_by_the_experts_date(most: int | None, left: int):
    sold = quarter_from(paris(3, 9))
    expert = calendar(max_per_day=most, sessions=(sold,), busy=frozenset(range(sold, sold + 12)))
    assert len(on(date(2026, 11, 3), expert)) == left
    assert len(on(date(2026, 11, 4), expert)) == 3


def test_a_late_session_counts_on_the_date_of_its_start_in_the_experts_zone():
    late = paris(3, 23)  # already the 4th in Reunion
    assert on(date(2026, 11, 3), calendar(max_per_day=1, sessions=(quarter_from(late),))) == []
    reunion = calendar(ZoneInfo("Indian/Reunion"), max_per_day=1, sessions=(quarter_from(late),))
    assert len(on(date(2026, 11, 3), reunion)) == 3
    assert on(date(2026, 11, 4), reunion) == []


@pytest.mark.parametrize(("most", "open_days"), [(3, 0), (4, 7)])
def test_the_cap_of_a_week_counts_from_monday_to_sunday(most: int, open_days: int):
    sold = tuple(quarter_from(paris(day, 6)) for day in (2, 4, 8))  # Monday, Wednesday, Sunday
    expert = calendar(max_per_week=most, sessions=sold)
    assert sum(bool(on(date(2026, 11, day), expert)) for day in range(2, 9)) == open_days
    assert on(date(2026, 11, 9), expert)
    assert on(date(2026, 11, 1), expert)


def test_a_session_that_moves_is_not_in_its_own_way():
    sold = Slot(paris(3, 9), paris(3, 12))
    expert = calendar(
        max_per_day=1, sessions=(quarter_from(sold.starts_at),), busy=frozenset(quarters(sold, 0, 0)), start_step=60
    )
    later = Slot(paris(3, 10), paris(3, 13))
    assert not is_bookable(expert, later, START)
    assert is_bookable(without(expert, sold, quarters(sold, 0, 0)), later, START)
    assert without(expert, Slot(paris(5, 9), paris(5, 12)), ()).sessions == expert.sessions


def test_whether_a_slot_is_in_the_way_counts_the_buffers():
    expert = calendar(buffer_after=30, busy=frozenset(quarters(Slot(paris(3, 12), paris(3, 13)), 0, 0)))
    assert is_in_the_way(expert, Slot(paris(3, 9), paris(3, 12)))
    assert not is_in_the_way(expert, Slot(paris(3, 8), paris(3, 11)))


def test_a_day_may_end_at_midnight():
    assert on(date(2026, 11, 3), calendar(spans=(Span(21 * 60, 24 * 60),))) == [("21:00", "00:00")]


def test_an_exception_replaces_the_weeks_hours_and_no_hours_means_closed():
    expert = calendar(exceptions={date(2026, 11, 3): (Span(14 * 60, 17 * 60),), date(2026, 11, 4): ()})
    assert on(date(2026, 11, 3), expert) == [("14:00", "17:00")]
    assert on(date(2026, 11, 4), expert) == []
    assert len(on(date(2026, 11, 5), expert)) == 3


@pytest.mark.parametrize(("early", "listed"), [(-1, True), (0, True), (1, False)])
def test_the_minimum_notice_counts_to_the_minute(early: int, listed: bool):
    expert = calendar(min_notice=48 * HOUR)
    now = paris(3, 9) - 48 * HOUR + timedelta(minutes=early)
    assert (("09:00", "12:00") in on(date(2026, 11, 3), expert, now=now)) is listed


@pytest.mark.parametrize(("early", "listed"), [(-1, False), (0, True), (1, True)])
def test_the_horizon_counts_to_the_minute(early: int, listed: bool):
    expert = calendar(horizon=timedelta(days=7))
    now = paris(10, 9) - timedelta(days=7) + timedelta(minutes=early)
    assert (("09:00", "12:00") in on(date(2026, 11, 10), expert, now=now)) is listed


def test_busy_quarters_take_away_every_slot_they_touch():
    noon = Slot(paris(3, 11, 45), paris(3, 12, 15))
    expert = calendar(busy=frozenset(quarters(noon, 0, 0)))
    assert on(date(2026, 11, 3), expert) == [("15:00", "18:00")]


@pytest.mark.parametrize(
    ("before", "after", "starts"),
    [
        (0, 0, ["09:00", "10:00", "14:00", "15:00"]),  # a booking from 13 to 14 without buffers
        (15, 0, ["09:00", "10:00", "15:00"]),  # the next candidate needs a quarter before it
        (0, 15, ["09:00", "14:00", "15:00"]),  # the one before needs a quarter after it
        (60, 60, ["09:00", "15:00"]),
    ],
)
def test_a_candidate_needs_its_own_buffers_free(before: int, after: int, starts: list[str]):
    booked = frozenset(quarters(Slot(paris(3, 13), paris(3, 14)), 0, 0))
    expert = calendar(start_step=60, busy=booked, buffer_before=before, buffer_after=after)
    assert [start for start, _ in on(date(2026, 11, 3), expert)] == starts


def test_the_buffers_of_two_bookings_stack():
    first = Slot(paris(3, 9), paris(3, 12))
    expert = calendar(start_step=15, buffer_before=30, buffer_after=30, busy=frozenset(quarters(first, 30, 30)))
    assert on(date(2026, 11, 3), expert)[0] == ("13:00", "16:00")


def test_buffers_may_lie_outside_the_open_hours():
    expert = calendar(spans=(Span(9 * 60, 12 * 60),), buffer_before=60, buffer_after=60)
    assert on(date(2026, 11, 3), expert) == [("09:00", "12:00")]


def test_quarters_of_a_slot_count_both_buffers():
    slot = Slot(paris(3, 9), paris(3, 12))
    assert len(quarters(slot, 0, 0)) == 12
    assert len(quarters(slot, 30, 15)) == 15
    assert moment_of(quarters(slot, 30, 15).start) == paris(3, 8, 30)


def test_spring_leaves_out_the_hour_that_does_not_exist():
    night = calendar(spans=(Span(2 * 60, 9 * 60),))
    assert on(date(2027, 3, 28), night) == [("03:00", "06:00"), ("06:00", "09:00")]
    assert on(date(2027, 3, 28), calendar(spans=(Span(60, 3 * 60 + 45),)), 120) == []
    assert on(date(2027, 3, 28), calendar(spans=(Span(60, 4 * 60),)), 120) == [("01:00", "04:00")]


def test_autumn_offers_the_hour_that_comes_twice_twice():
    night = calendar(spans=(Span(60, 4 * 60),))
    found = free_slots(night, 60, datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 4, tzinfo=UTC), START)
    assert found == ()  # beyond the horizon
    now = datetime(2027, 10, 20, tzinfo=UTC)
    found = free_slots(night, 60, datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 4, tzinfo=UTC), now)
    walls = [slot.starts_at.astimezone(PARIS) for slot in found]
    assert [(wall.hour, wall.fold) for wall in walls] == [(1, 0), (2, 0), (2, 1), (3, 0)]


def test_hours_that_end_inside_the_doubled_hour_are_open_twice_but_never_across_the_break():
    short = calendar(spans=(Span(60, 2 * 60 + 30),))
    assert on(date(2027, 10, 31), short, 30) == [
        ("01:00", "01:30"),
        ("01:30", "02:00"),
        ("02:00", "02:30"),
        ("02:00", "02:30"),
    ]
    assert on(date(2027, 10, 31), short, 90) == [("01:00", "02:30")]


def test_a_date_whose_midnight_does_not_exist_begins_an_hour_later():
    cairo = calendar(ZoneInfo("Africa/Cairo"), (Span(0, 6 * 60),))
    changed = date(2026, 4, 24)  # 00:00 becomes 01:00
    assert on(changed, cairo) == [("01:00", "04:00")]
    assert on(date(2026, 4, 25), cairo) == [("00:00", "03:00"), ("03:00", "06:00")]


def test_a_slot_told_in_another_zone_than_utc_is_refused():
    with pytest.raises(ValueError, match="UTC"):
        Slot(datetime(2026, 11, 3, 9, tzinfo=PARIS), datetime(2026, 11, 3, 12, tzinfo=PARIS))


@pytest.mark.parametrize("length", [0, -15, 50])
def test_a_length_that_is_no_multiple_of_a_quarter_is_refused(length: int):
    with pytest.raises(ValueError, match="multiple of 15"):
        free_slots(calendar(), length, START, START + 24 * HOUR, START)


@pytest.mark.parametrize("minutes", [0, -180, 170])
def test_a_slot_of_an_odd_length_is_never_bookable(minutes: int):
    odd = Slot(paris(3, 9), paris(3, 9) + timedelta(minutes=minutes))
    assert not is_bookable(calendar(), odd, START)


def test_a_slot_off_the_anchors_is_not_bookable():
    assert is_bookable(calendar(), Slot(paris(3, 9), paris(3, 12)), START)
    assert not is_bookable(calendar(), Slot(paris(3, 10), paris(3, 13)), START)
    assert not is_bookable(calendar(), Slot(paris(3, 9, 7), paris(3, 12, 7)), START)


def test_an_empty_stretch_has_no_slots():
    assert free_slots(calendar(), 180, START, START, START) == ()


def test_the_nearest_slots_come_nearest_first_and_the_earlier_of_two():
    slots = free_slots(calendar(), 180, paris(3, 0), paris(5, 0), START)
    assert [slot.starts_at for slot in nearest(slots, paris(3, 12), 3)] == [paris(3, 12), paris(3, 9), paris(3, 15)]


@pytest.mark.parametrize(
    ("start", "quarter"), [(6, "d"), (8, "a"), (9, "a"), (10, "a"), (11, "b"), (12, "b"), (15, "c"), (18, "d")]
)
def test_the_dial_shows_the_middle_of_the_slot(start: int, quarter: str):
    assert dial_quarter(Slot(paris(3, start), paris(3, start) + 3 * HOUR), PARIS) == quarter


def test_the_dial_follows_the_viewers_zone():
    slot = Slot(paris(3, 15), paris(3, 18))
    assert dial_quarter(slot, ZoneInfo("America/Montreal")) == "a"


# Around the clock changes: random dates miss the bug, so everything is drawn within six hours of a change.

CHANGES = {
    "Europe/Paris": [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)],
    "America/Montreal": [datetime(2027, 3, 14, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)],
    "Indian/Reunion": [
        datetime(2027, 3, 28, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ],  # none of its own: Paris's moments
    "Australia/Lord_Howe": [
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2027, 4, 3, 15, tzinfo=UTC),
    ],  # half an hour
    "America/Havana": [
        datetime(2027, 3, 14, 5, tzinfo=UTC),
        datetime(2026, 11, 1, 5, tzinfo=UTC),
    ],  # midnight is left out, and comes twice
    "Asia/Beirut": [datetime(2027, 3, 27, 22, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC)],  # at midnight
    "Africa/Cairo": [datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 10, 29, 21, tzinfo=UTC)],  # at midnight
    "America/Asuncion": [
        datetime(2023, 10, 1, 4, tzinfo=UTC),
        datetime(2024, 3, 24, 3, tzinfo=UTC),
    ],  # at midnight, until 2024
    "Atlantic/Azores": [
        datetime(2027, 3, 28, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ],  # midnight comes twice
    "Asia/Kathmandu": [datetime(2027, 3, 28, 1, tzinfo=UTC)],  # 5 h 45 from UTC
}

zones_and_changes = st.sampled_from([(name, change) for name, changes in CHANGES.items() for change in changes])
lengths = st.integers(1, 16).map(lambda n: n * 15)
buffers = st.integers(0, 4).map(lambda n: n * 15)


@st.composite
def days_hours(draw: st.DrawFn) -> tuple[Span, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Span(opens * 15, closes * 15) for opens, closes in pairs)


@st.composite
def experts_near_a_change(draw: st.DrawFn) -> tuple[ExpertCalendar, datetime]:
    name, moment = draw(zones_and_changes)
    around = quarter_from(moment)
    expert = calendar(
        ZoneInfo(name),
        draw(days_hours()),
        exceptions=draw(st.dictionaries(st.just(moment.astimezone(ZoneInfo(name)).date()), days_hours(), max_size=1)),
        start_step=draw(st.none() | lengths),
        buffer_before=draw(buffers),
        buffer_after=draw(buffers),
        busy=frozenset(draw(st.sets(st.integers(around - 24, around + 24), max_size=6))),
    )
    return expert, moment


def within(expert: ExpertCalendar, moment: datetime, length: int) -> tuple[Slot, ...]:
    return free_slots(expert, length, moment - 6 * HOUR, moment + 6 * HOUR, moment - 240 * HOUR)


def is_open(expert: ExpertCalendar, slot: Slot) -> bool:
    """Whether every quarter of the slot lies, by the wall clock, in the hours of the date it shows."""
    walls = [moment_of(quarter).astimezone(expert.zone) for quarter in quarters(slot, 0, 0)]
    return all(
        any(span.opens <= wall.hour * 60 + wall.minute < span.closes for span in expert.hours_on(wall.date()))
        for wall in walls
    )


def buffers_are_free(expert: ExpertCalendar, slot: Slot) -> bool:
    return expert.busy.isdisjoint(quarters(slot, expert.buffer_before, expert.buffer_after))


@settings(deadline=None)  # a loaded machine is no fault
@given(experts_near_a_change(), lengths)
def test_every_slot_near_a_change_lasts_its_elapsed_length_within_open_hours(drawn, length):
    expert, moment = drawn
    found = within(expert, moment, length)
    assert all(slot.minutes == length for slot in found)
    assert all(is_open(expert, slot) and buffers_are_free(expert, slot) for slot in found)
    assert list(found) == sorted(set(found))


@settings(deadline=None)  # a loaded machine is no fault
@given(experts_near_a_change(), lengths)
def test_with_a_start_every_quarter_no_slot_is_lost_or_doubled(drawn, length):
    expert, moment = drawn
    expert = replace(expert, start_step=15)
    around = range(quarter_from(moment - 6 * HOUR), quarter_from(moment + 6 * HOUR))
    candidates = [Slot(moment_of(start), moment_of(start + length // 15)) for start in around]
    expected = [slot for slot in candidates if is_open(expert, slot) and buffers_are_free(expert, slot)]
    assert list(within(expert, moment, length)) == expected


@settings(deadline=None)  # a loaded machine is no fault
@given(experts_near_a_change(), lengths)
def test_the_list_and_the_check_agree_near_a_change(drawn, length):
    expert, moment = drawn
    found = set(within(expert, moment, length))
    around = range(quarter_from(moment - 6 * HOUR), quarter_from(moment + 6 * HOUR))
    for start in around:
        slot = Slot(moment_of(start), moment_of(start + length // 15))
        assert is_bookable(expert, slot, moment - 240 * HOUR) is (slot in found)


@settings(deadline=None)  # a loaded machine is no fault
@given(experts_near_a_change(), lengths)
def test_a_booked_slot_is_gone_and_nothing_overlaps_it(drawn, length):
    expert, moment = drawn
    for slot in within(expert, moment, length)[:1]:
        taken = set(quarters(slot, expert.buffer_before, expert.buffer_after))
        left = within(replace(expert, busy=expert.busy | taken), moment, length)
        assert all(taken.isdisjoint(quarters(one, expert.buffer_before, expert.buffer_after)) for one in left)
