"""The language of a page: the address, the account, the browser's choice, its settings, French."""

import pytest
from flask import Flask

from tests.cast import Cast
from tests.web.browse import Browser


def language_of(browser: Browser, path: str = "/sign-in") -> str:
    return str(browser.get(path).soup.html["lang"])


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [("en", "en"), ("fr", "fr"), ("de,en;q=0.5,fr;q=0.2", "en"), ("de", "fr"), ("", "fr"), ("en-GB,en;q=0.9", "en")],
)
def test_the_browsers_settings_count_where_nothing_was_chosen(app: Flask, accepted: str, spoken: str) -> None:
    assert language_of(Browser(app, accepted)) == spoken


def test_a_choice_is_remembered(app: Flask) -> None:
    visitor = Browser(app, "fr")
    assert visitor.post("/language", language="en", next="/register").location == "/register"
    assert language_of(visitor) == "en"


def test_the_address_counts_for_one_page_only(app: Flask) -> None:
    visitor = Browser(app, "fr")
    assert language_of(visitor, "/sign-in?lang=en") == "en"
    assert language_of(visitor) == "fr"
    assert language_of(visitor, "/sign-in?lang=de") == "fr"


def test_an_account_has_its_language_everywhere(app: Flask, cast: Cast) -> None:
    marta = Browser(app, "fr").sign_in(cast.marta)
    assert language_of(marta, "/account") == "en"
    marta.post("/language", language="fr")
    assert language_of(marta, "/account") == "fr"
    assert language_of(Browser(app, "en").sign_in(cast.marta), "/account") == "fr"


def test_the_choice_survives_signing_in_and_out(app: Flask, cast: Cast) -> None:
    lea = Browser(app, "fr")
    lea.post("/language", language="en")
    lea.token = ""
    lea.sign_in(cast.lea)
    assert language_of(lea, "/account") == "fr"  # her account's own
    lea.post("/sign-out")
    assert language_of(lea) == "en"


@pytest.mark.parametrize("language", ["de", "", "../en"])
def test_other_languages_change_nothing(app: Flask, language: str) -> None:
    visitor = Browser(app, "fr")
    assert visitor.post("/language", language=language, next="https://evil.example").location == "/"
    assert language_of(visitor) == "fr"


def test_search_engines_learn_of_the_other_language(app: Flask, cast: Cast) -> None:
    links = Browser(app).get("/register?from=mail&lang=en").soup.find_all("link", rel="alternate")
    assert {link["hreflang"]: link["href"] for link in links} == {
        "fr": "http://127.0.0.1:8000/register?from=mail&lang=fr",
        "en": "http://127.0.0.1:8000/register?from=mail&lang=en",
    }
    assert not Browser(app).sign_in(cast.lea).get("/account").soup.find_all("link", rel="alternate")


def test_the_switch_leads_back_to_its_page(app: Flask) -> None:
    switch = Browser(app).get("/search?q=cloud&sort=price").soup.select_one("form.lang input[name=next]")
    assert switch is not None
    assert switch["value"] == "/search?q=cloud&sort=price"
