"""The expert's calendar page, used as people do: without a script, with mistakes, and with a change of mind."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from marketplace.domain.calendar import Slot, Span, quarters
from marketplace.services.busy_times import read_due
from marketplace.store.busy_times import busy_source
from marketplace.store.calendars import load_calendars, occupy, set_date_hours, set_weekly_hours
from marketplace.store.experts import Expert
from marketplace.work import Work
from tests.calendars import add_booking
from tests.cast import START, Cast
from tests.web.browse import Browser, Page

PATH = "/expert/availability"
MORNINGS = ((Span(540, 720),),) * 5 + ((),) * 2


@pytest.fixture
def amara(app: Flask, cast: Cast) -> Browser:
    return Browser(app).sign_in(cast.amara)


def hours(work: Work, expert_id: int) -> tuple[tuple[Span, ...], ...]:
    with work.reading() as session:
        return load_calendars(session, [expert_id], START, START)[expert_id].weekly


def exceptions(work: Work, expert_id: int) -> dict[date, tuple[Span, ...]]:
    with work.reading() as session:
        return dict(load_calendars(session, [expert_id], START, START + timedelta(days=90))[expert_id].exceptions)


def give_hours(work: Work, expert_id: int) -> None:
    with work.transaction() as tx:
        set_weekly_hours(tx.session, expert_id, MORNINGS)


def week_form(page: Page) -> dict[str, str]:
    """What the week's form would send; the first suggestion has the same address."""
    form = page.soup.select_one(f"form.sect[action='{PATH}/week']")
    assert form is not None
    return {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}


def test_an_expert_without_hours_opens_the_mornings_with_one_click(amara: Browser, work: Work, cast: Cast):
    page = amara.get(PATH)
    assert "9 to 12 on weekdays?" in page.text
    answer = amara.post(f"{PATH}/week", start="mornings")
    assert (answer.status, answer.location) == (303, PATH)
    assert hours(work, cast.amara.id) == MORNINGS
    assert "9 to 12 on weekdays?" not in amara.get(PATH).text


def test_the_week_comes_back_as_it_was_saved_midnight_included(amara: Browser, work: Work, cast: Cast):
    fields = week_form(amara.get(PATH)) | {
        "opens_0_0": "14:00", "closes_0_0": "18:30", "opens_0_1": "08:00", "closes_0_1": "12:00",
        "opens_5_2": "20:00", "closes_5_2": "00:00",
    }  # fmt: skip
    assert amara.post(f"{PATH}/week", **fields).status == 303
    assert hours(work, cast.amara.id)[0] == (Span(480, 720), Span(840, 1110))
    assert hours(work, cast.amara.id)[5] == (Span(1200, 1440),)
    shown = week_form(amara.get(PATH))
    assert (shown["opens_0_0"], shown["closes_0_0"], shown["opens_0_1"]) == ("08:00", "12:00", "14:00")
    assert shown["closes_5_0"] == "00:00"


def test_monday_is_copied_to_the_other_weekdays_only(amara: Browser, work: Work, cast: Cast):
    fields = week_form(amara.get(PATH)) | {"opens_0_0": "10:00", "closes_0_0": "13:00", "copy": "monday"}
    amara.post(f"{PATH}/week", **fields)
    assert hours(work, cast.amara.id) == ((Span(600, 780),),) * 5 + ((),) * 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"opens_2_0": "12:00", "closes_2_0": "09:00"}, "The end must come after the beginning."),
        ({"opens_2_0": "09:10", "closes_2_0": "12:00"}, "Use full quarter-hours: :00, :15, :30 or :45."),
        ({"opens_2_0": "09:00"}, "Enter both the beginning and the end, or neither."),
        ({"closes_2_0": "00:00"}, "Enter both the beginning and the end, or neither."),
        (
            {"opens_2_0": "09:00", "closes_2_0": "12:00", "opens_2_1": "11:45", "closes_2_1": "13:00"},
            "These hours overlap with others of the same day.",
        ),
    ],
)
def test_wrong_hours_are_told_beside_the_field_and_kept(amara: Browser, work: Work, cast: Cast, typed, words):
    give_hours(work, cast.amara.id)
    empty = {"opens_2_0": "", "closes_2_0": ""}
    page = amara.post(f"{PATH}/week", **(week_form(amara.get(PATH)) | empty | typed))
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert [error.get_text() for error in page.soup.select(".spans .error")] == [f"Error: {words}"]
    assert page.soup.select_one(".note.err a")["href"].startswith("#")
    shown = week_form(page)
    assert all(shown[name] == value for name, value in typed.items())
    assert hours(work, cast.amara.id) == MORNINGS


def test_mistakes_on_two_days_are_shown_at_once(amara: Browser):
    wrong = {"opens_0_0": "12:00", "closes_0_0": "09:00", "opens_3_0": "09:05", "closes_3_0": "12:00"}
    page = amara.post(f"{PATH}/week", **(week_form(amara.get(PATH)) | wrong))
    assert len(page.soup.select(".spans .error")) == 2


