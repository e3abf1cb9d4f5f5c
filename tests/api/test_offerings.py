"""Offerings through the API: search, read, write, change, slots."""

import pytest

from marketplace.domain.tokens import Scope
from marketplace.reactions import indexing
from tests.api.conftest import ProgramOf
from tests.cast import Cast, StillClock
from tests.scene import CHATBOTS, Scene

TEXT = {
    "language": "en",
    "title": "Chatbots that survive compliance",
    "outcome": "You leave with the list of questions that your compliance team will ask, and answers.",
    "experience": "For four years I rolled out assistants in two banks, three launches were blocked, one held.",
    "topics": [CHATBOTS],
    "price_minor": 45_000,
}


@pytest.fixture
def offering(scene: Scene) -> int:
    offering = scene.offer("Chatbots that survive compliance")
    scene.settle()
    return offering


def test_search_ranks_and_says_why_and_when(program: ProgramOf, offering: int) -> None:
    answer = program().get("/search?q=chatbot+compliance&lang=en&limit=5")
    assert answer.status == 200
    (found,) = answer.json["items"]
    assert found["offering_id"] == offering
    assert found["reasons"]
    assert len(found["next_slots"]) == 3
    assert found["next_slots"][0]["starts_at"].endswith("Z")
    assert found["rank"] is None
    assert {facet["name"] for facet in answer.json["facets"]} >= {"topic", "language", "format"}


def test_the_rank_is_told_to_its_owner_alone(program: ProgramOf, cast: Cast, offering: int) -> None:
    search = "/search?q=chatbot+compliance"
    ranks = {
        who.name: program(who).get(search).json["items"][0]["rank"] is not None
        for who in (cast.amara, cast.ines, cast.lea)
    }
    assert ranks == {cast.amara.name: True, cast.ines.name: False, cast.lea.name: False}
    assert program(cast.amara, Scope.MONEY).get(search).json["items"][0]["rank"] is None, "the token may not read"


def test_search_goes_on_where_it_stopped(program: ProgramOf, scene: Scene) -> None:
    wanted = {scene.offer(f"Chatbots for department {name}", by=scene.cast.ines) for name in ("one", "two", "three")}
    wanted |= {scene.offer(f"Chatbots for region {name}") for name in ("north", "south", "west", "east")}
    scene.settle()
    found, cursor = [], ""
    while cursor is not None:
        page = program().get(f"/search?q=chatbots&limit=2{cursor and f'&cursor={cursor}'}").json
        found += [item["offering_id"] for item in page["items"]]
        cursor = page["next"]
    assert len(found) == len(set(found))
    assert set(found) == wanted


@pytest.mark.parametrize("cursor", ["made-up", "WyJhIl0.x", "é"])
def test_a_made_up_cursor_is_refused(program: ProgramOf, cursor: str) -> None:
    answer = program().get(f"/search?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "cursor_unreadable")


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("free=7", "free", "field_unknown"),
        ("limit=0", "limit", "too_small"),
        ("limit=11", "limit", "too_large"),
        ("format=both", "format", "not_offered"),
        ("topic=x", "topic.0", "type_wrong"),
        ("sort=price&sort=slot", "sort", "not_offered"),
        ("free_before=tomorrow", "free_before", "type_wrong"),
        ("free_before=2026-11-01T00:00:00Z", "free_before", "moment_past"),
        ("free_before=9999-12-31T23:59:59-12:00", "free_before", "type_wrong"),
    ],
)
def test_a_query_that_makes_no_sense_is_named(program: ProgramOf, query: str, field: str, code: str) -> None:
    answer = program().get(f"/search?{query}")
    assert answer.status == 422
    assert answer.code == code
    assert answer.json["errors"][0]["field"] == field
    assert answer.json["errors"][0]["detail"]


def test_free_before_leaves_out_who_is_busy(program: ProgramOf, offering: int) -> None:
    assert program().get("/search?free_before=2026-11-02T20:00:00Z").json["total"] <= 1
    assert program().get("/search?free_before=2026-11-09T08:00:00Z").json["total"] == 1


def test_everybody_reads_a_published_offering(program: ProgramOf, cast: Cast, offering: int) -> None:
    for reader in (program(), program(cast.lea), program(cast.ines)):
        answer = reader.get(f"/offerings/{offering}")
        assert answer.json["price"]["gross"] == answer.json["price"]["net"] + answer.json["price"]["vat"]
        assert answer.json["own"] is None
        assert "ETag" not in answer.headers


