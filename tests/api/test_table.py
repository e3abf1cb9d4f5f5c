"""The rest of the table: hours, the admins' desk, requests, sessions, ratings, standing, money, health."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from marketplace.api import availability
from marketplace.domain.tokens import Scope
from marketplace.store.inbox import WaitingNotice, keep_notice
from marketplace.store.migrate import is_current
from marketplace.store.outbox import beat
from marketplace.work import Work
from tests.api.client import Program
from tests.api.conftest import ProgramOf
from tests.api.roles import HOURS, REQUEST
from tests.cast import Cast, StillClock
from tests.scene import Scene
from tests.web.market import OFFERING
from tests.web.world import World, build


@pytest.fixture
def world(work: Work, cast: Cast) -> World:
    return build(work, cast)


def all_of(program: Program, path: str, limit: int) -> list[dict[str, object]]:
    """A whole list, stretch by stretch."""
    found: list[dict[str, object]] = []
    cursor = ""
    while cursor is not None:
        page = program.get(f"{path}?limit={limit}{cursor}").json
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    return found


# hours


def test_hours_are_replaced_as_a_whole(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    scene.offer()
    amara = program(cast.amara)
    before = amara.get("/me/availability")
    assert before.json["week"]["monday"] == [{"opens": "09:00", "closes": "18:00"}]
    week = {"monday": [{"opens": "08:15", "closes": "12:00"}, {"opens": "13:00", "closes": "24:00"}]}
    wanted = {**HOURS, "week": week, "start_step": 30, "max_per_day": 2}
    after = amara.call("PUT", "/me/availability", wanted, If_Match=before.headers["ETag"])
    assert after.json["week"]["monday"] == week["monday"]
    assert after.json["week"]["tuesday"] == []
    assert {name: after.json[name] for name in ("start_step", "max_per_day", "max_per_week")} == {
        "start_step": 30,
        "max_per_day": 2,
        "max_per_week": None,
    }
    late = amara.call("PUT", "/me/availability", HOURS, If_Match=before.headers["ETag"])
    assert (late.status, late.code) == (412, "version_stale")


def test_two_edits_at_once_do_not_overwrite_each_other(
    program: ProgramOf, scene: Scene, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our look at the version and the transaction, somebody else was faster."""
    amara = program(cast.amara)
    etag = amara.get("/me/availability").headers["ETag"]
    page = availability.availability_page(scene.work, cast.amara.actor)
    amara.call("PUT", "/me/availability", {**HOURS, "horizon_days": 30}, If_Match=etag)
    monkeypatch.setattr(availability, "availability_page", lambda *_: page)
    answer = amara.call("PUT", "/me/availability", HOURS, If_Match=etag)
    assert (answer.status, answer.code) == (412, "version_stale")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"week": {"monday": [{"opens": "9:00", "closes": "18:00"}]}}, "week.monday.0.opens", "characters_unfit"),
        ({"week": {"monday": [{"opens": "09:10", "closes": "18:00"}]}}, "week.monday.0.opens", "characters_unfit"),
        ({"week": {"sonntag": []}}, "week.sonntag", "field_unknown"),
        ({"buffer_before": 10}, "buffer_before", "type_wrong"),
        ({"horizon_days": 0}, "horizon_days", "too_small"),
        ({"min_notice_hours": 10_000}, "min_notice_hours", "too_large"),
    ],
)
def test_hours_that_make_no_sense_are_named(
    program: ProgramOf, cast: Cast, change: dict[str, object], field: str, code: str
) -> None:
    answer = program(cast.amara).call("PUT", "/me/availability", {**HOURS, **change}, If_Match="*")
    assert answer.status == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [(field, code)]


def test_a_date_of_its_own_comes_and_goes(program: ProgramOf, cast: Cast) -> None:
    amara = program(cast.amara)
    made = amara.post("/me/exceptions", {"day": "2026-12-24", "spans": [{"opens": "09:00", "closes": "12:00"}]})
    assert made.headers["Location"] == "/api/v1/me/exceptions/2026-12-24"
    assert amara.get("/me/exceptions").json["items"][0]["spans"] == [{"opens": "09:00", "closes": "12:00"}]
    assert amara.call("DELETE", "/me/exceptions/2026-12-24").status == 204
    assert amara.call("DELETE", "/me/exceptions/2026-12-24").status == 404
    assert amara.call("DELETE", "/me/exceptions/christmas").code == "not_found"
    assert amara.post("/me/exceptions", {"day": "2026-11-01"}).code == "date_past"


# the admins' desk


