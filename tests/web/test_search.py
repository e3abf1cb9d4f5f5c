"""The search page, used as people do: words, filters with counts, chips, sorts, pages, and nothing found."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.queries import search as query
from marketplace.services import offerings, people
from marketplace.services.offerings import OwnOffering
from marketplace.store.calendars import set_weekly_hours
from marketplace.store.impressions import Impression
from tests.scene import BANKS, CHATBOTS, PRICING, Scene, statements
from tests.web.browse import Browser, Page

FRENCH: dict[str, Any] = {
    "language": "fr",
    "outcome": "Vous repartez avec la liste des dix questions de votre conformité, et une réponse à chacune.",
    "experience": "J’ai dirigé pendant quatre ans le robot conversationnel d’une banque de détail, avec deux échecs.",
}


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def market(scene: Scene) -> dict[str, int]:
    """Four offerings: two by Amara in English, two by Inès in French."""
    offered = {
        "chatbot": scene.offer("Roll out a chatbot in a bank"),
        "pricing": scene.offer(
            "Price a software product", topic_ids=(PRICING,), price_minor=40_000, length_minutes=120, format="both",
            city="Lyon", outcome="You leave with three prices and the reasons for each of them.",
        ),
        "robot": scene.offer("L’évaluation d’un chatbot bancaire", by=scene.cast.ines, price_minor=120_000, **FRENCH),
        "crise": scene.offer(
            "Répondre à une crise en ligne", by=scene.cast.ines, topic_ids=(BANKS,), format="onsite", city="Paris",
            language="fr", outcome="Vous repartez avec un plan de réponse en douze heures, éprouvé ensemble.",
        ),
    }  # fmt: skip
    scene.settle()
    return offered


def shown(page: Page) -> list[int]:
    """The offerings on the page, in their order."""
    links = page.soup.select(".results section > ol .t a")
    return [int(str(link["href"]).rsplit("/", 1)[-1].split("-")[0]) for link in links]


def counts(page: Page, name: str) -> dict[str, int]:
    """The options of a filter with their counts."""
    boxes = page.soup.select(f".filters input[name={name}][value]:not([value=''])")
    found = {}
    for box in boxes:
        label = box.find_parent("label")
        assert label is not None
        found[str(box["value"])] = int(label.select(".count > span")[-1].get_text())
    return found


def chips(page: Page) -> dict[str, str]:
    return {chip.get_text(strip=True): str(chip["href"]) for chip in page.soup.select(".chip")}


def test_without_words_everything_is_shown(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search")
    assert set(shown(page)) == set(market.values())
    assert page.soup.select_one("h1").get_text() == "4 offerings"  # type: ignore[union-attr]
    assert page.title.startswith("4 offerings")


@pytest.mark.parametrize(
    ("words", "first"),
    [("chatbot bank", "chatbot"), ("évaluation chatbot", "robot"), ("l'evaluation", "robot"), ("price", "pricing")],
)
def test_words_find_in_french_and_english_with_accents_and_elisions_forgiven(
    browser: Browser, market: dict[str, int], words: str, first: str
) -> None:
    page = browser.get(f"/search?q={words}")
    assert shown(page)[0] == market[first]
    assert f"“{words}”" in page.text


def test_a_pasted_request_finds_without_being_quoted_back(browser: Browser, market: dict[str, int]) -> None:
    request = "Two thousand advisers should use a chatbot and the compliance team of our bank blocks it. " * 10
    page = browser.get(f"/search?q={request}")
    assert shown(page)[0] == market["chatbot"]
    assert "for your request" in page.title


def test_what_matched_is_marked_and_every_result_says_why(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search?q=compliance+questions")
    assert "questions" in [mark.get_text() for mark in page.soup.select("mark")]
    reasons = page.soup.select(".offer .reasons")[0].get_text(" ", strip=True)
    assert "Speaks of compliance and questions" in reasons
    assert "New on Cadran" in reasons


def test_a_chosen_topic_is_a_reason(browser: Browser, market: dict[str, int]) -> None:
    assert "On Chatbots" in browser.get(f"/search?topic={CHATBOTS}").soup.select(".reasons")[0].get_text()


def test_typing_errors_are_put_right(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search?q=chatbto")
    assert market["chatbot"] in shown(page)
    suggestion = page.soup.select_one(".suggestion a")
    assert suggestion is not None
    assert suggestion["href"] == "/search?q=chatbot"


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (f"topic={PRICING}", {"pricing"}),
        (f"topic={PRICING}&topic={BANKS}", {"pricing", "chatbot", "robot", "crise"}),
        ("language=en", {"chatbot", "pricing"}),
        ("language=fr", {"chatbot", "pricing", "robot", "crise"}),
        ("format=remote", {"chatbot", "pricing", "robot"}),
        ("format=onsite", {"pricing", "crise"}),
        ("city=Lyon", {"pricing"}),
        ("city=Lyon&city=Paris", {"pricing", "crise"}),
        ("pmin=1000", {"robot"}),
        ("pmax=900", {"chatbot", "pricing", "crise"}),
        ("pmin=400&pmax=400", {"pricing"}),
        ("pmin=1+200,00+€", {"robot"}),
        ("length=120", {"pricing"}),
        ("length=120&length=180", {"chatbot", "pricing", "robot", "crise"}),
        ("free=7", {"chatbot", "pricing", "robot", "crise"}),
        ("topic=&language=&free=&pmin=&rating=", {"chatbot", "pricing", "robot", "crise"}),
    ],
)
def test_each_filter_lets_the_right_ones_through(
    browser: Browser, market: dict[str, int], filters: str, names: set[str]
) -> None:
    page = browser.get(f"/search?{filters}")
    assert set(shown(page)) == {market[name] for name in names}
    assert "One filter was left out" not in page.text


def test_free_soon_looks_into_the_calendars(browser: Browser, market: dict[str, int], scene: Scene) -> None:
    with scene.work.transaction() as tx:
        set_weekly_hours(tx.session, scene.cast.ines.id, ((),) * 7)
    assert set(shown(browser.get("/search?free=14"))) == {market["chatbot"], market["pricing"]}
    assert counts(browser.get("/search"), "free") == {"7": 2, "14": 2, "28": 2}


def test_ratings_filter_by_their_plain_mean(browser: Browser, market: dict[str, int], scene: Scene) -> None:
    booking_id = scene.held(market["chatbot"])
    scene.rate(booking_id, scene.cast.lea, 4)
    assert counts(browser.get("/search"), "rating") == {}, "sealed"
    scene.rate(booking_id, scene.cast.amara, 5)
    scene.settle()
    page = browser.get("/search?rating=4.0")
    assert set(shown(page)) == {market["chatbot"], market["pricing"]}
    assert counts(page, "rating") == {"4.0": 2}


def test_an_options_count_is_what_choosing_it_alone_would_leave(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search?format=onsite")
    assert counts(page, "format") == {"remote": 3, "onsite": 2}, "as if this filter were not set"
    assert counts(page, "language") == {"fr": 2, "en": 1}
    assert counts(page, "topic") == {str(BANKS): 1, str(PRICING): 1}
    assert counts(page, "city") == {"Lyon": 1, "Paris": 1}
    assert counts(page, "length") == {"120": 1, "180": 1}
    for name in ("language", "topic", "city", "length"):
        for value, count in counts(page, name).items():
            assert len(shown(browser.get(f"/search?format=onsite&{name}={value}"))) == count


def test_counts_and_results_agree_for_words_too(browser: Browser, market: dict[str, int]) -> None:
    """Also below the relevance gate: what hardly fits is neither shown nor counted."""
    page = browser.get("/search?q=chatbot+bank+questions+compliance")
    for name in ("topic", "language", "format", "length"):
        for value, count in counts(page, name).items():
            found = browser.get(f"/search?q=chatbot+bank+questions+compliance&{name}={value}")
            assert len(shown(found)) == count, (name, value)


def test_a_chip_takes_its_own_filter_away_and_keeps_the_rest(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get(f"/search?q=bank&topic={BANKS}&language=fr&pmin=100&pmax=1500&free=28&sort=price&rating=4.0")
    all_of_them = chips(page)
    rest = {
        "Banking": "/search?q=bank&language=fr&pmin=100&pmax=1500&rating=4.0&free=28&sort=price",
        "French": f"/search?q=bank&topic={BANKS}&pmin=100&pmax=1500&rating=4.0&free=28&sort=price",
        "4 and more": f"/search?q=bank&topic={BANKS}&language=fr&pmin=100&pmax=1500&free=28&sort=price",
        "Free: within 28 days": f"/search?q=bank&topic={BANKS}&language=fr&pmin=100&pmax=1500&rating=4.0&sort=price",
        "From €100": f"/search?q=bank&topic={BANKS}&language=fr&pmax=1500&rating=4.0&free=28&sort=price",
        "Up to €1,500": f"/search?q=bank&topic={BANKS}&language=fr&pmin=100&rating=4.0&free=28&sort=price",
    }
    assert all_of_them == rest


@pytest.mark.parametrize(
    ("filters", "chip"), [("format=onsite", "On site"), ("city=Lyon", "Lyon"), ("length=120", "2\u00a0h")]
)
def test_the_last_chip_leads_back_to_everything(
    browser: Browser, market: dict[str, int], filters: str, chip: str
) -> None:
    assert chips(browser.get(f"/search?{filters}")) == {chip: "/search"}


@pytest.mark.parametrize(
    "nonsense",
    [
        "topic=999", "topic=x", "topic=²", "language=de", "format=carrier-pigeon", "city=Atlantis", "pmin=abc",
        "pmax=-5", "pmax=99999999999999999999999", "length=45", "rating=6", "free=9999", "sort=luck", "page=x",
    ],
)  # fmt: skip
def test_a_bad_filter_is_left_out_with_a_note(browser: Browser, market: dict[str, int], nonsense: str) -> None:
    page = browser.get(f"/search?{nonsense}")
    assert page.status == 200
    assert "One filter was left out" in page.text
    assert set(shown(page)) == set(market.values())


def test_prices_of_nothing_are_no_filter(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search?pmin=0&pmax=0")
    assert len(shown(page)) == 4
    assert chips(page) == {}


def test_sorting(browser: Browser, market: dict[str, int], scene: Scene) -> None:
    booking_id = scene.held(market["crise"])
    scene.rate(booking_id, scene.cast.lea, 5)
    scene.rate(booking_id, scene.cast.ines, 5)
    scene.set_expert(scene.cast.ines, min_notice_hours=240)
    scene.settle()
    by_price = shown(browser.get("/search?sort=price"))
    assert (by_price[0], by_price[-1]) == (market["pricing"], market["robot"])
    assert set(shown(browser.get("/search?sort=rating"))[:2]) == {market["crise"], market["robot"]}
    assert set(shown(browser.get("/search?sort=slot"))[:2]) == {market["chatbot"], market["pricing"]}


def test_the_cheapest_of_a_large_market_is_not_lost_behind_the_better_rated(
    browser: Browser, market: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketplace.queries import matching

    monkeypatch.setattr(matching, "RANKED", 1)
    assert shown(browser.get("/search?sort=price")) == [market["pricing"]]
    assert browser.get("/search").title.startswith("4 offerings"), "the count tells of all of them"


def test_pages(browser: Browser, market: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "PAGE", 3)
    first, second = browser.get("/search?language=fr"), browser.get("/search?language=fr&page=2")
    assert (len(shown(first)), len(shown(second))) == (3, 1)
    assert not set(shown(first)) & set(shown(second))
    links = [link["href"] for link in first.soup.select(".pages a")]
    assert links == ["/search?language=fr&page=2", "/search?language=fr&page=2"]
    assert shown(browser.get("/search?language=fr&page=77")) == shown(second), "an address of yesterday"


def test_nothing_found_offers_the_nearest_ones_and_a_request(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search?q=chatbot&city=Lyon&length=180")
    assert "No offering fits all of that" in page.text
    assert page.soup.select_one("h2.nearest") is not None
    assert market["chatbot"] in shown(page)
    ask = page.soup.select_one(".empty a")
    assert ask is not None
    assert ask["href"] == "/requests/new?problem=chatbot"


def test_unknown_words_offer_the_best_of_everything(browser: Browser, market: dict[str, int]) -> None:
    page = browser.get("/search?q=qqqqqqq")
    assert set(shown(page)) == set(market.values())
    assert "The nearest ones" in page.text


def test_an_empty_market_says_so(browser: Browser) -> None:
    page = browser.get("/search?q=chatbot&free=7")
    assert page.status == 200
    assert shown(page) == []


def test_publishing_a_request_is_offered_to_leads_and_to_those_who_may_become_one(
    app: Flask, market: dict[str, int], scene: Scene
) -> None:
    for who, is_offered in (("lea", True), ("amara", False), ("ada", False)):
        page = Browser(app).sign_in(getattr(scene.cast, who)).get("/search?q=chatbot&lang=en")
        assert ("Nobody quite right?" in page.text) is is_offered
    assert "Nobody quite right?" in Browser(app).get("/search?q=chatbot").text
    assert "Publish a request" not in Browser(app).sign_in(scene.cast.amara).get("/search?q=chatbot&length=240").text


def test_an_owner_sees_how_the_rank_came_about_and_nobody_else_does(
    app: Flask, market: dict[str, int], scene: Scene
) -> None:
    mine = Browser(app).sign_in(scene.cast.amara).get("/search?q=chatbot")
    why, *_ = mine.soup.select(".why")  # her other one mentions a chatbot, too
    assert "why it stands at place" in why.get_text()
    assert "Relevance 100" in why.get_text()
    for other in (Browser(app), Browser(app).sign_in(scene.cast.lea), Browser(app).sign_in(scene.cast.ada)):
        assert other.get("/search?q=chatbot").soup.select(".why") == []
    others_own = Browser(app).sign_in(scene.cast.ines).get("/search?q=chatbot").soup.select(".why")
    assert len(others_own) == 1, "her own alone"


def test_a_rank_explains_relevance_and_no_other_order(app: Flask, market: dict[str, int], scene: Scene) -> None:
    assert Browser(app).sign_in(scene.cast.amara).get("/search?q=chatbot&sort=price").soup.select(".why") == []


def test_what_leaves_the_market_leaves_the_page_at_once(browser: Browser, market: dict[str, int], scene: Scene) -> None:
    browser.get("/search")
    offerings.pause_offering(scene.work, OwnOffering(scene.cast.amara.actor, market["chatbot"]))
    assert market["chatbot"] not in shown(browser.get("/search"))
    people.suspend(scene.work, people.Suspend(scene.cast.ada.actor, scene.cast.ines.id, "Fake references."))
    assert shown(browser.get("/search")) == [market["pricing"]]


def test_the_page_is_whole_in_french(app: Flask, market: dict[str, int]) -> None:
    page = Browser(app, "fr").get("/search?q=chatbot&language=fr")
    assert page.soup.html["lang"] == "fr"  # type: ignore[index]
    assert chips(page) == {"Français": "/search?q=chatbot"}


def test_the_number_of_questions_does_not_grow_with_the_offerings(app: Flask, scene: Scene) -> None:
    browser = Browser(app)
    for number in range(5):
        scene.offer(f"Chatbots in banks, part {number}", by=(scene.cast.amara, scene.cast.ines)[number % 2])
    scene.settle()
    few = _asked(browser, scene)
    for number in range(45):
        scene.offer(f"Chatbots in insurance, part {number}", by=(scene.cast.amara, scene.cast.ines)[number % 2])
    scene.settle()
    many = _asked(browser, scene)
    assert few == many
    assert many <= 10


def _asked(browser: Browser, scene: Scene) -> int:
    browser.get("/search?q=chatbots&free=28")  # brings the catalogue up to date
    with statements(scene.work.database) as asked:
        page = browser.get("/search?q=chatbots&free=28")
    assert shown(page)
    return len(asked)


def test_an_answer_is_kept_with_its_parts_and_without_its_words(
    browser: Browser, market: dict[str, int], scene: Scene
) -> None:
    browser.get("/search?q=chatbot")
    browser.get("/search?q=pricing")  # at once after the first
    with scene.work.reading() as session:
        (kept,) = session.scalars(select(Impression)).all()
    assert kept.candidates[0][0] == market["chatbot"]
    assert "chatbot" not in str(kept.candidates)


def test_an_answer_sorted_by_price_says_nothing_of_the_ranking(
    browser: Browser, market: dict[str, int], scene: Scene
) -> None:
    browser.get("/search?q=chatbot&sort=price")
    with scene.work.reading() as session:
        assert session.scalars(select(Impression)).all() == []
