"""Registering and the own account, as people see them."""

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace import links
from marketplace.store.accounts import Account, claim_on
from marketplace.work import Work
from tests.cast import Cast
from tests.web.browse import Browser

PASSWORD = "poule mouillee ardente"
LEAD = {"name": "Zoé Lambert", "company": "Tramways", "email": "zoe@exemple.fr", "password": PASSWORD}
EXPERT = {"name": "Zoé Lambert", "email": "zoe@exemple.fr", "password": PASSWORD}


def link_to(work: Work, email: str) -> str:
    with work.reading() as session:
        account = session.scalars(select(Account).where(Account.email == email)).one()
    return f"/verification/{links.sign(work.secret, links.Purpose.VERIFY, claim_on(account), work.now())}"


@pytest.mark.parametrize(("kind", "answers"), [("lead", LEAD), ("expert", EXPERT)])
def test_from_registering_to_a_confirmed_address(app: Flask, work: Work, kind: str, answers: dict[str, str]) -> None:
    zoe = Browser(app)
    assert f"/register/{kind}" in zoe.get("/register").html
    form = zoe.get(f"/register/{kind}")
    assert zoe.submit(form, f"/register/{kind}", **answers).location == "/registered"
    assert "look at your messages" in zoe.get("/registered").text
    letter = link_to(work, "zoe@exemple.fr")
    assert zoe.submit(zoe.get(letter), letter).location == "/sign-in"
    assert "Your e-mail address is confirmed." in zoe.get("/sign-in").text
    assert zoe.post("/sign-in", email="zoe@exemple.fr", password=PASSWORD).location == "/dashboard"


def test_opening_the_link_confirms_nothing_yet(app: Flask, work: Work, cast: Cast) -> None:
    """Mail programs and virus scanners open links by themselves."""
    letter = link_to(work, cast.noor.email)
    assert Browser(app).get(letter).status == 200
    with work.reading() as session:
        assert session.get_one(Account, cast.noor.id).verified_at is None


def test_a_used_link_says_so_and_what_to_do(app: Flask, work: Work, cast: Cast) -> None:
    letter, noor = link_to(work, cast.noor.email), Browser(app)
    noor.submit(noor.get(letter), letter)
    for again in (noor.get(letter), noor.post(letter)):
        assert again.status == 409
        assert "used already or is too old" in again.text
        assert again.soup.find("a", href="/sign-in")


@pytest.mark.parametrize(("kind", "answers"), [("lead", LEAD), ("expert", EXPERT)])
def test_known_and_unknown_addresses_are_answered_alike(
    app: Flask, cast: Cast, kind: str, answers: dict[str, str]
) -> None:
    seen = []
    for email in ("unknown@exemple.fr", cast.lea.email):
        browser = Browser(app)
        page = browser.submit(browser.get(f"/register/{kind}"), f"/register/{kind}", **{**answers, "email": email})
        seen.append((page.status, page.location, browser.get("/registered").text))
    assert seen[0] == seen[1]


def test_a_wrong_form_comes_back_with_words_beside_the_fields_and_the_input_kept(app: Flask) -> None:
    browser = Browser(app)
    page = browser.post("/register/lead", name="Zoé", company=" ", email="zoe", password="short")
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert [error.removeprefix("Error: ") for error in page.errors()] == [
        "Enter the name of your company.",
        "Enter an e-mail address like name@company.com.",
    ]
    summary = page.soup.find(attrs={"data-focus": True})
    assert [link["href"] for link in summary.find_all("a")] == ["#company", "#email"]
    assert page.soup.find(id="name")["value"] == "Zoé"
    assert page.soup.find(id="email")["aria-invalid"] == "true"
    assert not page.soup.find(id="password").get("value")


def test_a_weak_password_is_explained_beside_its_field(app: Flask) -> None:
    page = Browser(app).post("/register/expert", **{**EXPERT, "password": "zoelambert"})
    assert page.status == 422
    assert "easy to guess" in page.errors()[0]
    assert "8 characters" in Browser(app).post("/register/expert", **{**EXPERT, "password": "xK9#v"}).errors()[0]


def test_password_fields_tell_password_managers_what_they_are(app: Flask, cast: Cast) -> None:
    lea = Browser(app)
    assert lea.get("/register/lead").soup.find(id="password")["autocomplete"] == "new-password"
    sign_in = lea.get("/sign-in").soup
    assert sign_in.find(id="email")["autocomplete"] == "username"
    assert sign_in.find(id="password")["autocomplete"] == "current-password"
    change = lea.sign_in(cast.lea).get("/account/password").soup
    assert change.find(id="old")["autocomplete"] == "current-password"
    assert change.find(id="password")["autocomplete"] == "new-password"


def test_whoever_has_not_confirmed_is_told_and_can_ask_again(app: Flask, cast: Cast) -> None:
    noor = Browser(app)
    assert (
        noor.post("/sign-in", email=cast.noor.email, password="quatre-heures-moins-le-quart").location
        == "/verification"
    )
    noor.token = ""
    noor.post("/language", language="en")
    page = noor.get("/verification")
    assert cast.noor.email in page.text
    assert noor.submit(page, "/verification").status == 303
    assert "another message" in noor.get("/verification").text
    assert "is confirmed" in Browser(app).sign_in(cast.lea).get("/verification?lang=en").text


def test_asking_for_letters_all_the_time_is_answered_with_429(app: Flask, cast: Cast) -> None:
    noor = Browser(app).sign_in(cast.noor)
    statuses = [noor.post("/verification").status for _ in range(6)]
    assert statuses == [303] * 5 + [429]


def test_name_language_and_zone_can_be_changed(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    page = lea.get("/account")
    assert page.soup.html["lang"] == "fr"
    changed = {"name": "Léa M.", "language": "en", "zone": "America/Montreal"}
    assert lea.submit(page, "/account", "/account/preferences", **changed).location == "/account"
    after = lea.get("/account")
    assert after.soup.html["lang"] == "en"
    assert after.fields("/account/preferences")["zone"] == "America/Montreal"
    assert after.soup.find(id="name")["value"] == "Léa M."


def test_preferences_that_do_not_exist_are_refused(app: Flask, cast: Cast) -> None:
    lea = Browser(app).sign_in(cast.lea)
    page = lea.post("/account/preferences", name="", language="de", zone="Europe/Atlantis")
    assert page.status == 422
    assert len(page.errors()) == 3


def test_own_sessions_can_be_ended(app: Flask, cast: Cast) -> None:
    phone, laptop = Browser(app).sign_in(cast.lea), Browser(app).sign_in(cast.lea)
    page = laptop.get("/account?lang=en")
    endings = [form["action"] for form in page.soup.main.find_all("form") if form["action"].endswith("/ending")]
    assert len(endings) == 2
    assert laptop.post(endings[0]).location == "/account"
    assert phone.get("/account").location.startswith("/sign-in")
    assert laptop.get("/account").status == 200
    tablet = Browser(app).sign_in(cast.lea)
    assert laptop.post("/account/sessions/others/ending").status == 303
    assert tablet.get("/account").location.startswith("/sign-in")


def test_somebody_elses_session_is_not_found(app: Flask, cast: Cast) -> None:
    Browser(app).sign_in(cast.lea)
    marta = Browser(app).sign_in(cast.marta)
    assert marta.post("/account/sessions/1/ending").status == 404