def test_a_date_is_closed_removed_and_put_back(amara: Browser, work: Work, cast: Cast):
    give_hours(work, cast.amara.id)
    closed = date(2026, 11, 11)
    assert amara.post(f"{PATH}/dates", day="2026-11-11", kind="closed").status == 303
    assert exceptions(work, cast.amara.id) == {closed: ()}
    answer = amara.post(f"{PATH}/dates/2026-11-11/removal")
    assert exceptions(work, cast.amara.id) == {}
    page = amara.get(answer.location)
    undo = page.soup.select_one("form.note.info")
    fields = {str(field["name"]): str(field["value"]) for field in undo.select("input[name]")}
    assert amara.post(f"{PATH}/dates", **fields).status == 303
    assert exceptions(work, cast.amara.id) == {closed: ()}


def test_a_date_with_other_hours_survives_removal_and_undo(amara: Browser, work: Work, cast: Cast):
    amara.post(f"{PATH}/dates", day="2026-11-12", kind="hours", opens_0_0="14:00", closes_0_0="17:00")
    assert exceptions(work, cast.amara.id) == {date(2026, 11, 12): (Span(840, 1020),)}
    page = amara.get(amara.post(f"{PATH}/dates/2026-11-12/removal").location)
    fields = {str(f["name"]): str(f["value"]) for f in page.soup.select("form.note.info input[name]")}
    amara.post(f"{PATH}/dates", **fields)
    assert exceptions(work, cast.amara.id) == {date(2026, 11, 12): (Span(840, 1020),)}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"kind": "closed"}, "Choose a date."),
        ({"day": "2026-11-01", "kind": "closed"}, "This date is over. Choose today or a later one."),
        ({"day": "2026-11-12", "kind": "hours"}, "Enter at least one beginning and end."),
        (
            {"day": "2026-11-12", "kind": "hours", "opens_0_0": "17:00", "closes_0_0": "14:00"},
            "The end must come after the beginning.",
        ),
    ],
)
def test_a_wrong_date_is_told_and_stores_nothing(amara: Browser, work: Work, cast: Cast, typed, words):
    page = amara.post(f"{PATH}/dates", **typed)
    assert page.status == 422
    assert words in page.text
    assert exceptions(work, cast.amara.id) == {}


@pytest.mark.parametrize("path", ["2026-11-12", "2026-13-40", "tomorrow"])
def test_removing_a_date_without_hours_of_its_own_is_not_found(amara: Browser, path: str):
    assert amara.post(f"{PATH}/dates/{path}/removal").status == 404


@pytest.mark.parametrize("query", ["removed=x", "removed=2026-11-12&hours=9", "removed=2026-11-12&hours=900-99999"])
def test_an_undo_that_we_never_offered_is_ignored(amara: Browser, query: str):
    page = amara.get(f"{PATH}?{query}")
    assert page.status == 200
    assert not page.soup.select("form.note.info")


def test_rules_are_saved_and_shown(amara: Browser, work: Work, cast: Cast):
    rules = {"min_notice_hours": 24, "horizon_days": 30, "buffer_before": 15, "buffer_after": 30, "start_step": 60}
    assert amara.post(f"{PATH}/rules", **rules).status == 303
    with work.reading() as session:
        stored = load_calendars(session, [cast.amara.id], START, START)[cast.amara.id]
    assert (stored.min_notice, stored.horizon) == (timedelta(hours=24), timedelta(days=30))
    assert (stored.buffer_before, stored.buffer_after, stored.start_step) == (15, 30, 60)
    page = amara.get(PATH)
    assert page.soup.select_one("#start_step option[selected]")["value"] == "60"
    amara.post(f"{PATH}/rules", **(rules | {"start_step": 0}))
    with work.reading() as session:
        assert load_calendars(session, [cast.amara.id], START, START)[cast.amara.id].start_step is None


@pytest.mark.parametrize(("name", "value"), [("min_notice_hours", -1), ("horizon_days", 0), ("buffer_before", 7)])
def test_rules_beyond_the_limits_are_refused_and_kept(amara: Browser, name: str, value: int):
    rules = {"min_notice_hours": 24, "horizon_days": 30, "buffer_before": 15, "buffer_after": 30, "start_step": 60}
    page = amara.post(f"{PATH}/rules", **(rules | {name: value}))
    assert page.status == 422
    assert len(page.errors()) == 1


