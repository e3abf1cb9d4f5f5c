"""Refusals are problem documents with the pages' codes and sentences, in the language asked for."""

import json
import sqlite3

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from marketplace.api import offerings
from marketplace.sentences import SENTENCES
from search.port import IndexUnusableError
from tests.api.client import Program
from tests.api.conftest import ProgramOf
from tests.cast import Cast


def test_a_problem_says_everything(program: ProgramOf) -> None:
    answer = program(language="fr").get("/offerings/999")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Language"] == "fr"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert {key: answer.json[key] for key in ("type", "title", "status", "code", "detail")} == {
        "type": "/api/docs#code-offering_unknown",
        "title": "Cette page est introuvable",
        "status": 404,
        "code": "offering_unknown",
        "detail": "Cette offre n’existe pas ou n’est plus proposée.",
    }


def test_the_language_is_the_one_asked_for_else_the_accounts(app: Flask, program: ProgramOf, cast: Cast) -> None:
    asked = program(cast.lea, language="en").get("/offerings/999").json["detail"]
    assert asked == SENTENCES["offering_unknown"].sentence
    marta = program(cast.marta)
    answer = marta.client.get("/api/v1/offerings/999", headers={"Authorization": f"Bearer {marta.token}"})
    assert answer.get_json()["detail"] == asked
    assert app.test_client().get("/api/v1/offerings/999").get_json()["detail"].startswith("Cette offre")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/offerings/9999999999", 404, "not_found"),
        ("GET", "/offerings/x", 404, "not_found"),
        ("DELETE", "/search", 405, "method_unknown"),
        ("TRACE", "/search", 405, "method_unknown"),
        ("GET", "/search?q=%00", 400, "request_unreadable"),
        ("GET", "/me?x=1", 422, "field_unknown"),
    ],
)
def test_what_does_not_exist(program: ProgramOf, cast: Cast, method: str, path: str, status: int, code: str) -> None:
    answer = program(cast.lea).call(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    if status == 405:
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "json_broken"),
        (b"", "application/json", 400, "json_broken"),
        (b'{"title": "\xff"}', "application/json", 400, "json_broken"),
        (b'{"title": "\\ud800"}', "application/json", 400, "json_broken"),
        (b"[]", "application/json", 422, "type_wrong"),
        (b"null", "application/json", 422, "type_wrong"),
        (b"{}", "text/plain", 415, "not_json"),
        (b"{}", None, 415, "not_json"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "not_json"),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413, "body_too_large"),
        (b"[" * 60_000, "application/json", 400, "json_broken"),
    ],
)
def test_bodies_that_are_none(
    app: Flask, program: ProgramOf, cast: Cast, data: bytes, kind: str | None, status: int, code: str
) -> None:
    amara = program(cast.amara)
    headers = {"Authorization": f"Bearer {amara.token}", "Accept-Language": "en"}
    answer = amara.client.post("/api/v1/offerings", data=data, content_type=kind, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_an_unforeseen_error_gives_nothing_away(
    app: Flask, program: ProgramOf, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    app.testing = False
    monkeypatch.setattr(offerings.own, "own_offerings", fail)
    answer = program(cast.amara).get("/me/offerings")
    assert (answer.status, answer.code) == (500, "unforeseen")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "failure", [OperationalError("SELECT", {}, sqlite3.OperationalError("locked")), IndexUnusableError("gone")]
)
def test_a_part_that_is_down_is_said_so(
    program: ProgramOf, cast: Cast, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(offerings.own, "own_offerings", fail)
    answer = program(cast.amara).get("/me/offerings")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "30"


def test_headers_are_on_every_answer(program: ProgramOf) -> None:
    for path in ("/search", "/nothing", "/openapi.json"):
        headers = program().get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_description_is_readable_by_programs_and_people(app: Flask) -> None:
    described = Program(app).get("/openapi.json").json
    assert described["openapi"] == "3.1.0"
    page = app.test_client().get("/api/docs", headers={"Accept-Language": "en"}).get_data(as_text=True)
    for path in described["paths"]:
        assert f"/api/v1{path}" in page
    assert 'src="http' not in page
    assert "<script>" not in page
    assert json.dumps(described).count("$ref") > 10


def test_every_reference_of_the_description_leads_somewhere(app: Flask) -> None:
    described = Program(app).get("/openapi.json").json
    text = json.dumps(described)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(described["components"]["schemas"])
