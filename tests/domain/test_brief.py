"""What a request must say, and when it is open."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from marketplace.domain.brief import BriefText, check, require_open
from marketplace.domain.errors import Conflict, Invalid

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
TEXT = BriefText(
    title="Roll out a chatbot",
    problem="p" * 40,
    objectives="",
    level="practising",
    language="fr",
    earliest=TODAY,
    latest=TODAY + timedelta(days=30),
    budget_minor=100_000,
    format="remote",
    city="",
    participants=3,
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"title": "t" * 120},
        {"problem": "p" * 4000},
        {"objectives": "o" * 2000},
        {"city": "c" * 80},
        {"participants": 1},
        {"participants": 12},
        {"budget_minor": None},
        {"budget_minor": 1},
        {"earliest": None},
        {"latest": None},
        {"earliest": None, "latest": TODAY},
        {"earliest": TODAY, "latest": TODAY},
        {"earliest": TODAY - timedelta(days=9), "latest": None},
    ],
)
def test_a_sound_request_passes(change: dict[str, Any]) -> None:
    check(replace(TEXT, **change), TODAY)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"title": "  "}, "brief_title", "title"),
        ({"title": "t" * 121}, "brief_title", "title"),
        ({"problem": "p" * 39}, "brief_problem", "problem"),
        ({"problem": " " * 60}, "brief_problem", "problem"),
        ({"problem": "p" * 4001}, "brief_problem", "problem"),
        ({"objectives": "o" * 2001}, "text_too_long", "objectives"),
        ({"city": "c" * 81}, "text_too_long", "city"),
        ({"level": "guru"}, "brief_choice", "level"),
        ({"language": "de"}, "brief_choice", "level"),
        ({"format": "letter"}, "brief_choice", "level"),
        ({"participants": 0}, "brief_participants", "participants"),
        ({"participants": 13}, "brief_participants", "participants"),
        ({"budget_minor": 0}, "brief_budget", "budget"),
        ({"budget_minor": -1}, "brief_budget", "budget"),
        ({"earliest": None, "latest": TODAY - timedelta(days=1)}, "brief_latest_past", "latest"),
        ({"earliest": TODAY + timedelta(days=2), "latest": TODAY + timedelta(days=1)}, "brief_days_crossed", "latest"),
    ],
)
def test_what_cannot_be_matched_or_held_is_refused_beside_its_field(
    change: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check(replace(TEXT, **change), TODAY)
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)


def test_what_is_matched_is_everything_that_says_what_it_is_about() -> None:
    assert replace(TEXT, title="A", problem="B", objectives="").words == "A\nB"
    assert replace(TEXT, title="A", problem="B", objectives="C").words == "A\nB\nC"


@pytest.mark.parametrize("state", ["closed", "expired"])
def test_a_closed_request_takes_nothing_any_more(state: str) -> None:
    with pytest.raises(Conflict, match="brief_closed"):
        require_open(state, NOW + timedelta(days=1), NOW)


@pytest.mark.parametrize(("seconds", "is_open"), [(-1, False), (0, False), (1, True)])
def test_a_request_is_open_until_the_second_it_runs_out(seconds: int, is_open: bool) -> None:
    expires_at = NOW + timedelta(seconds=seconds)
    if is_open:
        require_open("open", expires_at, NOW)
    else:
        with pytest.raises(Conflict, match="brief_closed"):
            require_open("open", expires_at, NOW)
