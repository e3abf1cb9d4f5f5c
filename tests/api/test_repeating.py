"""A POST with a key does its work once; a caller has so many requests a minute."""

import threading

import pytest
from flask import Flask

from marketplace.api import offerings
from marketplace.api.limits import Counter, Rates
from marketplace.domain.errors import Unavailable
from marketplace.services import answers
from marketplace.store.api import ApiAnswer, ApiWindow
from marketplace.work import Work
from tests.api.client import Program, token_for
from tests.api.conftest import ProgramOf
from tests.api.roles import OFFERING
from tests.cast import Cast, StillClock
from tests.scene import Scene


@pytest.fixture
def amara(program: ProgramOf, scene: Scene, cast: Cast) -> Program:
    return program(cast.amara)


def drafts(amara: Program) -> int:
    return len(amara.get("/me/offerings").json["items"])


def test_the_same_key_gets_the_same_answer_and_the_work_is_done_once(amara: Program) -> None:
    first = amara.post("/offerings", OFFERING, Idempotency_Key="one")
    again = amara.post("/offerings", OFFERING, Idempotency_Key="one")
    assert (first.status, first.text) == (again.status, again.text)
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert drafts(amara) == 1


def test_without_a_key_the_work_is_done_twice(amara: Program) -> None:
    """The control."""
    amara.post("/offerings", OFFERING)
    amara.post("/offerings", OFFERING)
    assert drafts(amara) == 2


def test_a_key_belongs_to_one_request(amara: Program) -> None:
    amara.post("/offerings", OFFERING, Idempotency_Key="one")
    other_body = amara.post("/offerings", {**OFFERING, "price_minor": 50_000}, Idempotency_Key="one")
    other_address = amara.post("/me/exceptions", {"day": "2026-12-31"}, Idempotency_Key="one")
    for answer in (other_body, other_address):
        assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert drafts(amara) == 1


def test_a_key_belongs_to_one_account(app: Flask, work: Work, amara: Program, cast: Cast) -> None:
    ines = Program(app, token_for(work, cast.ines))
    assert amara.post("/offerings", OFFERING, Idempotency_Key="one").status == 201
    other = ines.post("/offerings", OFFERING, Idempotency_Key="one")
    assert other.status == 201
    assert "Idempotency-Replayed" not in other.headers


def test_refusals_are_repeated_too(amara: Program) -> None:
    offering = amara.post("/offerings", OFFERING).json["id"]
    for _ in range(2):
        answer = amara.post(f"/offerings/{offering}/pause", Idempotency_Key="two")
        assert (answer.status, answer.code) == (409, "move_not_possible")
        assert answer.headers["Content-Type"] == "application/problem+json"
    amara.post(f"/offerings/{offering}/submission")
    assert answer.headers["Idempotency-Replayed"] == "true"


def test_a_misshapen_request_does_not_take_the_key(amara: Program) -> None:
    assert amara.post("/offerings", {**OFFERING, "title": "x"}, Idempotency_Key="one").status == 422
    assert amara.post("/offerings", OFFERING, Idempotency_Key="one").status == 201


def test_a_key_is_free_again_after_a_day(amara: Program, clock: StillClock) -> None:
    amara.post("/offerings", OFFERING, Idempotency_Key="one")
    clock.advance(hours=24, seconds=-1)
    assert amara.post("/offerings", OFFERING, Idempotency_Key="one").headers["Idempotency-Replayed"]
    clock.advance(seconds=1)
    assert "Idempotency-Replayed" not in amara.post("/offerings", OFFERING, Idempotency_Key="one").headers
    assert drafts(amara) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "clé"])
def test_a_key_must_be_readable(amara: Program, key: str) -> None:
    answer = amara.post("/offerings", OFFERING, Idempotency_Key=key)
    assert (answer.status, answer.code) == (400, "idempotency_key_unreadable")


def test_of_many_at_once_one_does_the_work(app: Flask, amara: Program) -> None:
    assert _at_once(app, amara, "one") == {"made": 1, "drafts": 1}