def test_removing_hours_keeps_the_booked_session_and_says_so(amara: Browser, work: Work, cast: Cast):
    slot = Slot(datetime(2026, 11, 9, 14, tzinfo=UTC), datetime(2026, 11, 9, 17, tzinfo=UTC))
    with work.transaction() as tx:
        set_weekly_hours(tx.session, cast.amara.id, MORNINGS)
        occupy(tx.session, cast.amara.id, quarters(slot, 0, 0), add_booking(tx, cast.amara.id, slot))
    fields = dict.fromkeys(week_form(amara.get(PATH)), "") | {"csrf_token": amara.csrf_token()}
    amara.post(f"{PATH}/week", **fields)
    page = amara.get(PATH)
    assert "1 booked session lies outside them: it is kept as it is." in page.text
    assert "Booked sessions outside your hours" in page.text
    assert "Monday 9 November 2026, 9:00 to 12:00" in page.text
    with work.reading() as session:
        assert load_calendars(session, [cast.amara.id], START, START + timedelta(days=9))[cast.amara.id].busy


def test_the_preview_shows_two_weeks_on_the_experts_clock(app: Flask, work: Work, cast: Cast):
    give_hours(work, cast.amara.id)
    with work.transaction() as tx:
        set_date_hours(tx.session, cast.amara.id, date(2026, 11, 5), ())
    page = Browser(app).sign_in(cast.amara).get(PATH)
    assert "Montreal" in page.text or "Toronto" in page.text
    days = [item.get_text(" ", strip=True) for item in page.soup.select(".hours-preview li")]
    assert days[0] == "Wednesday 4 November 9:00 to 12:00"
    assert days[1] == "Friday 6 November 9:00 to 12:00"
    assert len(days) == 9


def test_french_experts_read_french(app: Flask, cast: Cast):
    page = Browser(app, "fr").sign_in(cast.ines).get(f"{PATH}?lang=fr")
    assert "lundi" in page.text


def test_caps_are_kept_and_none_is_the_usual_thing(amara: Browser, work: Work, cast: Cast):
    give_hours(work, cast.amara.id)
    fields = {"min_notice_hours": "48", "horizon_days": "60", "buffer_before": "0", "buffer_after": "0"}
    amara.post(f"{PATH}/rules", **fields, start_step="0", max_per_day="2", max_per_week="0")
    with work.reading() as session:
        stored = load_calendars(session, [cast.amara.id], START, START)[cast.amara.id]
    assert (stored.max_per_day, stored.max_per_week) == (2, None)
    chosen = amara.get(PATH).soup.select_one("#max_per_day option[selected]")
    assert chosen is not None
    assert chosen["value"] == "2"


def test_another_calendar_is_told_seen_and_forgotten(amara: Browser, work: Work, cast: Cast):
    page = amara.post(f"{PATH}/calendar", url="webcal://calendar.example/secret-1/basic.ics")
    assert (page.status, page.location) == (303, f"{PATH}#calendar")
    shown = amara.get(PATH).text
    assert "Read within a minute: calendar.example" in shown
    assert "secret-1" not in shown
    read_due(work)  # nobody reads in these tests: it is away
    shown = amara.get(PATH).text
    assert "calendar.example cannot be read at the moment" in shown
    assert "Its server does not answer. We have no copy yet; we keep trying." in shown
    with work.transaction() as tx:
        source = busy_source(tx.session, cast.amara.id)
        source.error, source.read_at, source.events = "", tx.now, 3
    assert "3 busy stretches of time in the coming year." in amara.get(PATH).text
    assert amara.post(f"{PATH}/calendar/reading").status == 429
    assert amara.post(f"{PATH}/calendar/removal").status == 303
    assert "calendar.example" not in amara.get(PATH).text


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Paste the address that your calendar gives you."), ("http://calendar.example/", "This is no address of a")],
)
def test_a_wrong_address_comes_back_with_the_words_beside_it(amara: Browser, typed: str, words: str):
    page = amara.post(f"{PATH}/calendar", url=typed)
    assert page.status == 422
    assert words in page.soup.select_one("#url-error").text
    assert page.soup.select_one("#url")["value"] == typed


def test_the_coming_week_shows_what_is_free_and_what_is_sold(amara: Browser, work: Work, cast: Cast, clock):
    give_hours(work, cast.amara.id)
    with work.transaction() as tx:
        tx.session.get_one(Expert, cast.amara.id).min_notice_hours = 0
        slot = Slot(datetime(2026, 11, 5, 14, tzinfo=UTC), datetime(2026, 11, 5, 17, tzinfo=UTC))  # 9 to 12 in Montreal
        occupy(tx.session, cast.amara.id, quarters(slot, 0, 0), add_booking(tx, cast.amara.id, slot))
    week = amara.get(PATH).soup.select("#ahead + .week li")
    assert len(week) == 7
    thursday, friday = week[3], week[4]
    assert [len(day.select(".q.sold")) for day in (thursday, friday)] == [1, 0]
    assert [len(day.select(".q.on")) for day in (thursday, friday)] == [0, 1]
    assert "1 session" in thursday.svg["aria-label"]
    assert "free in the morning" in friday.svg["aria-label"]