def test_a_draft_is_its_experts_alone(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    draft = scene.market.draft()
    own = program(cast.amara).get(f"/offerings/{draft}")
    assert own.json["own"]["state"] == "draft"
    assert "submit" in own.json["own"]["actions"]
    for reader in (
        program(),
        program(cast.ines),
        program(cast.lea),
        program(cast.ada),
        program(cast.amara, Scope.MONEY),
    ):
        assert reader.get(f"/offerings/{draft}").status == 404


def test_an_expert_writes_changes_and_submits(program: ProgramOf, scene: Scene, cast: Cast) -> None:
    scene.offer()  # makes the topics
    amara = program(cast.amara, Scope.READ, Scope.OFFERINGS)
    made = amara.post("/offerings", TEXT)
    assert made.status == 201
    path = made.headers["Location"].removeprefix("/api/v1")
    assert amara.get(path).json["title"] == TEXT["title"]
    etag = amara.get(path).headers["ETag"]
    changed = amara.call("PATCH", path, {"price_minor": 60_000}, If_Match=etag)
    assert changed.json["price"]["net"] == 60_000
    assert changed.json["title"] == TEXT["title"]
    assert amara.post(f"{path}/submission").json["own"]["revision_state"] == "in_review"
    assert amara.post(f"{path}/recall").json["own"]["revision_state"] == "draft"
    assert amara.post(f"{path}/withdrawal").json["own"]["state"] == "withdrawn"
    assert amara.post(f"{path}/withdrawal").code == "move_not_possible"


def test_pause_and_resume(program: ProgramOf, cast: Cast, offering: int, scene: Scene) -> None:
    amara = program(cast.amara)
    assert amara.post(f"/offerings/{offering}/pause").json["state"] == "paused"
    indexing.catch_up(scene.work)
    assert program().get(f"/offerings/{offering}").status == 404
    assert amara.post(f"/offerings/{offering}/resumption").json["state"] == "published"
    assert [line["id"] for line in amara.get("/me/offerings").json["items"]] == [offering]


def test_a_change_must_say_what_it_was_made_from(program: ProgramOf, cast: Cast, offering: int) -> None:
    amara = program(cast.amara)
    path, change = f"/offerings/{offering}", {"price_minor": 60_000}
    assert (amara.call("PATCH", path, change).status, amara.call("PATCH", path, change).code) == (
        428,
        "if_match_missing",
    )
    etag = amara.get(path).headers["ETag"]
    assert amara.call("PATCH", path, change, If_Match=etag).status == 200
    late = amara.call("PATCH", path, {"price_minor": 70_000}, If_Match=etag)
    assert (late.status, late.code) == (412, "version_stale")
    assert amara.get(path).json["price"]["net"] == 60_000


def test_what_is_known_is_not_sent_again(program: ProgramOf, cast: Cast, offering: int) -> None:
    amara = program(cast.amara)
    etag = amara.get(f"/offerings/{offering}").headers["ETag"]
    again = amara.get(f"/offerings/{offering}", If_None_Match=etag)
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"title": "Short"}, "title", "title_length"),
        ({"title": "         " + "x" * 5}, "title", "title_length"),
        ({"title": 5}, "title", "type_wrong"),
        ({"title": "With a \x00 inside it"}, "title", "title_length"),
        ({"topics": []}, "topics", "topics_count"),
        ({"topics": [999]}, "topics", "topic_unknown"),
        ({"topics": ["1"]}, "topics.0", "type_wrong"),
        ({"price_minor": 1}, "price_minor", "price_range"),
        ({"price_minor": 450.5}, "price_minor", "type_wrong"),
        ({"price_minor": "45000"}, "price_minor", "type_wrong"),
        ({"length_minutes": 181}, "length_minutes", "length_unknown"),
        ({"format": "onsite"}, "city", "city_missing"),
        ({"state": "published"}, "state", "field_unknown"),
        ({"expert_id": 1}, "expert_id", "field_unknown"),
    ],
)
def test_each_wrong_field_is_named(
    program: ProgramOf, scene: Scene, cast: Cast, change: dict[str, object], field: str, code: str
) -> None:
    scene.offer()
    answer = program(cast.amara).post("/offerings", {**TEXT, **change})
    assert answer.status == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [(field, code)]


def test_all_flaws_are_told_at_once(program: ProgramOf, cast: Cast) -> None:
    answer = program(cast.amara, language="fr").post("/offerings", {**TEXT, "title": 1, "stars": 5})
    assert answer.code == "misshapen"
    assert [each["field"] for each in answer.json["errors"]] == ["title", "stars"]
    assert answer.json["errors"][1]["detail"] == "Il n’y a pas de champ stars ici."


def test_slots_are_told_in_utc(program: ProgramOf, offering: int, clock: StillClock) -> None:
    answer = program().get(f"/offerings/{offering}/slots?from=2026-11-09T00:00:00%2B01:00&to=2026-11-10T00:00:00Z")
    assert answer.json["zone"] == "America/Montreal"
    assert answer.json["items"][0] == {"starts_at": "2026-11-09T14:00:00Z", "ends_at": "2026-11-09T17:00:00Z"}
    assert program().get(f"/offerings/{offering}/slots").json["items"]
    crossed = program().get(f"/offerings/{offering}/slots?from=2026-11-10T00:00:00Z&to=2026-11-09T00:00:00Z")
    assert crossed.code == "slots_span"
    assert program().get("/offerings/999/slots").code == "offering_unknown"


def test_an_experts_page(program: ProgramOf, cast: Cast, offering: int) -> None:
    page = program().get(f"/experts/{cast.amara.id}").json
    assert page["name"] == "Amara Diallo"
    assert [card["offering_id"] for card in page["offerings"]] == [offering]
    assert program().get(f"/experts/{cast.jeanne.id}").code == "expert_unknown"
