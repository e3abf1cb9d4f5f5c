"""What came to the API after the table: absences, notes, profiles, calendars, saved searches, the admins' desk."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from marketplace.work import Work
from tests.api.conftest import ProgramOf
from tests.cast import Cast, StillClock
from tests.scene import Scene
from tests.web.market import Market

ABOUT = "Four banks, eleven years, three core systems taken apart while they ran: I know where it hurts, and when."
PROFILE = {"headline": "Core banking, taken apart", "bio": ABOUT, "languages": ["en", "fr"], "vat_scheme": "fr_vat"}
APPLICATION = {"motivation": ABOUT, "references": ABOUT, "teaching": ABOUT}


@pytest.fixture
def path(scene: Scene, clock: StillClock) -> str:
    """A session of Léa's with Amara that began an hour ago."""
    booking = scene.session(scene.offer(), "in_progress", starts_at=clock() - timedelta(hours=1))
    return f"/bookings/{booking}"


def test_an_absence_is_reported_and_contested(program: ProgramOf, cast: Cast, path: str) -> None:
    lea, amara = program(cast.lea), program(cast.amara)
    assert lea.get(f"{path}/absence").json == {"may_report": True, "report": None}
    assert lea.post(f"{path}/absence", {"words": "I am alone here."}).json["state"] == "no_show_reported"
    seen = amara.get(f"{path}/absence").json["report"]
    assert (seen["accused"], seen["words"]) == (True, "I am alone here.")
    assert lea.post(f"{path}/absence/answer", {"words": "No."}).code == "booking_not_found"
    assert amara.post(f"{path}/absence/answer", {"words": "I sat there for an hour."}).json["state"] == "on_hold"


def test_a_report_of_an_absence_is_taken_back(program: ProgramOf, cast: Cast, path: str) -> None:
    lea, amara = program(cast.lea), program(cast.amara)
    lea.post(f"{path}/absence", {"words": "Nobody."})
    assert amara.post(f"{path}/absence/retraction").code == "booking_not_found"
    assert lea.post(f"{path}/absence/retraction").json["state"] == "in_progress"
    assert lea.get(f"{path}/absence").json["report"] is None


def test_a_problem_is_reported_and_answered_once(
    program: ProgramOf, cast: Cast, scene: Scene, clock: StillClock
) -> None:
    held = scene.session(scene.offer(), "awaiting_feedback", starts_at=clock() - timedelta(hours=4))
    path, lea, amara = f"/bookings/{held}", program(cast.lea), program(cast.amara)
    assert amara.post(f"{path}/problem/answer", {"words": "Which?"}).code == "problem_settled"
    assert lea.post(f"{path}/problem", {"words": "The sound was gone."}).json["state"] == "on_hold"
    (seen,) = amara.get(path).json["cases"]
    assert (seen["words"], seen["mine"], seen["may_answer"]) == ("The sound was gone.", False, True)
    assert lea.post(f"{path}/problem/answer", {"words": "Me."}).code == "booking_not_found"
    assert (
        amara.post(f"{path}/problem/answer", {"words": "For a minute."}).json["cases"][0]["answer"] == "For a minute."
    )
    assert amara.post(f"{path}/problem/answer", {"words": "Really."}).code == "problem_answered"


def test_both_sides_write_one_note(program: ProgramOf, cast: Cast, path: str) -> None:
    lea, amara = program(cast.lea), program(cast.amara)
    first = lea.get(f"{path}/note")
    assert (first.json["text"], first.json["may_write"]) == ("", True)
    written = lea.call("PUT", f"{path}/note", {"text": "Ask legal."}, If_Match=first.headers["ETag"])
    assert written.json["text"] == "Ask legal."
    assert amara.call("PUT", f"{path}/note", {"text": "Mine."}, If_Match=first.headers["ETag"]).status == 412
    assert amara.call("PUT", f"{path}/note", {"text": "Mine."}).status == 428
    assert amara.get(f"{path}/note").json["text"] == "Ask legal."
    assert program(cast.ada).get(f"{path}/note").json["may_write"] is False


