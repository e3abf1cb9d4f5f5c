"""How ranking works: made from the constants, in both languages, open to everybody."""

from dataclasses import dataclass, field, replace

import pytest
from flask import Flask

from marketplace.domain.ranking import CONSTANTS, RankingConstants, constant_lines
from marketplace.queries.ranking import ranking_page
from tests.web.browse import Browser


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
    page = ranking_page(replace(CONSTANTS, quality_weight=0.5))
    assert page.quality == 5_000
    assert page.groups[0].lines[3].share == 5_000


def test_a_constant_of_tomorrow_is_not_left_out() -> None:
    @dataclass(frozen=True, slots=True)
    class Tomorrow(RankingConstants):
        zeal: float = field(default=7.0, metadata={"meaning": "Zeal."})

    last = ranking_page(Tomorrow()).groups[-1]
    assert (last.title, [line.meaning for line in last.lines]) == ("Everything else", ["Zeal."])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_speaks_both_languages(app: Flask, language: str) -> None:
    page = Browser(app, language).get("/how-ranking-works")
    assert page.soup.html["lang"] == language  # type: ignore[index]
    assert ("65\u00a0%" in page.html) is (language == "fr")
