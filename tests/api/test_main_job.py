"""The main job from publishing to re-ranked, through the API alone; only the card is typed on the sandbox's page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from marketplace import worker
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.services import notices
from marketplace.work import Work
from tests.api.client import Program, token_for
from tests.cast import Cast, StillClock
from tests.till import Till, running_till
from tests.web.market import Market

SLOT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # Monday in two weeks, 10:00 in Paris
HOURS = {
    "week": {day: [{"opens": "09:00", "closes": "18:00"}] for day in ("monday", "tuesday", "wednesday")},
    "min_notice_hours": 24,
    "horizon_days": 60,
    "buffer_before": 0,
    "buffer_after": 0,
    "start_step": 60,
}
TEXT = {
    "language": "en",
    "title": "Chatbots that survive compliance",
    "outcome": "You leave with the list of questions that your compliance team will ask, and answers.",
    "experience": "For four years I rolled out assistants in two banks; three launches were blocked, one held.",
    "topics": [1],
    "price_minor": 45_000,
    "questions": ["What has compliance said so far?"],
}
STARS = {"depth": 1, "clarity": 1, "preparation": 1, "usefulness": 1, "punctuality": 1}
LEAD_STARS = {"brief_quality": 5, "respect": 5, "punctuality": 5, "openness": 5}
UNHAPPY = {"overall": 1, "dimensions": STARS, "recommend": False}
PLEASED = {"overall": 5, "dimensions": LEAD_STARS, "recommend": True}
WORDS = "/search?q=chatbot+compliance+questions"


@pytest.fixture
def till(work: Work, clock: StillClock, cast: Cast, tmp_path: Path) -> Iterator[Till]:
    with running_till(work, clock, cast, tmp_path) as till:
        yield till


@pytest.fixture
def app(settings: Settings, till: Till) -> Flask:
    application = create_app(settings, till.work)
    application.testing = True
    return application


class Job:
    """The job, step by step; every step is a call."""

    def __init__(self, app: Flask, till: Till) -> None:
        self.till, self.work, self.clock = till, till.work, till.clock
        self.people = {
            name: Program(app, token_for(self.work, getattr(till.cast, name)))
            for name in ("lea", "hugo", "ines", "amara", "ada")
        }

    def do(self, who: str, path: str, body: Any = None) -> Any:
        answer = self.people[who].post(path, body)
        assert answer.status in (200, 201, 204), answer
        return answer.json

    def see(self, who: str, path: str) -> Any:
        answer = self.people[who].get(path)
        assert answer.status == 200, answer
        return answer.json

    def settle(self) -> None:
        """The worker does what is due, Stripe's notices included."""
        notices.keep(self.work, self.work.gateway.notices_since(self.clock() - timedelta(days=1)))
        worker.settle(self.work)

    def publish(self, expert: str) -> int:
        etag = self.people[expert].get("/me/availability").headers["ETag"]
        assert self.people[expert].call("PUT", "/me/availability", HOURS, If_Match=etag).status == 200
        offering: int = self.do(expert, "/offerings", TEXT)["id"]
        self.do(expert, f"/offerings/{offering}/submission")
        self.do("ada", f"/moderation/offerings/{offering}/verdict", {"decision": "approve"})
        self.settle()
        return offering

    def order(self, *offerings: int) -> list[int]:
        return [item["offering_id"] for item in self.see("lea", WORDS)["items"] if item["offering_id"] in offerings]

    def request(self, *offerings: int) -> int:
        """Léa looks for somebody; both offerings fit, and each match says why."""
        text = {"title": "A chatbot", "problem": "Compliance blocks our chatbot; which questions come?"}
        request = self.do("lea", "/requests", text)
        self.settle()
        matches = self.see("lea", f"/requests/{request['id']}/matches")["items"]
        assert {match["offering_id"] for match in matches} >= set(offerings)
        assert all(match["reasons"] for match in matches)
        return int(request["id"])

    def book(self, offering: int, request: int) -> Any:
        """The first slot of the day; the objective is the request's. Whoever comes second hears of other slots."""
        day = "from=2026-11-16T00:00:00Z&to=2026-11-17T00:00:00Z"
        slots = self.see("lea", f"/offerings/{offering}/slots?{day}")["items"]
        wanted = {"offering_id": offering, "starts_at": slots[0]["starts_at"], "answers": ["No."], "po_number": "PO-7"}
        booking = self.do("lea", "/bookings", {**wanted, "request_id": request})
        assert booking["state"] == "awaiting_payment"
        assert booking["objective"] == "Compliance blocks our chatbot; which questions come?"
        late = self.people["hugo"].post("/bookings", {**wanted, "objective": "Mine."})
        assert (late.status, late.code) == (409, "slot_taken")
        assert late.json["nearest"]
        return booking

    def pay_and_accept(self, booking: Any, expert: str) -> None:
        requests.post(booking["checkout_url"], data={"outcome": "pay"}, allow_redirects=False, timeout=10).close()
        self.settle()
        path = f"/bookings/{booking['id']}"
        assert self.see("lea", path)["state"] == "requested"
        assert self.do(expert, f"{path}/acceptance")["state"] == "confirmed"
        assert self.people["lea"].post(f"{path}/rating", UNHAPPY).code == "rating_too_early"

    def hold_and_rate(self, booking: Any, expert: str) -> None:
        """The session passes; what Léa says is sealed until the expert has rated her."""
        self.till.pass_until(datetime.fromisoformat(booking["ends_at"]) + timedelta(minutes=1), step_hours=0.5)
        self.settle()
        path = f"/bookings/{booking['id']}"
        assert self.do("lea", f"{path}/rating", UNHAPPY) == {"revealed": False}
        assert self.see(expert, path)["ratings"]["theirs"] is None, "sealed"
        assert self.do(expert, f"{path}/rating", PLEASED) == {"revealed": True}
        self.settle()
        assert self.see(expert, path)["ratings"]["theirs"]["overall"] == 1


def test_the_main_job_through_the_api_alone(app: Flask, till: Till) -> None:
    Market(till.work, till.cast)  # makes the topics
    job = Job(app, till)
    offerings = {job.publish("ines"): "ines", job.publish("amara"): "amara"}
    request = job.request(*offerings)
    before = job.order(*offerings)
    first, expert = before[0], offerings[before[0]]

    booking = job.book(first, request)
    job.pay_and_accept(booking, expert)
    job.hold_and_rate(booking, expert)

    assert job.order(*offerings) == before[::-1], "the next search ranks differently"
    standing = job.see(expert, "/me/standing")
    assert standing["ratings"] == 1
    assert standing["parts"]["recommend"] < 10_000
    assert [line["booking_id"] for line in job.see(expert, "/me/earnings")["items"]] == [booking["id"]]
    assert job.see("lea", f"/offerings/{first}/ratings")["items"][0]["stars"] == 1