def test_before_it_is_confirmed_a_session_has_no_note(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    path = f"/bookings/{scene.session(scene.offer(), 'requested')}/note"
    lea = program(cast.lea)
    assert lea.get(path).json == {
        "text": "", "changed_by": "", "changed_at": None, "mine": False, "may_write": False, "until": None,
    }  # fmt: skip
    assert lea.call("PUT", path, {"text": "So early?"}, If_Match="*").code == "note_closed"


def test_an_expert_writes_a_profile_applies_and_is_vetted(program: ProgramOf, cast: Cast) -> None:
    jeanne, ada = program(cast.jeanne), program(cast.ada)
    seen = jeanne.get("/me/profile")
    saved = jeanne.call("PUT", "/me/profile", PROFILE, If_Match=seen.headers["ETag"])
    assert (saved.json["headline"], saved.json["languages"]) == (PROFILE["headline"], ["en", "fr"])
    assert jeanne.call("PUT", "/me/profile", PROFILE, If_Match=seen.headers["ETag"]).code == "version_stale"
    assert jeanne.post("/me/application", {**APPLICATION, "references": "None."}).code == "references_length"
    assert jeanne.post("/me/application", APPLICATION).json["vetting"] == "applied"
    desk = f"/moderation/experts/{cast.jeanne.id}"
    assert ada.post(f"{desk}/claim").json["claimed_by"] == cast.ada.name
    assert ada.post(f"{desk}/release").json["claimed_by"] is None
    assert ada.post(f"{desk}/verdict", {"decision": "reject"}).code == "reason_missing"
    etag = ada.get(desk).headers["ETag"]
    assert ada.post(f"{desk}/verdict", {"decision": "approve"}, If_Match=etag).json["state"] == "approved"
    assert ada.post(f"{desk}/verdict", {"decision": "approve"}).code == "item_decided"
    assert jeanne.get("/me/profile").json["vetting"] == "approved"


def test_a_text_in_the_queue_is_kept_from_the_other_admin(program: ProgramOf, cast: Cast, work: Work) -> None:
    market = Market(work, cast)
    desk = f"/moderation/offerings/{market.submitted()}"
    ada = program(cast.ada)
    assert ada.post(f"{desk}/claim").json["claimed_by"] == cast.ada.name
    assert ada.post(f"{desk}/release").json["claimed_by"] is None


def test_a_draft_is_thrown_away(program: ProgramOf, cast: Cast, work: Work) -> None:
    market, amara = Market(work, cast), program(cast.amara)
    draft = market.draft()
    assert amara.post(f"/offerings/{draft}/deletion").json == {"gone": True}
    assert amara.get(f"/offerings/{draft}").status == 404
    assert amara.post(f"/offerings/{market.published()}/deletion").code == "no_draft_to_delete"


def test_a_search_is_saved_once_silenced_and_forgotten(program: ProgramOf, cast: Cast) -> None:
    lea = program(cast.lea)
    wished = {"q": "cloud  costs", "topics": [1], "languages": ["en"], "max_price_minor": 90_000, "min_rating": 4.5}
    saved = lea.post("/me/searches", wished)
    assert saved.status == 201
    assert saved.json["label"] == "cloud costs"
    asked = parse_qs(urlsplit(saved.json["url"]).query)
    assert asked == {"q": ["cloud costs"], "topic": ["1"], "language": ["en"], "pmax": ["900"], "rating": ["4.5"]}
    assert lea.post("/me/searches", wished).json["id"] == saved.json["id"]
    one = f"/me/searches/{saved.json['id']}"
    assert lea.post(f"{one}/alerts", {"on": False}).json["alerts"] is False
    assert lea.post(f"{one}/alerts", {"on": True}).json["alerts"] is True
    assert lea.call("DELETE", one).status == 204
    assert lea.get("/me/searches").json == {"items": []}
    assert lea.post(f"{one}/alerts", {"on": True}).code == "saved_search_unknown"
    assert lea.post("/me/searches", {"min_rating": 3}).code == "not_offered"
    assert lea.post("/me/searches", {}).json["label"] == "All offerings"


def test_a_private_calendar_address_is_opened_renewed_and_closed(program: ProgramOf, cast: Cast) -> None:
    lea = program(cast.lea)
    assert lea.get("/me/feed").json == {"url": None, "since": None}
    first = lea.post("/me/feed/renewal").json["url"]
    assert lea.client.get(urlsplit(first).path).status_code == 200
    second = lea.post("/me/feed/renewal").json["url"]
    assert lea.client.get(urlsplit(first).path).status_code == 404
    assert lea.call("DELETE", "/me/feed").status == 204
    assert lea.client.get(urlsplit(second).path).status_code == 404
    assert lea.call("DELETE", "/me/feed").code == "feed_not_found"


def test_an_experts_other_calendar(program: ProgramOf, cast: Cast) -> None:
    amara = program(cast.amara)
    assert amara.get("/me/calendar").code == "busy_source"
    kept = amara.post("/me/calendar", {"url": "https://calendar.example/secret/amara.ics"})
    assert (kept.status, kept.json["host"], kept.json["read_at"]) == (201, "calendar.example", None)
    assert "secret" not in kept.text
    assert amara.post("/me/calendar", {"url": "http://10.0.0.1/x.ics"}).code == "calendar_address"
    assert amara.post("/me/calendar/reading").status == 200
    assert amara.call("DELETE", "/me/calendar").status == 204
    assert amara.post("/me/calendar/reading").code == "busy_source"
