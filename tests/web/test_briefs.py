"""Requests in the browser: write, see who fits, invite, propose, answer, close."""

from typing import Any

import pytest
from flask import Flask

from marketplace.services import briefs
from marketplace.services.briefs import Close, Invite, Propose
from tests.scene import REQUEST, Scene, statements
from tests.web.browse import Browser

TYPED: dict[str, Any] = {
    "title": REQUEST.title,
    "problem": REQUEST.problem,
    "objectives": REQUEST.objectives,
    "level": "practising",
    "language": "en",
    "format": "remote",
    "city": "",
    "earliest": "2026-11-09",
    "latest": "2026-11-27",
    "budget": "1 200 €",
    "participants": "3",
}


@pytest.fixture(autouse=True)
def _in_english(scene: Scene) -> None:
    scene.all_read_english()


@pytest.fixture
def lea(app: Flask, scene: Scene) -> Browser:
    return Browser(app).sign_in(scene.cast.lea)


@pytest.fixture
def amara(app: Flask, scene: Scene) -> Browser:
    return Browser(app).sign_in(scene.cast.amara)


@pytest.fixture
def offering(scene: Scene) -> int:
    """Amara's, which fits the request."""
    offering_id = scene.offer()
    scene.settle()
    return offering_id


@pytest.fixture
def brief(scene: Scene, offering: int) -> int:
    """Léa's, matched with Amara's offering."""
    brief_id = scene.ask()
    scene.settle()
    return brief_id


def test_a_request_is_published_and_shows_its_matches_before_the_worker_came_round(
    lea: Browser, scene: Scene, offering: int
) -> None:
    form = lea.get("/requests/new")
    answer = lea.submit(form, "/requests/new", **TYPED)
    assert (answer.status, answer.location) == (303, "/requests/1")
    at_once = lea.get("/requests/1")
    assert "Your request is published." in at_once.text
    assert "1 match" in at_once.text
    scene.settle()
    later = lea.get("/requests/1")
    assert [card.get_text() for card in later.soup.select(".offer .t")] == [
        card.get_text() for card in at_once.soup.select(".offer .t")
    ]
    reasons = later.soup.select(".reasons")[0].get_text(" ", strip=True)
    assert "Speaks of" in reasons
    assert "Holds sessions in English" in reasons
    assert "Within your budget" in reasons
    assert "On Chatbots" in reasons
    assert later.soup.select_one(".offer .btn")["href"] == f"/offerings/{offering}/booking?request=1"  # type: ignore[index]


