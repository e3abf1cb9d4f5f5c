"""Suggestions while typing: topics first, then titles; nothing that is not public."""

import pytest
from flask import Flask

from marketplace.services import offerings
from marketplace.services.offerings import OwnOffering
from tests.scene import BANKS, Scene


@pytest.fixture
def market(scene: Scene) -> dict[str, int]:
    offered = {
        "bank": scene.offer("Roll out a chatbot in a bank", topic_ids=(BANKS,)),
        "price": scene.offer("Price a software product"),
    }
    scene.settle()
    return offered


def suggested(app: Flask, typed: str, language: str = "en") -> list[str]:
    client = app.test_client()
    answer = client.get("/search/suggestions", query_string={"q": typed}, headers={"Accept-Language": language})
    assert answer.status_code == 200
    found: list[str] = answer.get_json()
    return found


def test_topics_come_first_and_titles_after(app: Flask, market: dict[str, int], scene: Scene) -> None:
    found = suggested(app, "ban")
    assert found[0].lower().startswith("ban")
    assert found[1] == "Roll out a chatbot in a bank", "the nearest of the titles"


def test_topics_are_in_the_readers_language(app: Flask, market: dict[str, int]) -> None:
    assert suggested(app, "banq", "fr")[0] == "Banque"


@pytest.mark.parametrize("typed", ["", " ", "b", "x" * 81, "zzzzzz", "'\"<%_"])
def test_nothing_is_suggested_for_nothing_too_much_and_nonsense(app: Flask, market: dict[str, int], typed: str) -> None:
    assert suggested(app, typed) == []


def test_what_is_paused_is_not_suggested(app: Flask, market: dict[str, int], scene: Scene) -> None:
    offerings.pause_offering(scene.work, OwnOffering(scene.cast.amara.actor, market["price"]))
    assert "Price a software product" not in suggested(app, "software")


def test_the_field_is_a_plain_one_without_the_script(app: Flask, market: dict[str, int]) -> None:
    page = app.test_client().get("/search").get_data(as_text=True)
    assert 'data-suggest="' in page
    assert 'role="combobox"' not in page, "only what the script makes of it is one"
