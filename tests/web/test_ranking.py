"""How ranking works: made from the constants, in both languages, open to everybody."""

import re
from dataclasses import dataclass, field, fields, replace
from math import log
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from marketplace.domain.ranking import CONSTANTS, RankingConstants, constant_lines
from marketplace.queries.ranking import ranking_page
from search import finding, frame, ranking, request, semantic, together
from search.frame import Frame
from search.weights import Weights, weights
from search.whoosh_index import WhooshIndex
from tests.web.browse import Browser, Page

RELEVANCE: list[tuple[Any, str, Any, tuple[str, ...]]] = [
    (frame, "K1", 1.7, ("counts more than 2.7.", "rarity × 2.7 ×", "mentions + 1.7 ×")),
    (frame, "B", 0.6, ("So 60% of a text’s length", "(40% + 60% × length")),
    (frame, "TITLE_B", 0.85, ("and 85% of a title’s.",)),
    (request, "TEXT_WEIGHT", 1.1, ("A word counts 1.1 in the text",)),
    (request, "TITLE_WEIGHTS", ((2, 0.9), (7, 0.25)), ("up to 2 words: 0.9 more", "up to 7 words: 0.25 more")),
    (request, "TITLE_WEIGHT", 0.65, ("in a longer request: 0.65 more",)),
    (request, "TOPICS_WEIGHT", 1.55, ("and 1.55 more among its topics",)),
    (request, "EXACT_WEIGHT", 0.125, ("it counts 0.125 more.",)),
    (request, "NAME_WEIGHT", 1.3, ("such as C++, counts 1.3.",)),
    (request, "PHRASE_WEIGHT", 1.4, ("one more word: 1.4,",)),
    (request, "FEW_WORDS", 5, ("Of 2 to 5 words",)),
    (request, "DEMANDED", 9, ("In a request of up to 9 words",)),
    (request, "FOREIGN_WEIGHT", 0.35, ("counts only 35% as you wrote it",)),
    (ranking, "MOST_TERMS", 70, ("the 70 words that say most",)),
    (together, "TOGETHER", 0.45, ("45% of its relevance",)),
    (finding, "COMPLETED", 0.55, ("count 55% when it is their beginning",)),
    (finding, "CORRECTED", 0.75, ("and 75% when it is corrected",)),
    (finding, "FEW", 6, ("fewer than 6 offerings are found",)),
    (finding, "ALIKE", 0.05, ("They count 0.05 a word at most",)),
    (semantic, "WORDS", 0.8, ("80% of relevance comes from your words, 20% from what you mean",)),
    (semantic, "NEAREST", 90, ("It can bring up to 90 offerings",)),
]
WORDS_ALONE: Any = SimpleNamespace(reads_meaning=False)


def test_every_constant_stands_on_the_page_with_its_value(app: Flask) -> None:
    page = Browser(app).get("/how-ranking-works")
    assert page.status == 200
    rows = {row.td.get_text(): row.select("td")[1].get_text() for row in page.soup.select(".constants tbody tr")}  # type: ignore[union-attr]
    assert set(rows) == {line.meaning for line in constant_lines()}
    assert rows["Weight of quality: ratings, recommendations and reliability."] == "65%"
    assert rows["Days after which a rating weighs half."] == "365"
    assert rows["A new offering must be among this share of the most relevant ones."] == "33.33%"


def test_plain_words_come_before_the_numbers(app: Flask) -> None:
    text = Browser(app).get("/how-ranking-works").text
    assert text.index("In plain words") < text.index("score = relevance × (65% quality") < text.index("Every number")


def test_the_page_follows_the_constants() -> None:
    page = ranking_page(WORDS_ALONE, replace(CONSTANTS, quality_weight=0.5))
    assert page.quality == 5_000
    assert page.groups[0].lines[3].share == 5_000


