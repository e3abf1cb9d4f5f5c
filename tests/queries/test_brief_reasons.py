"""A match says why it is one: words, topics, language, budget, format and slots."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from marketplace.domain.calendar import Slot
from marketplace.queries.brief_reasons import match_reasons
from marketplace.queries.cards import OfferCard
from tests.scene import REQUEST

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
SLOT = Slot(NOW + timedelta(days=10), NOW + timedelta(days=10, hours=3))


def reasons(card: dict[str, Any] | None = None, text: dict[str, Any] | None = None) -> tuple[str, ...]:
    told = {"languages": ("fr",), "price_minor": 90_000, "format": "remote", "next_slots": (SLOT,)} | (card or {})
    told.setdefault("next_slot", told["next_slots"][0].starts_at if told["next_slots"] else None)
    shown = cast("OfferCard", SimpleNamespace(**told))
    return match_reasons(shown, ("chatbot",), ("Chatbots",), replace(REQUEST, **text or {}), NOW, PARIS, "en")


def test_words_and_topics_come_first() -> None:
    assert reasons() == ("Speaks of chatbot", "On Chatbots")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ({"language": "fr"}, "Holds sessions in French"),
        ({"budget_minor": 90_000}, "Within your budget"),
        ({"budget_minor": 89_999}, "Above your budget"),
        ({"format": "remote"}, "In the format you asked for"),
        ({"earliest": SLOT.starts_at.date()}, "Free on the days you asked for"),
        ({"latest": SLOT.starts_at.date()}, "Free on the days you asked for"),
    ],
)
def test_what_was_asked_for_is_answered(text: dict[str, Any], said: str) -> None:
    assert said in reasons(text=text)


@pytest.mark.parametrize(
    "text",
    [
        {"language": "en"},
        {"format": "onsite"},
        {"earliest": SLOT.starts_at.date() + timedelta(days=1)},
        {"latest": SLOT.starts_at.date() - timedelta(days=1)},
    ],
)
def test_what_is_not_so_is_not_said(text: dict[str, Any]) -> None:
    assert reasons(text=text) == reasons()


def test_a_slot_soon_is_said_and_a_full_calendar_says_nothing() -> None:
    soon = Slot(NOW + timedelta(days=3), NOW + timedelta(days=3, hours=3))
    assert "Free within four days" in reasons({"next_slots": (soon,)})
    assert reasons({"next_slots": ()}) == ("Speaks of chatbot", "On Chatbots")
