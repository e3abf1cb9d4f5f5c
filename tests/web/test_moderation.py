"""The admins' desk in the browser: queue, claim, difference, verdict."""

from dataclasses import replace

import pytest

from marketplace.domain.moderation import Verdict
from tests.web.browse import Browser
from tests.web.market import OFFERING, Market


@pytest.fixture
def market(work, cast):
    return Market(work, cast)


@pytest.fixture
def otto(app, cast):
    return Browser(app).sign_in(cast.otto)


@pytest.fixture
def ada(app, cast):
    return Browser(app).sign_in(cast.ada)


def test_an_empty_queue_says_so(otto, market):
    assert "Nothing to do" in otto.get("/admin/queue").text


def test_the_oldest_comes_first_with_its_waiting_time(app, market, clock, cast):
    market.submitted(replace(OFFERING, title="The first to wait"))
    clock.advance(hours=2)
    market.apply(cast.jeanne)
    clock.advance(hours=1)
    market.submitted(replace(OFFERING, title="The last to come"))
    page = Browser(app).sign_in(cast.otto).get("/admin/queue")
    rows = [row.get_text(" ", strip=True) for row in page.soup.select("tbody tr")]
    assert ["first to wait" in rows[0], "Identity consultant" in rows[1], "last to come" in rows[2]] == [True] * 3
    assert "3 hours" in rows[0]


def test_claim_then_approve(otto, market):
    offering_id = market.submitted()
    item = f"/admin/queue/offering/{market.revision(offering_id).id}"
    assert "Take it for twenty minutes" in otto.get(item).text
    claimed = otto.submit(otto.get("/admin/queue"), "", f"{item}/claim")
    assert (claimed.status, claimed.location) == (303, item)
    decided = otto.submit(otto.get(item), "", f"{item}/verdict", verdict="approve")
    assert (decided.status, decided.location) == (303, "/admin/queue")
    assert otto.get(f"/offerings/{offering_id}").status == 200


def test_the_other_admin_sees_who_holds_it(otto, ada, market, cast, clock):
    item = f"/admin/queue/offering/{market.revision(market.submitted()).id}"
    ada.post(f"{item}/claim")
    assert f"taken by {cast.ada.name}" in otto.get("/admin/queue").text
    assert f"Taken by {cast.ada.name}" in otto.get(item).text
    late = otto.post(f"{item}/claim")
    assert late.status == 409
    assert f"Taken by {cast.ada.name}" in late.text
    clock.advance(minutes=20)
    assert otto.post(f"{item}/claim").status == 303


def test_a_claim_can_be_given_back(otto, ada, market):
    item = f"/admin/queue/offering/{market.revision(market.submitted()).id}"
    ada.post(f"{item}/claim")
    assert ada.submit(ada.get(item), "", f"{item}/release").status == 303
    assert otto.post(f"{item}/claim").status == 303


def test_a_claimed_application_can_be_given_back_but_only_by_its_holder(otto, ada, market, cast):
    market.apply(cast.jeanne)
    item = f"/admin/queue/expert/{cast.jeanne.id}"
    ada.post(f"{item}/claim")
    otto.post(f"{item}/release")
    assert otto.post(f"{item}/claim").status == 409
    ada.post(f"{item}/release")
    assert otto.post(f"{item}/claim").status == 303


def test_who_comes_second_reads_who_decided_what(otto, market, cast):
    offering_id = market.submitted()
    revision = market.revision(offering_id)
    market.decide(offering_id, Verdict.REJECT, "duplicate")
    page = otto.post(
        f"/admin/queue/offering/{revision.id}/verdict", verdict="approve", version=revision.version, reason="", note=""
    )
    assert page.status == 409
    assert f"{cast.otto.name} was faster" in page.text
    assert "Rejected" in page.text


def test_a_verdict_without_a_reason_comes_back(otto, market):
    item = f"/admin/queue/offering/{market.revision(market.submitted()).id}"
    otto.post(f"{item}/claim")
    page = otto.submit(otto.get(item), "", f"{item}/verdict", verdict="reject", note="Kept as typed")
    assert page.status == 422
    assert "Choose a reason" in " ".join(page.errors())
    assert page.fields(f"{item}/verdict")["note"].strip() == "Kept as typed"


def test_a_change_is_shown_word_by_word(otto, market):
    offering_id = market.published()
    revision_id = market.changed(
        offering_id, replace(OFFERING, title="Roll out a voicebot in a bank", price_minor=95_000)
    )
    page = otto.get(f"/admin/queue/offering/{revision_id}")
    removed = [one.get_text() for one in page.soup.select("del")]
    added = [one.get_text() for one in page.soup.select("ins")]
    assert any("chatbot" in one and "[removed:" in one for one in removed)
    assert any("voicebot" in one and "[added:" in one for one in added)
    assert "unchanged" in page.text


def test_an_unvetted_experts_offering_points_to_the_application(otto, market, cast):
    market.apply(cast.jeanne)
    offering_id = market.submitted(by=cast.jeanne)
    revision = market.revision(offering_id)
    item = f"/admin/queue/offering/{revision.id}"
    assert otto.get(item).soup.find("main").find("a", href=f"/admin/queue/expert/{cast.jeanne.id}")
    page = otto.post(f"{item}/verdict", verdict="approve", version=revision.version, reason="", note="")
    assert page.status == 409
    assert page.soup.find("main").find("a", href=f"/admin/queue/expert/{cast.jeanne.id}")


def test_an_application_is_refused_and_the_expert_reads_why(app, otto, market, cast):
    market.apply(cast.jeanne)
    item = f"/admin/queue/expert/{cast.jeanne.id}"
    otto.post(f"{item}/claim")
    decided = otto.submit(
        otto.get(item), "", f"{item}/verdict", verdict="reject", reason="references_missing", note="Who can vouch?"
    )
    assert decided.status == 303
    jeanne = Browser(app).sign_in(cast.jeanne)
    assert "Who can vouch?" in jeanne.get("/expert/application").text
    assert "Who can vouch?" in jeanne.get("/expert/offerings").text


def test_unknown_items_and_kinds_are_not_found(otto, market):
    draft = market.revision(market.draft())
    for path in ("offering/999", "expert/999", "letters/1", f"offering/{draft.id}"):
        assert otto.get(f"/admin/queue/{path}").status == 404
    assert otto.post("/admin/queue/letters/1/claim").status == 404


def test_a_mangled_version_decides_nothing(otto, market):
    revision = market.revision(market.submitted())
    page = otto.post(
        f"/admin/queue/offering/{revision.id}/verdict", verdict="approve", version="1; drop", reason="", note=""
    )
    assert page.status == 409
