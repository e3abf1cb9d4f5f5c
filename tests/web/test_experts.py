"""The expert's profile and application in the browser."""

import pytest

from tests.web.browse import Browser
from tests.web.market import Market

PROFILE = {
    "headline": "Identity and access consultant",
    "bio": "Ten years of directories, joiners and leavers, and two audits that nobody wants to live through again.",
    "languages": ["fr", "en"],
    "city": "Lille",
    "vat_scheme": "franchise",
}
APPLICATION = {
    "motivation": "I want to spare others the three months I lost with orphaned accounts and a late audit.",
    "references": "The head of IT of a retailer in Lille, on request; two talks in public.",
    "teaching": "First the lead draws what they have. Then we name the one decision that is open, and take it.",
}


@pytest.fixture
def jeanne(app, cast, work):
    Market(work, cast)
    return Browser(app).sign_in(cast.jeanne)


def test_from_profile_to_application_to_the_queue(app, cast, jeanne):
    assert "/expert/profile" in jeanne.get("/expert/application").html
    saved = jeanne.submit(jeanne.get("/expert/profile"), "/expert/profile", **PROFILE)
    assert (saved.status, saved.location) == (303, "/expert/application")
    sent = jeanne.submit(jeanne.get("/expert/application"), "/expert/application", **APPLICATION)
    assert sent.status == 303
    assert not jeanne.get("/expert/application").soup.find("main").find("form")
    otto = Browser(app).sign_in(cast.otto)
    assert PROFILE["headline"] in otto.get("/admin/queue").text
    item = otto.get(f"/admin/queue/expert/{cast.jeanne.id}")
    for words in APPLICATION.values():
        assert words in item.text


def test_an_empty_profile_comes_back_with_words(jeanne):
    page = jeanne.submit(jeanne.get("/expert/profile"), "/expert/profile", city="Lille")
    assert page.status == 422
    assert len(page.errors()) == 3
    assert page.fields()["city"] == "Lille"


def test_a_short_application_is_kept(jeanne):
    jeanne.submit(jeanne.get("/expert/profile"), "/expert/profile", **PROFILE)
    short = {**APPLICATION, "teaching": "Well."}
    page = jeanne.submit(jeanne.get("/expert/application"), "/expert/application", **short)
    assert page.status == 422
    assert page.fields()["motivation"].strip() == APPLICATION["motivation"]


def test_applying_before_the_profile_is_a_409_that_says_what_comes_first(jeanne):
    page = jeanne.post("/expert/application", **APPLICATION)
    assert page.status == 409
    assert page.soup.find("main").find("a", href="/expert/profile")


def test_a_vetted_expert_has_nothing_left_to_apply_for(app, cast, work):
    amara = Browser(app).sign_in(cast.amara)
    assert "You are a verified expert" in amara.get("/expert/application").text
    assert f"/experts/{cast.amara.id}" in amara.get("/expert/profile").html
