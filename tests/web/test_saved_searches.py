"""Saved searches: kept as they were asked, told of once a day at most, stopped without signing in."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.reactions.saved_searches import look_for_news
from marketplace.services import saved_searches
from marketplace.store.outbox import LetterRow
from tests.scene import Scene
from tests.web.browse import Browser

DAY = 24 * 3600 + 1


@pytest.fixture
def lea(app: Flask, scene: Scene) -> Browser:
    return Browser(app, "fr").sign_in(scene.cast.lea)


def save(browser: Browser, query: str) -> None:
    page = browser.get(f"/search?{query}")
    assert browser.submit(page, "/searches", "/searches").location == "/searches"


def letters(scene: Scene) -> list[LetterRow]:
    with scene.work.reading() as session:
        return list(session.scalars(select(LetterRow).where(LetterRow.kind == "search_news").order_by(LetterRow.id)))


def offer(scene: Scene, title: str) -> None:
    scene.clock.advance(seconds=60)
    scene.offer(title)
    scene.settle()


def a_day_later(scene: Scene) -> list[LetterRow]:
    scene.clock.advance(seconds=DAY)
    look_for_news(scene.work)
    scene.settle()
    return letters(scene)


def test_a_search_is_kept_as_it_was_asked(lea: Browser) -> None:
    save(lea, "q=chatbot&language=en&pmax=900&page=2&nonsense=1")
    save(lea, "q=chatbot&language=en&pmax=900")
    links = lea.get("/searches").soup.select(".rows a")
    assert [(link.get_text(), link["href"]) for link in links] == [
        ("chatbot", "/search?q=chatbot&language=en&pmax=900")
    ]


def test_nobody_is_asked_to_save_everything_or_without_an_account(app: Flask, lea: Browser) -> None:
    assert lea.get("/search").soup.select("form.save") == []
    assert Browser(app).get("/search?q=chatbot").soup.select("form.save") == []


def test_new_offerings_are_told_once_in_the_owners_language(lea: Browser, scene: Scene) -> None:
    offer(scene, "Chatbots in banks, an old one")
    save(lea, "q=chatbots")
    assert a_day_later(scene) == []
    offer(scene, "Chatbots in insurance")
    look_for_news(scene.work)
    scene.settle()
    assert letters(scene) == [], "its day is not over"
    (letter,) = a_day_later(scene)
    assert letter.subject == "Du nouveau dans votre recherche «\u00a0chatbots\u00a0»"
    assert "Chatbots in insurance" in letter.text
    assert "an old one" not in letter.text
    assert len(a_day_later(scene)) == 1


def test_a_search_in_quotes_is_not_quoted_twice(lea: Browser, scene: Scene) -> None:
    save(lea, "q=%22data+team%22+hiring")
    offer(scene, "Hiring a data team")
    (letter,) = a_day_later(scene)
    assert letter.subject == "Du nouveau dans votre recherche «\u00a0‘data team’ hiring\u00a0»"
    assert "‘data team’ hiring" in lea.get("/search?q=%22data+team%22+hiring").text


def test_the_letters_link_stops_them_without_signing_in(app: Flask, lea: Browser, scene: Scene) -> None:
    save(lea, "q=chatbots")
    offer(scene, "Chatbots in insurance")
    (letter,) = a_day_later(scene)
    link = re.search(r"/searches/stop/\S+", letter.text)
    assert link is not None
    visitor = Browser(app)
    page = visitor.get(link.group())
    assert visitor.submit(page, link.group(), link.group()).location == "/search"
    offer(scene, "Chatbots in hospitals")
    assert len(a_day_later(scene)) == 1


@pytest.mark.parametrize("key", ["1-abc", "x", "1", "99999999999-a", "é-1"])
def test_a_forged_link_stops_nothing(app: Flask, lea: Browser, scene: Scene, key: str) -> None:
    save(lea, "q=chatbots")
    visitor = Browser(app)
    page = visitor.get(f"/searches/stop/{key}")
    assert visitor.submit(page, f"/searches/stop/{key}").status == 404
    assert lea.get("/searches").soup.select('button[name=alerts][value="off"]')


def test_letters_can_be_turned_off_and_the_search_deleted(lea: Browser, scene: Scene) -> None:
    save(lea, "q=chatbots")
    lea.post("/searches/1/alerts", alerts="off")
    offer(scene, "Chatbots in insurance")
    assert a_day_later(scene) == []
    lea.post("/searches/1/alerts", alerts="on")
    assert a_day_later(scene) == [], "what came while they were off is no news"
    lea.post("/searches/1/deletion")
    assert lea.get("/searches").soup.select(".rows") == []


def test_somebody_elses_search_is_out_of_reach(app: Flask, lea: Browser, scene: Scene) -> None:
    save(lea, "q=chatbots")
    hugo = Browser(app).sign_in(scene.cast.hugo)
    assert hugo.post("/searches/1/alerts", alerts="off").status == 404
    assert hugo.post("/searches/1/deletion").status == 404
    assert hugo.get("/searches").soup.select(".rows") == []


def test_there_is_a_most(lea: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_searches, "MOST", 1)
    save(lea, "q=chatbots")
    assert lea.post("/searches", query="q=pricing").status == 409
