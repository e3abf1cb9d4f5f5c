"""Values in words, in both languages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketplace import wording

PARIS = ZoneInfo("Europe/Paris")
FIRST = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)  # Tuesday, 09:00 in Paris
N = wording.NBSP


@pytest.mark.parametrize(
    ("minor", "french", "english"),
    [
        (0, f"0{N}€", "€0"),
        (99, f"0,99{N}€", "€0.99"),
        (100, f"1{N}€", "€1"),
        (117_000, f"1{N}170{N}€", "€1,170"),
        (147_420, f"1{N}474,20{N}€", "€1,474.20"),
        (-4_550, f"-45,50{N}€", "-€45.50"),
    ],
)
def test_money_shows_cents_only_when_there_are_any(minor: int, french: str, english: str) -> None:
    assert wording.money(minor, "fr") == french
    assert wording.money(minor, "en") == english


def test_a_sum_can_ask_for_its_cents() -> None:
    assert wording.money(117_000, "fr", decimals=True) == f"1{N}170,00{N}€"
    assert wording.money(117_040, "en", decimals=False) == "€1,170"


def test_other_currencies_have_their_sign() -> None:
    assert wording.money(5_000, "en", "gbp") == "£50"


@pytest.mark.parametrize(("bp", "french", "english"), [(1_500, f"15{N}%", "15%"), (550, f"5,5{N}%", "5.5%")])
def test_basis_points_read_as_a_percentage(bp: int, french: str, english: str) -> None:
    assert (wording.percent(bp, "fr"), wording.percent(bp, "en")) == (french, english)


def test_a_percentage_can_be_whole() -> None:
    assert (wording.percent(9_504, "fr", 0), wording.percent(9_504, "en", 0)) == (f"95{N}%", "95%")


def test_numbers_follow_the_language() -> None:
    assert (wording.decimal(4.9, "fr"), wording.decimal(4.9, "en")) == ("4,9", "4.9")
    assert (wording.number(12_000, "fr"), wording.number(12_000, "en")) == (f"12{N}000", "12,000")


def test_a_number_keeps_what_stands_behind_its_point_as_far_as_it_is_asked_for() -> None:
    assert (wording.number(1_002.5, "fr", 2), wording.number(1_002.5, "en", 2)) == (f"1{N}002,5", "1,002.5")
    assert (wording.number(3.0, "fr", 2), wording.number(0.127, "en", 2)) == ("3", "0.13")


@pytest.mark.parametrize(
    ("style", "french", "english"),
    [
        ("long", "mardi 1er décembre 2026", "Tuesday 1 December 2026"),
        ("plain", "mardi 1er décembre", "Tuesday 1 December"),
        ("short", "mar. 1er déc.", "Tue 1 Dec"),
        ("stamp", "01/12/2026", "1 Dec 2026"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_in_french(style: wording.Style, french: str, english: str) -> None:
    assert wording.day(FIRST, "fr", PARIS, style) == french
    assert wording.day(FIRST, "en", PARIS, style) == english


def test_only_the_first_is_an_ordinal() -> None:
    assert wording.day(date(2026, 12, 11), "fr") == "vendredi 11 décembre 2026"


def test_a_day_is_the_one_of_the_zone() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert wording.day(late, "fr", PARIS, "plain") == "mardi 1er décembre"
    assert wording.day(late, "fr", ZoneInfo("UTC"), "plain") == "lundi 30 novembre"


def test_a_moment_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="zone"):
        wording.day(FIRST, "fr")


def test_hours_read_as_people_say_them() -> None:
    end = FIRST + timedelta(hours=3)
    assert wording.hours(FIRST, end, "fr", PARIS) == f"9{N}h à 12{N}h"
    assert wording.hours(FIRST, end, "en", PARIS) == "9:00 to 12:00"
    assert wording.clock(FIRST + timedelta(minutes=30), "fr", PARIS) == f"9{N}h{N}30"
    assert wording.clock(FIRST + timedelta(minutes=5), "en", PARIS) == "9:05"


def test_hours_of_a_week_need_no_day() -> None:
    assert wording.wall_hours(540, 1_110, "fr") == f"9{N}h à 18{N}h{N}30"
    assert wording.wall_hours(540, 1_440, "en") == "9:00 to 24:00"


def test_a_moment_and_a_span_carry_their_day() -> None:
    assert wording.moment(FIRST, "fr", PARIS, "short") == f"mar. 1er déc., 9{N}h"
    assert wording.moment(FIRST, "fr", PARIS, "stamp") == f"01/12/2026 9{N}h"
    end = FIRST + timedelta(hours=3)
    assert wording.span(FIRST, end, "en", PARIS) == "Tuesday 1 December 2026, 9:00 to 12:00"


def test_three_hours_over_the_clock_change_show_the_wall_clock() -> None:
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 in Paris, twice that night
    assert wording.hours(before, before + timedelta(hours=3), "fr", PARIS) == f"2{N}h à 4{N}h"


@pytest.mark.parametrize(
    ("first", "last", "french", "english"),
    [
        (date(2026, 12, 1), date(2026, 12, 4), "1er au 4 décembre 2026", "1 to 4 December 2026"),
        (date(2026, 11, 30), date(2026, 12, 4), "30 novembre au 4 décembre 2026", "30 November to 4 December 2026"),
        (
            date(2026, 12, 28),
            date(2027, 1, 1),
            "28 décembre 2026 au 1er janvier 2027",
            "28 December 2026 to 1 January 2027",
        ),
    ],
)
def test_a_range_of_days_says_month_and_year_once(first: date, last: date, french: str, english: str) -> None:
    assert wording.days(first, last, "fr") == french
    assert wording.days(first, last, "en") == english


@pytest.mark.parametrize(
    ("minutes", "french", "english"),
    [(45, f"45{N}min", f"45{N}min"), (180, f"3{N}h", f"3{N}h"), (90, f"1{N}h{N}30", f"1{N}h 30{N}min")],
)
def test_lengths(minutes: int, french: str, english: str) -> None:
    assert (wording.duration(minutes, "fr"), wording.duration(minutes, "en")) == (french, english)


@pytest.mark.parametrize(
    ("zone", "french", "english"),
    [
        ("Europe/Paris", "Heure de Paris (UTC+1)", "Paris time (UTC+1)"),
        ("America/New_York", "Heure de New York (UTC−5)", "New York time (UTC−5)"),
        ("Africa/Abidjan", "Heure d’Abidjan (UTC+0)", "Abidjan time (UTC+0)"),
        ("Asia/Kolkata", "Heure de Kolkata (UTC+5:30)", "Kolkata time (UTC+5:30)"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_zones_are_cities_with_their_offset(zone: str, french: str, english: str) -> None:
    assert wording.zone_name(ZoneInfo(zone), FIRST, "fr") == french
    assert wording.zone_name(ZoneInfo(zone), FIRST, "en") == english


def test_a_zone_has_the_offset_of_the_moment() -> None:
    assert wording.zone_name(PARIS, datetime(2026, 7, 1, tzinfo=UTC), "fr") == "Heure de Paris (UTC+2)"


def test_lists_and_languages() -> None:
    assert wording.listing(["a", "b", "c"], "fr") == "a, b et c"
    assert wording.listing(["a", "b"], "en", "or") == "a or b"
    assert wording.language_names(["fr", "en"], "fr") == "Français, anglais"
    assert wording.language_name("xx", "fr") == "xx"


def test_waiting_times_have_one_unit() -> None:
    assert wording.ago(timedelta(hours=50), "fr") == f"2{N}jours"
    assert wording.ago(timedelta(minutes=30), "en").replace(N, " ") == "30 minutes"


def test_no_narrow_space_gets_out() -> None:
    words = [
        wording.money(123_456_789, "fr"),
        wording.percent(1_234_567, "fr"),
        wording.number(1_234_567, "fr"),
        wording.ago(timedelta(days=3), "fr"),
    ]
    assert not any("\u202f" in word for word in words)


def test_a_translator_needs_no_request() -> None:
    gettext, ngettext = wording.translator("en")
    assert gettext("until %(when)s", when="noon") == "until noon"
    assert ngettext("%(num)s rating", "%(num)s ratings", 2) == "2 ratings"
    assert gettext("100 %") == "100 %"


def test_quotes_within_quotes_are_single_ones() -> None:
    assert wording.within_quotes('"data team" hiring') == "‘data team’ hiring"
    assert wording.within_quotes("« équipe data » “data team”") == "‘équipe data’ ‘data team’"
    assert wording.within_quotes('a 19" screen') == 'a 19" screen'


def test_one_line_keeps_the_spaces_that_do_not_break() -> None:
    assert wording.one_line(f" Quoi{N}?\n  Tout\u2028va\tbien. ") == f"Quoi{N}? Tout va bien."
