"""Requests that nobody fits are counted, and shown to admins by topic."""

from flask import Flask

from marketplace.services import next_slots
from tests.scene import Scene
from tests.web.browse import Browser


def rows(app: Flask, scene: Scene, language: str = "en") -> list[list[str]]:
    page = Browser(app, language).sign_in(scene.cast.ada).get(f"/admin/unmet-demand?lang={language}")
    return [[cell.get_text() for cell in row.select("th, td")][:4] for row in page.soup.select("tbody tr")]


def test_an_empty_page_says_that_everybody_found_somebody(app: Flask, scene: Scene) -> None:
    page = Browser(app).sign_in(scene.cast.ada).get("/admin/unmet-demand?lang=en")
    assert "Everybody found somebody" in page.text


def test_a_request_that_nobody_speaks_of_is_counted_until_somebody_does(app: Flask, scene: Scene) -> None:
    scene.ask()
    scene.settle()
    assert rows(app, scene) == [["No topic of ours", "Nobody speaks of it", "1", "0"]]
    scene.offer()
    scene.settle()
    assert rows(app, scene) == [["No topic of ours", "Nobody speaks of it", "1", "1"]]


def test_a_request_in_a_language_that_nobody_holds_it_in_names_its_topic(app: Flask, scene: Scene) -> None:
    scene.offer(by=scene.cast.ines)  # who speaks French only
    next_slots.look_at_all(scene.work)
    scene.ask(language="en")
    scene.settle()
    (row,) = rows(app, scene)
    assert row[0] != "No topic of ours"
    assert row[1:] == ["Nobody in this language", "1", "0"]
    (in_french,) = rows(app, scene, "fr")
    assert in_french[1] == "Personne dans cette langue"