def test_a_number_that_is_not_whole_is_not_rounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    half = ranking_page(WORDS_ALONE, replace(CONSTANTS, company_cap=2.5, half_life_days=1_200))
    monkeypatch.setattr("marketplace.web.ranking.ranking_page", lambda _: half)
    for language, cap, days in (("en", "2.5", "1,200"), ("fr", "2,5", "1\u00a0200")):
        values = [cell.get_text() for cell in Browser(app, language).get("/how-ranking-works").soup.select("td.n")]
        assert values.count(cap) == values.count(days) == 1
        assert "2" in values  # whole numbers stay whole: results of one expert


@pytest.mark.parametrize(("module", "name", "value", "sentences"), RELEVANCE, ids=[name for _, name, *_ in RELEVANCE])
def test_how_words_count_follows_the_search(
    app: Flask, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, value: Any, sentences: tuple[str, ...]
) -> None:
    monkeypatch.setattr(WhooshIndex, "reads_meaning", True)
    before = how_words_count(Browser(app).get("/how-ranking-works"))
    monkeypatch.setattr(module, name, value)
    after = how_words_count(Browser(app).get("/how-ranking-works"))
    assert [each for each in sentences if each in before] == []
    assert [each for each in sentences if each not in after] == []


def test_meaning_is_spoken_of_where_a_model_reads_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Relevance comes from your words alone." in how_words_count(Browser(app).get("/how-ranking-works"))
    monkeypatch.setattr(WhooshIndex, "reads_meaning", True)
    english, french = (how_words_count(Browser(app, each).get("/how-ranking-works")) for each in ("en", "fr"))
    assert "70% of relevance comes from your words, 30% from what you mean" in english
    assert numbers(english) == numbers(french.replace(",", "."))


def test_every_number_of_relevance_is_held_by_the_test_above(monkeypatch: pytest.MonkeyPatch) -> None:
    before = weights()
    for module, name, value, _ in RELEVANCE:
        monkeypatch.setattr(module, name, value)
    after = weights()
    changed = {each.name for each in fields(Weights) if getattr(before, each.name) != getattr(after, each.name)}
    assert changed == {each.name for each in fields(Weights)}


def test_how_words_count_has_the_same_numbers_in_both_languages(app: Flask) -> None:
    english, french = (how_words_count(Browser(app, each).get("/how-ranking-works")) for each in ("en", "fr"))
    assert numbers(english) == numbers(french.replace(",", "."))
    assert {"2.2", "1.2", "75", "25", "0.8", "0.5", "0.2", "0.6", "1.5", "0.15", "8", "60", "70"} <= set(
        numbers(english)
    )


def test_rarity_is_what_the_page_says_it_is() -> None:
    of_a_hundred: Any = SimpleNamespace(count=100)
    assert Frame.idf(of_a_hundred, 7) == pytest.approx(log(1 + (93 + 0.5) / (7 + 0.5)))


def how_words_count(page: Page) -> str:
    """The part of the page from its heading to the next."""
    said: list[str] = []
    for each in page.soup.select("#words ~ *"):
        if each.name == "h2":
            break
        said.append(" ".join(each.get_text(" ").split()))
    return " ".join(said)


def numbers(text: str) -> list[str]:
    """The numbers in a text, sorted: the languages put their words in another order."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", text))


def test_a_constant_of_tomorrow_is_not_left_out() -> None:
    @dataclass(frozen=True, slots=True)
    class Tomorrow(RankingConstants):
        zeal: float = field(default=7.0, metadata={"meaning": "Zeal."})

    last = ranking_page(WORDS_ALONE, Tomorrow()).groups[-1]
    assert (last.title, [line.meaning for line in last.lines]) == ("Everything else", ["Zeal."])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_speaks_both_languages(app: Flask, language: str) -> None:
    page = Browser(app, language).get("/how-ranking-works")
    assert page.soup.html["lang"] == language  # type: ignore[index]
    assert ("65\u00a0%" in page.html) is (language == "fr")
