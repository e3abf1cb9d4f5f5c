"""What admins look up: the journal and the people."""

import pytest

from marketplace.store.accounts import Account
from tests.web.browse import Browser
from tests.web.market import Market


@pytest.fixture
def market(work, cast):
    return Market(work, cast)


@pytest.fixture
def otto(app, cast):
    return Browser(app).sign_in(cast.otto)


def whats(page):
    return [cell.get_text() for cell in page.soup.select("tbody th code")]


def test_the_journal_shows_who_did_what_newest_first(otto, market, cast):
    offering_id = market.published()
    page = otto.get(f"/admin/journal?subject_type=offering&subject_id={offering_id}")
    assert whats(page) == ["offering.approved", "offering.submitted", "offering.drafted"]
    assert cast.amara.name in page.text


def test_the_journal_is_filtered_by_actor_and_move(otto, market, cast):
    market.published()
    assert set(whats(otto.get("/admin/journal?actor=amara"))) >= {"offering.drafted", "offering.submitted"}
    assert "offering.approved" not in whats(otto.get("/admin/journal?actor=amara"))
    assert "offering.approved" in whats(otto.get(f"/admin/journal?actor={cast.otto.id}"))
    assert whats(otto.get("/admin/journal?what=offering.sub")) == ["offering.submitted"]
    assert "Nothing found" in otto.get("/admin/journal?what=100%25").text


def test_the_journal_is_paged(otto, market, work):
    with work.transaction() as tx:
        for number in range(60):
            tx.journal(market.cast.ada.actor, "test.counted", ("test", number))
    first = otto.get("/admin/journal?what=test.counted")
    second = otto.get("/admin/journal?what=test.counted&page=2")
    assert (len(whats(first)), len(whats(second))) == (50, 10)
    assert first.soup.find("a", rel="next")["href"].endswith("what=test.counted")
    assert len(whats(otto.get("/admin/journal?what=test.counted&page=99"))) == 10
    assert otto.get("/admin/journal?page=x&subject_id=y").status == 200


def test_people_are_found_by_name_address_and_company(otto, market, cast):
    assert cast.lea.name in otto.get("/admin/people?words=martin").text
    assert cast.lea.name in otto.get(f"/admin/people?words={cast.lea.email}").text
    horizon = otto.get("/admin/people?words=horizon").text
    assert cast.lea.name in horizon
    assert cast.hugo.name in horizon
    assert cast.marta.name not in horizon
    assert cast.lea.name not in otto.get("/admin/people?role=expert").text
    assert "Nobody found" in otto.get("/admin/people?words=nobody").text


def test_people_are_paged_within_their_search(otto, work):
    with work.transaction() as tx:
        for number in range(45):
            address = f"crowd{number}@example.org"
            tx.session.add(
                Account(email=address, name=f"Crowd {number:02}", password_hash="", role="lead", created_at=tx.now)
            )
    page = otto.get("/admin/people?words=crowd&role=lead")
    assert "45 accounts" in page.text
    following = page.soup.find("a", rel="next")["href"]
    assert "words=crowd" in following
    assert "Crowd 44" in otto.get(following).text


def test_suspending_ends_the_session_at_once(app, otto, market, cast):
    offering_id = market.published()
    amara = Browser(app).sign_in(cast.amara)
    assert amara.get("/expert/offerings").status == 200
    path = f"/admin/people/{cast.amara.id}"
    done = otto.submit(otto.get(path), "", f"{path}/suspension", reason="Sells phone numbers")
    assert (done.status, done.location) == (303, path)
    assert amara.get("/expert/offerings").status == 303
    assert Browser(app).get(f"/offerings/{offering_id}").status == 404
    page = otto.get(path)
    assert "account.suspended" in page.text
    assert otto.submit(page, "", f"{path}/return").status == 303
    assert Browser(app).get(f"/offerings/{offering_id}").status == 200


def test_a_suspension_needs_a_reason(otto, market, cast):
    path = f"/admin/people/{cast.lea.id}"
    page = otto.submit(otto.get(path), "", f"{path}/suspension")
    assert page.status == 422
    assert page.errors()


def test_nobody_suspends_themselves(otto, cast):
    path = f"/admin/people/{cast.otto.id}"
    assert "your own account" in otto.get(path).text
    assert otto.post(f"{path}/suspension", reason="Tired of it all").status == 409


def test_an_unknown_person_is_not_found(otto):
    assert otto.get("/admin/people/999").status == 404
    assert otto.post("/admin/people/999/return").status == 404
