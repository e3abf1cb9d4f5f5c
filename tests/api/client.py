"""A program for tests: calls the API with somebody's token."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from marketplace.domain.tokens import Scope, scopes_of
from marketplace.services.tokens import IssueToken, issue_token
from marketplace.work import Work
from tests.cast import Person


class Answer:
    """An answer, read as a program would."""

    def __init__(self, answer: TestResponse) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.text = answer.get_data(as_text=True)
        self.json: Any = answer.get_json(silent=True) if "json" in (answer.mimetype or "") else None

    @property
    def code(self) -> str:
        """The stable code of a refusal; '' for none."""
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""

    def __repr__(self) -> str:
        return f"<{self.status} {self.text[:300]}>"


class Program:
    """Calls `/api/v1` with one token, or with none."""

    def __init__(self, app: Flask, token: str = "", language: str = "en") -> None:
        self.client = app.test_client()
        self.token, self.language = token, language

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`Idempotency_Key="x"` becomes the header Idempotency-Key."""
        sent = {"Accept-Language": self.language, **{name.replace("_", "-"): each for name, each in headers.items()}}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        json = {"json": body} if body is not None else {}
        return Answer(self.client.open(f"/api/v1{path}", method=method, headers=sent, **json))


def token_for(work: Work, person: Person, *scopes: Scope) -> str:
    """A token of this person: with these scopes, else with all that the role can have."""
    wished = scopes or scopes_of(person.role)
    return issue_token(work, IssueToken(person.email, "test", [str(each) for each in wished], 30)).token
