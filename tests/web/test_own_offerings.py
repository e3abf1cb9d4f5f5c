"""An expert's offerings in the browser, without JavaScript."""

from dataclasses import replace

import pytest

from marketplace.services import offerings
from marketplace.services.offerings import OwnOffering
from tests.web.browse import Browser
from tests.web.market import OFFERING, TYPED, Market


@pytest.fixture
def market(work, cast):
    return Market(work, cast)


@pytest.fixture
def visitor(app):
    return Browser(app)


@pytest.fixture
def amara(app, cast):
    return Browser(app).sign_in(cast.amara)


def test_an_empty_list_offers_a_template(amara):
    page = amara.get("/expert/offerings")
    assert "Your first offering" in page.text
    example = amara.get("/expert/offerings/new?start=example")
    assert example.fields()["title"] == "Your first 90 days with a data team"


def test_from_an_empty_form_to_the_queue(amara, market):
    page = amara.get("/expert/offerings/new")
    saved = amara.submit(page, "/expert/offerings/new", **TYPED, then="preview")
    assert (saved.status, saved.location) == (303, "/expert/offerings/1/preview")
    preview = amara.get(saved.location)
    assert "This is how leads will see it" in preview.text
    assert TYPED["outcome"] in preview.text
    sent = amara.submit(preview, "", "/expert/offerings/1/submission")
    assert sent.status == 303
    listed = amara.get("/expert/offerings")
    assert "In review" in listed.text
    assert "two working days" in listed.text


def test_an_empty_form_comes_back_with_words_beside_each_field(amara, market):
    page = amara.submit(amara.get("/expert/offerings/new"), "/expert/offerings/new", outcome="Kept as it was typed")
    assert page.status == 422
    assert page.title.startswith("Error:")
    assert "Give it a title." in " ".join(page.errors())
    assert page.fields()["outcome"].strip() == "Kept as it was typed"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"price": "free"}, "Enter an amount in euros"),
        ({"price": "5000.01"}, "between 100 and 5,000 euros"),
        ({"format": "onsite", "city": ""}, "in which city"),
        ({"title": "Short"}, "The title needs 10 to 100 characters"),
        ({"question_1": "x" * 201}, "A question has at most 200 characters"),
    ],
)
def test_a_broken_rule_is_explained_beside_its_field(amara, market, typed, words):
    page = amara.submit(amara.get("/expert/offerings/new"), "/expert/offerings/new", **{**TYPED, **typed})
    assert page.status == 422
    assert words in " ".join(page.errors())


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("900", 90_000), ("1 170,50", 117_050), ("1,170.50 €", 117_050), ("1.170", 117_000), ("899.9", 89_990)],
)
def test_a_price_is_read_as_it_is_written(amara, market, typed, minor):
    amara.submit(amara.get("/expert/offerings/new"), "/expert/offerings/new", **{**TYPED, "price": typed})
    assert market.newest_price() == minor


def test_two_tabs_never_overwrite_each_other(amara, market):
    offering_id = market.draft()
    path = f"/expert/offerings/{offering_id}"
    first, second = amara.get(path), amara.get(path)
    assert amara.submit(first, path, title="Saved in the first tab").status == 303
    collision = amara.submit(second, path, title="Typed in the second tab")
    assert collision.status == 409
    assert "saved elsewhere" in collision.text
    assert collision.soup.find("del").get_text().strip().startswith("[removed:")
    assert collision.fields()["title"] == "Typed in the second tab"
    assert amara.submit(collision, path).status == 303
    assert "Typed in the second tab" in amara.get("/expert/offerings").text


def test_a_change_that_breaks_a_rule_comes_back(amara, market):
    path = f"/expert/offerings/{market.draft()}"
    page = amara.submit(amara.get(path), path, price="5000.01")
    assert page.status == 422
    assert page.fields()["price"] == "5000.01"


def test_a_sent_form_does_not_change_a_text_in_review(amara, market):
    offering_id = market.draft()
    path = f"/expert/offerings/{offering_id}"
    opened = amara.get(path)
    amara.post(f"{path}/submission")
    assert amara.submit(opened, path, title="Typed too late to be read").status == 409


