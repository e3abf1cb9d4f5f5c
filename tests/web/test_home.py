"""The home page, the pages of plain words, and what the layout puts around every page."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from marketplace.store.experts import Standing, WeeklyHours
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.transaction import Database
from search.request import DEMANDED
from tests.cast import START, Cast, Person
from tests.web.browse import Browser

TEXTS = ("/how-it-works", "/help", "/terms", "/privacy", "/accessibility", "/security")
KIB = 1024
STATIC = Path(__file__).parents[2] / "marketplace" / "static"


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Browser:
    return Browser(app)


def publish(database: Database, expert: Person, title: str, language: str = "en", price_minor: int = 90_000) -> int:
    with database.transaction(START) as tx:
        offering = Offering(expert_id=expert.id, created_at=START, published_at=START)
        tx.session.add(offering)
        tx.session.flush()
        text = OfferingRevision(
            offering_id=offering.id,
            number=1,
            state="approved",
            language=language,
            title=title,
            outcome="A list of ten gaps, sorted by risk. " * 12,
            experience="Twelve years of it.",
            price_minor=price_minor,
            created_at=START,
        )
        tx.session.add(text)
        tx.session.flush()
        offering.live_revision_id, offering.state = text.id, "published"
        return offering.id


def open_weekdays(database: Database, experts: Iterable[Person]) -> None:
    with database.transaction(START) as tx:
        for expert in experts:
            tx.session.add_all(
                WeeklyHours(expert_id=expert.id, weekday=day, opens=540, closes=1080) for day in range(5)
            )


def rate(database: Database, expert: Person, stars: float) -> None:
    with database.transaction(START) as tx:
        parts = {"stars": stars, "recommend": 0.8, "reliability": 0.9, "response": 0.9}
        tx.session.add(Standing(account_id=expert.id, ratings=9, mean_stars=4.5, updated_at=START, **parts))


def test_an_empty_market_says_so(browser: Browser) -> None:
    assert "The first offerings are on their way" in browser.get("/").text


def test_home_shows_offerings_with_their_next_slot(browser: Browser, database: Database, cast: Cast) -> None:
    publish(database, cast.ines, "Chatbots in a bank")
    open_weekdays(database, [cast.ines])
    page = browser.get("/")
    assert "Chatbots in a bank" in page.text
    assert "Next: Wed 4 Nov, 9:00" in page.text  # two days' notice from Monday at nine
    assert "€900" in page.text
    assert "gaps, sorted…" in page.text or "…" in page.text  # the outcome is cut


def test_experts_with_a_good_standing_come_first_and_only_once(
    browser: Browser, database: Database, cast: Cast
) -> None:
    for title in ("First of Amara", "Second of Amara"):
        publish(database, cast.amara, title)
    publish(database, cast.ines, "Only of Inès")
    rate(database, cast.ines, 0.9)
    rate(database, cast.amara, 0.5)
    titles = [title.get_text() for title in browser.get("/").soup.select(".offer .t")]
    assert titles == ["Only of Inès", "First of Amara", "Second of Amara"]


def test_offerings_in_the_readers_language_come_first(browser: Browser, database: Database, cast: Cast) -> None:
    publish(database, cast.ines, "En français", language="fr")
    publish(database, cast.amara, "In English")
    rate(database, cast.ines, 0.9)
    rate(database, cast.amara, 0.5)
    titles = [title.get_text() for title in browser.get("/?lang=en").soup.select(".offer .t")]
    assert titles == ["In English", "En français"]


def test_what_is_not_published_is_not_shown(browser: Browser, database: Database, cast: Cast) -> None:
    offering_id = publish(database, cast.ines, "Paused since")
    with database.transaction(START) as tx:
        tx.session.get_one(Offering, offering_id).state = "paused"
    assert "Paused since" not in browser.get("/").text


def test_prices_are_explained_by_the_rules_themselves(browser: Browser) -> None:
    text = browser.get("/").text
    for words in ("€900.00", "VAT, 20%", "€1,080.00", "15%", "72 hours or more before: 100% back", "24 hours or more"):
        assert words in text


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize(("language", "quote"), [("fr", "’"), ("en", " the ")])
def test_plain_words_come_in_both_languages(browser: Browser, path: str, language: str, quote: str) -> None:
    page = browser.get(f"{path}?lang={language}")
    assert page.status == 200
    assert page.soup.html is not None
    assert page.soup.html["lang"] == language
    assert quote in page.text
    assert len(page.soup.select("h1")) == 1


def test_every_page_says_who_looks_and_where_they_can_go(browser: Browser, cast: Cast) -> None:
    expected = {
        cast.lea: ["Find an expert", "My requests", "My sessions"],
        cast.ines: ["My offerings", "Requests", "Availability", "Sessions", "Earnings"],
        cast.ada: ["Queue", "People", "Bookings", "Unmet demand", "Cases", "Health", "Journal"],
    }
    for person, links in expected.items():
        page = Browser(browser.app).sign_in(person).get("/help?lang=en")
        assert [link.get_text() for link in page.soup.select(".nav a")] == links
        assert page.soup.select_one(".who-name").get_text() == person.name  # type: ignore[union-attr]
    assert [link.get_text() for link in browser.get("/").soup.select(".nav a")] == ["Find an expert", "How it works"]


def test_the_present_page_is_marked_in_both_menus(browser: Browser) -> None:
    marked = browser.get("/how-it-works").soup.select("a[aria-current=page]")
    assert [link.get_text() for link in marked] == ["How it works", "How it works"]


def test_the_language_switch_comes_back_to_the_page(browser: Browser) -> None:
    answer = browser.post("/language", language="fr", next="/help")
    assert answer.location == "/help"
    assert browser.get("/help").soup.html["lang"] == "fr"  # type: ignore[index]


def test_every_address_of_the_menus_and_the_footer_is_a_page(app: Flask, browser: Browser, cast: Cast) -> None:
    adapter = app.url_map.bind("localhost")
    for browsing in (browser, *(Browser(app).sign_in(person) for person in (cast.lea, cast.ines, cast.ada))):
        soup = browsing.get("/help").soup
        addresses = {link["href"] for link in soup.select("header a, footer a") if str(link["href"]).startswith("/")}
        for address in addresses:
            assert adapter.match(str(address), method="GET")


def test_titles_of_pages_differ(browser: Browser) -> None:
    titles = [browser.get(path).title for path in ("/", *TEXTS)]
    assert len(set(titles)) == len(titles)
    assert all(title.endswith(" | Cadran") for title in titles)


def test_home_asks_the_database_the_same_number_of_times_for_one_offering_and_for_six(
    browser: Browser, database: Database, cast: Cast
) -> None:
    publish(database, cast.ines, "One")
    few = _queries(browser, database, "/")
    for number in range(5):
        publish(database, cast.amara, f"More {number}")
    assert _queries(browser, database, "/") == few


@pytest.mark.parametrize(
    ("language", "quotes", "most"), [("en", "quotes", "up to eight words"), ("fr", "guillemets", "huit mots au plus")]
)
def test_the_help_says_how_to_search_and_the_search_page_leads_there(
    browser: Browser, language: str, quotes: str, most: str
) -> None:
    search = Browser(browser.app, language).get("/search").soup
    field = search.select_one("#q")
    assert field is not None
    assert field["aria-describedby"] == "q-hint"
    assert quotes in search.select_one("#q-hint").get_text()  # type: ignore[union-attr]
    assert search.select_one('.band a[href="/help#searching"]')
    section = Browser(browser.app, language).get("/help").soup.select_one("#searching ~ ul")
    assert section is not None
    assert most in section.get_text()
    assert DEMANDED == 8
    assert [link["href"] for link in section.select("a")] == ["/how-ranking-works", "/searches"]


def test_a_full_home_page_stays_light(browser: Browser, database: Database, cast: Cast) -> None:
    open_weekdays(database, [cast.ines, cast.amara])
    for number in range(6):
        publish(database, cast.ines if number % 2 else cast.amara, f"Offering number {number}")
    assert len(gzip.compress(browser.get("/").html.encode())) < 15 * KIB


def test_stylesheet_script_and_fonts_stay_light() -> None:
    fonts = [path.stat().st_size for path in STATIC.glob("fonts/*.woff2")]
    code = [len(gzip.compress((STATIC / name).read_bytes())) for name in ("app.css", "app.js")]
    assert sum(fonts) <= 75 * KIB
    assert sum(code) <= 20 * KIB


def test_fonts_and_icons_come_with_their_licences() -> None:
    for name in ("fonts/bricolage-LICENSE.txt", "fonts/instrument-LICENSE.txt", "icons/lucide-LICENSE.txt"):
        assert "Copyright" in (STATIC / name).read_text(encoding="utf-8")


def _queries(browser: Browser, database: Database, path: str) -> int:
    seen: list[str] = []

    def _note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(database.engine, "before_cursor_execute", _note)
    browser.get(path)
    event.remove(database.engine, "before_cursor_execute", _note)
    return sum(statement.startswith("SELECT") for statement in seen)
