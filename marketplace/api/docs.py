"""The description for programs, and for people as one page: written by the server, no script, nothing fetched."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Blueprint, make_response, render_template
from flask_babel import get_locale
from werkzeug.wrappers import Response

from marketplace.api import here, limits
from marketplace.api.operation import blueprint
from marketplace.api.spec import description
from marketplace.domain.tokens import Scope
from marketplace.domain.webhooks import PAUSES, SCOPES
from marketplace.sentences import EVENTS, SENTENCES
from marketplace.wording import Translator

pages = Blueprint("api_docs", __name__)

_PLACE = re.compile(r"%\(\w+\)s")  # what a refusal fills in


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """One operation as the page shows it."""

    method: str
    path: str
    anchor: str
    described: dict[str, Any]
    body: str
    answer: str
    status: str


@dataclass(frozen=True, slots=True)
class DocsPage:
    """Everything the page shows."""

    tags: tuple[tuple[str, tuple[ShownOperation, ...]], ...]
    schemas: tuple[tuple[str, dict[str, Any]], ...]
    scopes: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    example: str
    events: tuple[tuple[str, str], ...]
    pauses: str


def openapi() -> Response:
    """The description, as it is."""
    limits.begin()
    response = Response(json.dumps(description()), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def show() -> Response:
    """The description for people."""
    return make_response(
        render_template("api/docs.html", page=_page(here.work().base_url, str(get_locale())), form=None)
    )


openapi.allowed = show.allowed = frozenset({here.PUBLIC})  # type: ignore[attr-defined]
openapi.csrf = False  # type: ignore[attr-defined]
blueprint.add_url_rule("/openapi.json", "openapi", openapi, methods=["GET"])
pages.add_url_rule("/api/docs", "show", show, methods=["GET"])


@cache
def _page(base_url: str, language: str) -> DocsPage:
    document, say = description(), Translator(language).gettext
    by_tag: dict[str, list[ShownOperation]] = {}
    for path, methods in document["paths"].items():
        for method, each in methods.items():
            by_tag.setdefault(each["tags"][0], []).append(_shown(path, method, each))
    return DocsPage(
        tags=tuple((tag, tuple(shown)) for tag, shown in by_tag.items()),
        schemas=tuple(sorted(document["components"]["schemas"].items())),
        scopes=tuple(Scope),
        codes=tuple((code, _PLACE.sub("…", say(words.sentence))) for code, words in SENTENCES.items()),
        events=tuple((name, f"{say(EVENTS[name])} ({scope})") for name, scope in SCOPES.items()),
        pauses=", ".join(_span(pause) for pause in PAUSES),
        example=f'curl -H "Authorization: Bearer $TOKEN" {base_url}/api/v1/me',
    )


def _shown(path: str, method: str, each: dict[str, Any]) -> ShownOperation:
    status = next(code for code in each["responses"] if code.startswith("2"))
    body = each.get("requestBody", {}).get("content", {})
    return ShownOperation(
        method=method.upper(),
        path=f"/api/v1{path}",
        anchor=each["operationId"],
        described=each,
        body=_name_of(body),
        answer=_name_of(each["responses"][status].get("content", {})),
        status=status,
    )


def _span(pause: timedelta) -> str:
    """A pause in the units that both languages write alike."""
    seconds = int(pause.total_seconds())
    size, unit = next((size, unit) for size, unit in ((3600, "h"), (60, "min"), (1, "s")) if seconds % size == 0)
    return f"{seconds // size} {unit}"


def _name_of(content: dict[str, Any]) -> str:
    references = [str(each["schema"].get("$ref", "")) for each in content.values()]
    return references[0].rpartition("/")[2] if references else ""