def test_a_text_in_review_leads_to_its_preview_until_it_is_taken_back(amara, market):
    offering_id = market.submitted()
    assert amara.get(f"/expert/offerings/{offering_id}").location == f"/expert/offerings/{offering_id}/preview"
    preview = amara.get(f"/expert/offerings/{offering_id}/preview")
    assert amara.submit(preview, "", f"/expert/offerings/{offering_id}/recall").status == 303
    assert amara.get(f"/expert/offerings/{offering_id}").status == 200


def test_pause_resume_and_withdraw(amara, market, visitor):
    offering_id = market.published()
    path = f"/expert/offerings/{offering_id}"
    assert amara.submit(amara.get("/expert/offerings"), "", f"{path}/pause").status == 303
    assert visitor.get(f"/offerings/{offering_id}").status == 404
    assert amara.submit(amara.get("/expert/offerings"), "", f"{path}/resumption").status == 303
    assert visitor.get(f"/offerings/{offering_id}").status == 200
    asked = amara.get(f"{path}/withdrawal")
    assert "does not come back" in asked.text
    assert amara.submit(asked, "", f"{path}/withdrawal").status == 303
    assert visitor.get(f"/offerings/{offering_id}").status == 404


def test_a_draft_is_deleted_after_a_question(amara, market):
    offering_id = market.draft()
    asked = amara.get(f"/expert/offerings/{offering_id}/deletion")
    assert amara.submit(asked, "", f"/expert/offerings/{offering_id}/deletion").status == 303
    assert amara.get(f"/expert/offerings/{offering_id}").status == 404


def test_the_form_begins_with_three_hours_and_the_preview_does_not_sell(amara, market):
    assert amara.get("/expert/offerings/new").fields()["length_minutes"] == "180"
    preview = amara.get(f"/expert/offerings/{market.draft()}/preview")
    assert not preview.soup.select('main a[href*="/booking"]')


def test_a_wrong_move_is_a_clear_409(amara, market):
    offering_id = market.published()
    offerings.pause_offering(market.work, OwnOffering(market.cast.amara.actor, offering_id))
    page = amara.post(f"/expert/offerings/{offering_id}/pause")
    assert page.status == 409


def test_a_new_expert_is_sent_to_the_application(app, cast, market):
    jeanne = Browser(app).sign_in(cast.jeanne)
    jeanne.submit(jeanne.get("/expert/offerings/new"), "/expert/offerings/new", **TYPED)
    page = jeanne.post("/expert/offerings/1/submission")
    assert page.status == 409
    assert page.soup.find("main").find("a", href="/expert/application")


def test_reasons_reach_the_expert(amara, market):
    market.rejected("advertising", "Please share, do not sell.")
    page = amara.get("/expert/offerings")
    assert "It advertises services instead of sharing experience" in page.text
    assert "Please share, do not sell." in page.text


def test_foreign_offerings_do_not_exist(app, cast, market):
    offering_id = market.draft()
    ines = Browser(app).sign_in(cast.ines)
    for path in ("", "/preview", "/withdrawal", "/deletion"):
        assert ines.get(f"/expert/offerings/{offering_id}{path}").status == 404
    for path in ("/submission", "/recall", "/pause", "/resumption", "/withdrawal", "/deletion"):
        assert ines.post(f"/expert/offerings/{offering_id}{path}").status == 404


def test_a_change_to_a_published_offering_is_shown_beside_it(amara, market, visitor):
    offering_id = market.published()
    path = f"/expert/offerings/{offering_id}"
    page = amara.get(path)
    assert "stays live until your change is approved" in page.text
    amara.submit(page, path, title="A chatbot that the works council accepts")
    assert "Change: Draft" in amara.get("/expert/offerings").text
    assert OFFERING.title in visitor.get(f"/offerings/{offering_id}").text


def test_the_editor_speaks_french(app, cast, market):
    page = Browser(app).sign_in(cast.ines).get("/expert/offerings/new")
    assert page.soup.html["lang"] == "fr"


def test_an_offering_may_have_neither_questions_nor_city(amara, market):
    bare = {**TYPED, "question_1": "", "topic_2": "", "city": ""}
    assert amara.submit(amara.get("/expert/offerings/new"), "/expert/offerings/new", **bare).status == 303
    assert market.newest_text() == replace(OFFERING, questions=(), topic_ids=(1,))