def test_a_search_becomes_the_problem_of_a_request(lea: Browser) -> None:
    page = lea.get("/requests/new?problem=chatbot+in+a+bank")
    assert page.fields("/requests/new")["problem"] == "chatbot in a bank"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("title", "", "Write the point in one line."),
        ("title", "t" * 121, "This text is too long."),
        ("problem", "", "Describe the problem."),
        ("problem", "too short", "Describe the problem in at least 40 characters"),
        ("problem", " " * 30 + "p" * 30, "Describe the problem in at least 40 characters"),
        ("problem", "p" * 4001, "This text is too long."),
        ("objectives", "o" * 2001, "This text is too long."),
        ("city", "c" * 81, "This text is too long."),
        ("earliest", "soon", "Enter a day as year-month-day"),
        ("latest", "2026-11-01", "This day is over."),
        ("latest", "2026-11-08", "The last day must not come before the first."),
        ("budget", "a lot", "Enter an amount in euros"),
        ("budget", "0", "Write an amount above zero"),
        ("participants", "0", "Between 1 and 12 people"),
        ("participants", "13", "Between 1 and 12 people"),
        ("participants", "many", "Between 1 and 12 people"),
        ("participants", "", "Between 1 and 12 people"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_everything_typed_is_kept(
    lea: Browser, field: str, typed: str, words: str
) -> None:
    page = lea.submit(lea.get("/requests/new"), "/requests/new", **TYPED | {field: typed})
    assert page.status == 422
    beside = page.soup.select_one(f"#{field}-error")
    assert beside is not None
    assert words in beside.get_text()
    summary = page.soup.select_one(".note.err a")
    assert summary is not None
    assert (summary["href"], words in summary.get_text()) == (f"#{field}", True)
    assert page.fields("/requests/new") | {"csrf_token": "", field: ""} == TYPED | {"csrf_token": "", field: ""}
    assert page.fields("/requests/new")[field].strip() == typed.strip()


def test_every_mistake_is_told_at_once(lea: Browser) -> None:
    typed = TYPED | {"title": "", "problem": "short", "budget": "x", "participants": "99", "latest": "never"}
    page = lea.submit(lea.get("/requests/new"), "/requests/new", **typed)
    assert len(page.errors()) == 5
    assert page.title.startswith("Error:")


@pytest.mark.parametrize(("field", "value"), [("level", "guru"), ("language", "de"), ("format", "letter")])
def test_choices_that_are_not_offered_are_refused(lea: Browser, field: str, value: str) -> None:
    assert lea.submit(lea.get("/requests/new"), "/requests/new", **TYPED | {field: value}).status == 422


def test_a_lead_without_a_confirmed_address_keeps_the_text(app: Flask, scene: Scene) -> None:
    noor = Browser(app).sign_in(scene.cast.noor)
    form = noor.get("/requests/new")
    assert "Please confirm your e-mail address first" in form.text
    page = noor.submit(form, "/requests/new", **TYPED)
    assert page.status == 403
    assert page.fields("/requests/new")["problem"] == TYPED["problem"]
    assert "Please confirm your e-mail address first" in page.soup.select_one(".note.err").get_text()  # type: ignore[union-attr]


def test_the_list_shows_ones_own_requests_with_what_came_of_them(lea: Browser, scene: Scene, brief: int) -> None:
    scene.ask(by=scene.cast.hugo, title="Hugo's own business")
    briefs.propose(scene.work, Propose(scene.cast.amara.actor, brief, scene.matches(brief)[0], ""))
    page = lea.get("/requests")
    assert "Hugo" not in page.text
    assert "1 match · 1 proposal to answer · open until Thursday 17 December" in page.text


def test_a_lead_without_requests_is_told_how_to_begin(app: Flask, scene: Scene) -> None:
    assert "No requests yet" in Browser(app).sign_in(scene.cast.marta).get("/requests").text


def test_an_expired_request_says_so_before_the_worker_came_round(lea: Browser, scene: Scene, brief: int) -> None:
    scene.clock.advance(days=45)
    page = Browser(lea.app).sign_in(scene.cast.lea).get(f"/requests/{brief}")
    assert "Expired" in page.text
    assert page.soup.select("main form") == []
    assert "Expired" in Browser(lea.app).sign_in(scene.cast.lea).get("/requests").text


def test_nobody_elses_request_exists(app: Flask, scene: Scene, brief: int) -> None:
    for stranger in (scene.cast.hugo, scene.cast.marta):
        browser = Browser(app).sign_in(stranger)
        assert browser.get(f"/requests/{brief}").status == 404
        assert browser.post(f"/requests/{brief}/closing").status == 404
        assert browser.post(f"/requests/{brief}/invitations", offering_id="1").status == 404
    assert Browser(app).sign_in(scene.cast.lea).get("/requests/999").status == 404


def test_a_request_is_closed(lea: Browser, scene: Scene, brief: int) -> None:
    page = lea.get(f"/requests/{brief}")
    assert lea.submit(page, "", f"/requests/{brief}/closing").status == 303
    page = lea.get(f"/requests/{brief}")
    assert "Your request is closed." in page.text
    assert page.soup.select("main form") == []
    refused = lea.post(f"/requests/{brief}/closing")
    assert refused.status == 409
    assert "not open any more" in refused.text
    assert refused.soup.select_one("main a[href='/dashboard']") is not None


def test_an_expert_is_invited_and_answers(
    lea: Browser, amara: Browser, scene: Scene, brief: int, offering: int
) -> None:
    action = f"/requests/{brief}/invitations"
    assert lea.submit(lea.get(f"/requests/{brief}"), "", action, note="Please look.").status == 303
    page = lea.get(f"/requests/{brief}")
    assert "Invited" in page.text
    assert action not in [form.get("action") for form in page.soup.select("form")]
    again = lea.post(f"{action}", offering_id=str(offering))
    assert (again.status, "invited this expert already" in again.text) == (409, True)

    inbox = amara.get("/expert/requests")
    assert "Please look." in inbox.text
    assert "Please answer" in inbox.text
    assert amara.submit(inbox, "", "/invitations/1/answer", answer="accept").status == 303
    assert "You said yes." in amara.get("/expert/requests").text
    page = lea.get(f"/requests/{brief}")
    booking = f"/offerings/{offering}/booking?request={brief}"
    assert booking in [link["href"] for link in page.soup.select(".section .card a")]
    late = amara.post("/invitations/1/answer", answer="decline")
    assert (late.status, "answered already" in late.text) == (409, True)


def test_an_expert_finds_the_request_and_proposes(
    lea: Browser, amara: Browser, scene: Scene, brief: int, offering: int
) -> None:
    assert REQUEST.title in amara.get("/expert/requests").text
    page = amara.get(f"/expert/requests/{brief}")
    assert "Banque Horizon" in page.text
    action = f"/expert/requests/{brief}/proposals"
    assert amara.submit(page, "", action, offering_id=str(offering), note="I did this twice.").status == 303
    assert "Your proposal" in amara.get(f"/expert/requests/{brief}").text
    assert "In touch" in amara.get("/expert/requests").text
    again = amara.post(action, offering_id=str(offering), note="")
    assert (again.status, "proposed yourself already" in again.text) == (409, True)

    shown = lea.get(f"/requests/{brief}")
    assert "I did this twice." in shown.text
    answer = lea.submit(shown, "", "/invitations/1/answer", answer="accept")
    assert answer.location == f"/requests/{brief}"
    booking = f"/offerings/{offering}/booking?request={brief}"
    assert booking in [link["href"] for link in lea.get(f"/requests/{brief}").soup.select(".section .card a")]


def test_a_declined_proposal_leads_back_to_the_list_without_its_request(
    lea: Browser, scene: Scene, brief: int, offering: int
) -> None:
    briefs.propose(scene.work, Propose(scene.cast.amara.actor, brief, offering, ""))
    assert lea.post("/invitations/1/answer", answer="decline", brief="x").location == "/requests"
    assert scene.invitation(1).state == "declined"


def test_an_answer_must_be_yes_or_no(amara: Browser, scene: Scene, brief: int, offering: int) -> None:
    briefs.invite(scene.work, Invite(scene.cast.lea.actor, brief, offering))
    assert amara.post("/invitations/1/answer", answer="perhaps").status == 400
    assert amara.post("/invitations/1/answer").status == 400


def test_who_does_not_fit_can_neither_read_nor_propose(app: Flask, scene: Scene, brief: int, offering: int) -> None:
    ines = Browser(app).sign_in(scene.cast.ines)
    assert ines.get(f"/expert/requests/{brief}").status == 404
    assert ines.post(f"/expert/requests/{brief}/proposals", offering_id=str(offering)).status == 404
    assert REQUEST.title not in ines.get("/expert/requests").text
    assert ines.post("/invitations/999/answer", answer="accept").status == 404


def test_notes_that_are_too_long_or_go_nowhere_are_refused(lea: Browser, brief: int, offering: int) -> None:
    path = f"/requests/{brief}/invitations"
    assert lea.post(path, offering_id=str(offering), note="n" * 1501).status == 422
    assert lea.post(path, offering_id="x").status == 400
    assert lea.post(path).status == 400


def test_an_invitation_to_a_closed_request_can_be_read_but_not_answered(
    amara: Browser, scene: Scene, brief: int, offering: int
) -> None:
    briefs.invite(scene.work, Invite(scene.cast.lea.actor, brief, offering, "Please."))
    briefs.close(scene.work, Close(scene.cast.lea.actor, brief))
    inbox = amara.get("/expert/requests")
    assert "Request closed" in inbox.text
    assert inbox.soup.select("main form") == []
    assert "No longer open" in amara.get(f"/expert/requests/{brief}").text


def test_an_expert_without_requests_is_told_what_helps(app: Flask, scene: Scene) -> None:
    page = Browser(app).sign_in(scene.cast.amara).get("/expert/requests")
    assert "No request fits right now" in page.text


def test_a_request_nobody_fits_says_that_it_stays_open(lea: Browser, scene: Scene) -> None:
    brief_id = scene.ask()
    scene.settle()
    assert "Nobody fits yet" in lea.get(f"/requests/{brief_id}").text


@pytest.mark.parametrize("path", ["/requests", "/requests/1", "/expert/requests"])
def test_the_number_of_questions_does_not_grow_with_the_rows(app: Flask, scene: Scene, path: str) -> None:
    person = scene.cast.amara if path.startswith("/expert") else scene.cast.lea
    asked = []
    for more in (2, 8):
        for number in range(more):
            scene.offer(f"Chatbots in banks, part {number}")
            scene.ask(title=f"Roll out a chatbot to bank advisers, part {number}")
        scene.settle()
        browser = Browser(app).sign_in(person)
        browser.get(path)
        with statements(scene.work.database) as statement:
            assert browser.get(path).status == 200
        asked.append(len(statement))
    assert asked[0] == asked[1]