def test_the_queue_comes_oldest_first_in_stretches(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    for title in ("The first of three offerings", "The second of three offerings", "The third of three offerings"):
        scene.market.submitted(replace(OFFERING, title=title))
        scene.clock.advance(minutes=1)
    scene.market.apply(cast.jeanne)
    rows = all_of(program(cast.ada), "/moderation/queue", 2)
    assert [row["title"] for row in rows[:3]] == [
        "The first of three offerings",
        "The second of three offerings",
        "The third of three offerings",
    ]
    assert [row["kind"] for row in rows] == ["offering", "offering", "offering", "expert"]
    assert rows[3]["offering_id"] is None


def test_an_admin_decides_on_what_was_read(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    offering = scene.market.submitted()
    ada, amara = program(cast.ada), program(cast.amara)
    read = ada.get(f"/moderation/offerings/{offering}")
    assert {each["name"] for each in read.json["fields"]} >= {"title", "outcome", "price"}
    amara.post(f"/offerings/{offering}/recall")
    etag = amara.get(f"/offerings/{offering}").headers["ETag"]
    amara.call("PATCH", f"/offerings/{offering}", {"price_minor": 400_000}, If_Match=etag)
    amara.post(f"/offerings/{offering}/submission")
    verdict = f"/moderation/offerings/{offering}/verdict"
    late = ada.post(verdict, {"decision": "approve"}, If_Match=read.headers["ETag"])
    assert (late.status, late.code) == (412, "version_stale")
    assert ada.post(verdict, {"decision": "reject"}).code == "reason_missing"
    assert ada.post(verdict, {"decision": "reject", "reason": "other"}).code == "note_missing"
    assert ada.post(verdict, {"decision": "reject", "reason": "not_precise"}).json["decision"] == "reject"
    assert ada.post(verdict, {"decision": "approve"}).code == "item_unknown"
    assert amara.get(f"/offerings/{offering}").json["own"]["reason"] == "not_precise"


# requests


def test_a_request_from_publishing_to_an_answer(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    offering = scene.offer("Chatbots that survive compliance")
    scene.settle()
    lea, amara = program(cast.lea), program(cast.amara)
    made = lea.post("/requests", REQUEST)
    request = made.json["id"]
    assert made.headers["Location"] == f"/api/v1/requests/{request}"
    scene.settle()
    assert [card["offering_id"] for card in lea.get(f"/requests/{request}/matches").json["items"]] == [offering]
    invitation = lea.post(f"/requests/{request}/invitations", {"offering_id": offering, "note": "Please."}).json["id"]
    assert lea.post(f"/requests/{request}/invitations", {"offering_id": offering}).code == "already_invited"
    inbox = amara.get("/me/requests").json
    assert [each["id"] for each in inbox["invitations"]] == [invitation]
    assert [each["request_id"] for each in inbox["fitting"]] == [request]
    seen = amara.get(f"/requests/{request}").json
    assert seen["fitting_offerings"] == [offering]
    assert seen["invitations"][0]["note"] == "Please."
    assert amara.post(f"/invitations/{invitation}/answer", {"accept": True}).status == 204
    assert amara.post(f"/invitations/{invitation}/answer", {"accept": True}).code == "invitation_answered"
    proposal = amara.post(f"/requests/{request}/proposals", {"offering_id": offering, "note": "Me."}).json["id"]
    assert [each["id"] for each in lea.get(f"/requests/{request}").json["proposals"]] == [proposal]
    assert lea.post(f"/requests/{request}/closing").json["state"] == "closed"
    assert lea.post(f"/requests/{request}/closing").code == "brief_closed"


def test_requests_come_newest_first_in_stretches(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    made = [scene.ask(title=f"Request {number}") for number in range(5)]
    scene.ask(by=cast.hugo)
    lea = program(cast.lea)
    assert [row["id"] for row in all_of(lea, "/requests", 2)] == made[::-1]
    assert lea.get("/requests?cursor=nonsense").code == "cursor_unreadable"


def test_a_cursor_belongs_to_its_list(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    for _ in range(2):
        scene.ask()
    lea = program(cast.lea)
    cursor = lea.get("/requests?limit=1").json["next"]
    assert lea.get(f"/bookings?cursor={cursor}").code == "cursor_unreadable"


# sessions, ratings, standing, money


def test_sessions_come_latest_first_in_stretches(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    offering = scene.offer()
    start = scene.clock() + timedelta(days=3)
    made = [scene.session(offering, starts_at=start + timedelta(days=day)) for day in range(5)]
    scene.session(offering, lead=cast.hugo, starts_at=start + timedelta(days=9))
    lea = program(cast.lea)
    assert [row["id"] for row in all_of(lea, "/bookings", 2)] == made[::-1]
    assert len(all_of(program(cast.amara), "/bookings", 4)) == 6
    assert lea.get(f"/bookings/{made[0]}").json["can"]


def test_an_expert_declines_and_a_lead_withdraws(program: ProgramOf, world: World, cast: Cast) -> None:
    """Stripe is down in this test: the move is made, the money follows."""
    booking = world.ids["booking"]
    answer = program(cast.amara).post(f"/bookings/{booking}/refusal", {"reason": "Not my field."})
    assert (answer.json["state"], answer.json["outcome"], answer.json["reason"]) == (
        "voiding",
        "declined",
        "Not my field.",
    )
    late = program(cast.lea).post(f"/bookings/{booking}/withdrawal", {})
    assert (late.status, late.code) == (409, "move_not_possible")


def test_a_problem_needs_words(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    booking = scene.session(scene.offer(), "awaiting_feedback", starts_at=scene.clock() - timedelta(hours=4))
    lea = program(cast.lea)
    assert lea.post(f"/bookings/{booking}/problem", {"words": " "}).code == "too_short"
    assert lea.post(f"/bookings/{booking}/problem", {"words": "Nobody came."}).json["state"] == "on_hold"


def test_a_session_moves_by_proposal(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    booking = scene.session(scene.offer(), starts_at=datetime.fromisoformat("2026-11-16T14:00:00+00:00"))
    lea, amara = program(cast.lea), program(cast.amara)
    made = amara.post(f"/bookings/{booking}/proposals", {"starts": ["2026-11-17T15:00:00Z"], "note": "A day later?"})
    proposal = made.json["items"][0]["id"]
    refused = lea.post(f"/bookings/{booking}/proposals/{proposal}/refusal")
    assert refused.json["items"][0]["state"] == "refused"
    again = lea.post(f"/bookings/{booking}/proposals", {"starts": ["2026-11-18T14:00:00Z"]}).json["items"][0]["id"]
    withdrawn = lea.post(f"/bookings/{booking}/proposals/{again}/withdrawal")
    assert withdrawn.json["items"][0]["state"] == "withdrawn"
    third = amara.post(f"/bookings/{booking}/proposals", {"starts": ["2026-11-17T15:00:00Z"]}).json["items"][0]["id"]
    moved = lea.post(f"/bookings/{booking}/proposals/{third}/acceptance", {"starts_at": "2026-11-17T15:00:00Z"})
    assert moved.json["starts_at"] == "2026-11-17T15:00:00Z"


def test_ratings_come_newest_first_and_only_when_open(program: ProgramOf, world: World, cast: Cast) -> None:
    offering = world.ids["offering"]
    page = program().get(f"/offerings/{offering}/ratings?limit=1").json
    assert (page["count"], page["mean"], page["next"]) == (1, 5.0, None)
    assert page["items"][0]["author"] == "Léa M."
    amara = program(cast.amara)
    assert amara.post(f"/ratings/{world.ids['rating']}/reply", {"text": "Thank you."}).status == 204
    assert amara.post(f"/ratings/{world.ids['rating']}/reply", {"text": "Thanks."}).code == "already_replied"
    assert amara.get("/me/standing").json["received"][0]["reply"] == "Thank you."
    assert program().get("/offerings/999/ratings").code == "offering_unknown"


def test_a_rating_must_answer_every_question(program: ProgramOf, world: World, cast: Cast) -> None:
    lea = program(cast.lea, Scope.RATINGS)
    path = f"/bookings/{world.ids['booking']}/rating"
    half = lea.post(path, {"overall": 5, "dimensions": {"depth": 5}, "recommend": True})
    assert half.code in ("rating_too_early", "rating_incomplete")
    assert lea.post(path, {"overall": 6, "dimensions": {}, "recommend": True}).code == "rating_out_of_range"
    assert lea.post(path, {"overall": 5, "dimensions": {"looks": 5}, "recommend": True}).status == 422


def test_earnings_come_in_stretches(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    offering = scene.offer()
    made = [
        scene.session(offering, "awaiting_feedback", starts_at=scene.clock() - timedelta(days=day)) for day in (1, 2, 3)
    ]
    amara = program(cast.amara, Scope.MONEY)
    assert [row["booking_id"] for row in all_of(amara, "/me/earnings", 2)] == made
    assert amara.get("/me/earnings").json["waiting"] == 3 * 73_800


# health


def test_health_says_which_part_does_not_work(app: Flask, work: Work, clock: StillClock) -> None:
    probe = Program(app)
    assert probe.get("/health/live").json == {"status": "ok"}
    assert is_current(work.database)
    silent = probe.get("/health/ready")
    assert silent.status == 503
    assert (silent.json["database"], silent.json["worker"], silent.json["worker_seconds"]) == (True, False, None)
    with work.transaction() as tx:
        beat(tx.session, "worker", tx.now)
    clock.advance(seconds=60)
    well = probe.get("/health/ready")
    assert (well.json["worker"], well.json["worker_seconds"], well.json["notices_waiting"]) == (True, 60, 0)
    clock.advance(seconds=61)
    assert probe.get("/health/ready").json["worker"] is False


def test_health_tells_how_far_the_index_is_behind(program: ProgramOf, scene: Scene) -> None:
    scene.offer()
    scene.offer()
    assert program().get("/health/ready").json["index_lag"] in (None, 2)
    scene.settle()
    assert program().get("/health/ready").json["index_lag"] == 0


def test_a_notice_that_waits_too_long_is_said_so(program: ProgramOf, work: Work, clock: StillClock) -> None:
    with work.transaction() as tx:
        keep_notice(tx.session, WaitingNotice("evt_1", "charge.captured", "ch_1", 0), "platform", tx.now)
    assert program().get("/health/ready").json["notices"] is True
    clock.advance(minutes=10)
    told = program().get("/health/ready").json
    assert (told["notices"], told["notices_waiting"], told["oldest_notice_seconds"]) == (False, 1, 600)