def test_of_many_at_once_all_do_it_without_the_guard(
    app: Flask, amara: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the fault shows when nobody takes the key."""
    monkeypatch.setattr(answers, "begin", lambda *_: None)
    met = _at_once(app, amara, "one")
    assert met["drafts"] == met["made"] > 1


def test_a_second_one_hears_that_the_first_is_under_way(
    amara: Program, work: Work, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And, when its process died before it could answer, that nobody knows."""
    with monkeypatch.context() as patch:
        patch.setattr(answers, "finish", lambda *_: None)  # as if it were still at it
        amara.post("/offerings", OFFERING, Idempotency_Key="one")
    answer = amara.post("/offerings", OFFERING, Idempotency_Key="one")
    assert (answer.status, answer.code) == (409, "idempotency_in_progress")
    clock.advance(minutes=3)
    assert amara.post("/offerings", OFFERING, Idempotency_Key="one").code == "idempotency_outcome_unknown"
    assert drafts(amara) == 1


def test_what_was_not_done_may_be_tried_again(amara: Program, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("stripe_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(offerings.services, "draft_offering", fail)
        assert amara.post("/offerings", OFFERING, Idempotency_Key="one").status == 503
    assert amara.post("/offerings", OFFERING, Idempotency_Key="one").status == 201


def test_the_headers_say_what_is_left(app: Flask, program: ProgramOf, cast: Cast) -> None:
    app.extensions["cadran_api_counter"] = Counter(Rates(reads=3, changes=2, reads_without_token=1))
    lea = program(cast.lea)
    seen = [lea.get("/me") for _ in range(4)]
    assert [answer.status for answer in seen] == [200, 200, 200, 429]
    assert seen[0].headers["RateLimit-Policy"] == '"reads";q=3;w=60'
    assert [answer.headers["RateLimit"] for answer in seen] == [f'"reads";r={left};t=60' for left in (2, 1, 0, 0)]
    assert seen[3].code == "too_many_requests"
    assert seen[3].headers["Retry-After"] == "60"
    assert program().get("/search").status == 200
    assert program().get("/search").status == 429
    assert program(cast.hugo).get("/me").status == 200, "another account has a minute of its own"


def test_a_new_minute_is_a_new_count(app: Flask, program: ProgramOf, cast: Cast, clock: StillClock) -> None:
    app.extensions["cadran_api_counter"] = Counter(Rates(reads=1))
    lea = program(cast.lea)
    assert [lea.get("/me").status for _ in range(2)] == [200, 429]
    clock.advance(seconds=60)
    assert lea.get("/me").status == 200


def test_processes_share_the_count(app: Flask, program: ProgramOf, cast: Cast) -> None:
    lea, answered = program(cast.lea), 0
    for _ in range(4):  # four processes, each with a counter of its own
        app.extensions["cadran_api_counter"] = Counter(Rates(reads=40))
        answered += sum(lea.get("/me").status == 200 for _ in range(15))
    assert 34 <= answered <= 40, "never more than the limit; a part that a process did not give out is lost"


def test_a_wrong_token_counts_for_its_address(app: Flask) -> None:
    app.extensions["cadran_api_counter"] = Counter(Rates(reads_without_token=2))
    guesser = Program(app, "cadran_wrong")
    assert [guesser.get("/me").status for _ in range(3)] == [401, 401, 429]


def test_probes_are_not_counted(app: Flask) -> None:
    app.extensions["cadran_api_counter"] = Counter(Rates(reads_without_token=1))
    assert [Program(app).get("/health/live").status for _ in range(3)] == [200, 200, 200]


def test_what_is_old_is_forgotten(amara: Program, work: Work, clock: StillClock) -> None:
    amara.post("/offerings", OFFERING, Idempotency_Key="one")
    clock.advance(hours=25)
    assert answers.sweep(work) >= 2
    with work.reading() as session:
        assert session.query(ApiAnswer).count() == session.query(ApiWindow).count() == 0


def _at_once(app: Flask, amara: Program, key: str) -> dict[str, int]:
    """Six programs send the same at the same moment; those that come second may be asked to try again."""
    start, met = threading.Barrier(6), []

    def send() -> None:
        one = Program(app, amara.token)
        start.wait()
        answer = one.post("/offerings", OFFERING, Idempotency_Key=key)
        met.append((answer.status, answer.code, "Idempotency-Replayed" in answer.headers))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(status == 201 or code == "idempotency_in_progress" for status, code, _ in met), met
    made = sum(status == 201 and not replayed for status, _, replayed in met)
    return {"made": made, "drafts": drafts(amara)}
