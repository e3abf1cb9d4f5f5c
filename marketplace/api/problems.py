"""Refusals as problem documents (RFC 9457): the pages' codes and sentences, in the language asked for."""

from datetime import datetime
from typing import Any

import structlog
from flask import g, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from marketplace.api import here
from marketplace.api.refusals import Flaw, Lost, Misshapen, NotHere, TooLarge, Unreadable, http_status
from marketplace.api.shapes import SlotOut, slot_out
from marketplace.domain.errors import DomainError, Unavailable
from marketplace.sentences import GENERAL, TITLES, sentence_of
from marketplace.wording import Translator

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 30
TOLD = ("most", "least", "shortest", "longest", "state", "move", "wait_seconds", "number", "version")

log = structlog.get_logger()


class FlawOut(BaseModel):
    """One place of the request that is wrong."""

    field: str = Field(description="Where: a name, or a path such as questions.1.")
    code: str
    detail: str


class Problem(BaseModel):
    """A refusal. `code` never changes; `detail` is for people, in the language of Accept-Language."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="An address that says more of this code.")
    title: str
    status: int
    code: str
    detail: str
    request_id: str = Field(description="Say it when you write to us.")
    errors: list[FlawOut] = Field(default=[], description="Each place that is wrong, when there are such places.")
    nearest: list[SlotOut] = Field(default=[], description="With slot_taken: the nearest free slots.")


def answer(error: Exception) -> Response:
    """The problem document for anything that was raised."""
    refused = _as_refusal(error)
    status = http_status(refused) if refused is not None else 500
    language = _language()
    if refused is None:
        problem = _document("unforeseen", 500, Translator(language).gettext(GENERAL[500]), language)
    else:
        log.info("refused", code=refused.code, request_id=_request_id())
        problem = _document(refused.code, status, sentence_of(refused, language), language, **_told(refused, language))
    response = Response(problem.model_dump_json(exclude_defaults=True), status, mimetype=MEDIA_TYPE)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    _add_headers(response, status, refused)
    return response


def _document(code: str, status: int, detail: str, language: str, **more: Any) -> Problem:
    title = Translator(language).gettext(TITLES[status])
    return Problem(
        type=f"/api/docs#code-{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        request_id=_request_id(),
        **more,
    )


def _as_refusal(error: Exception) -> DomainError | None:
    """None for what nobody foresaw."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, HTTPException):
        return _from_werkzeug(error) if (error.code or 500) < 500 else None
    log.error("unavailable", error=type(error).__name__, request_id=_request_id())  # the database or the index
    return Unavailable("unavailable")


def _from_werkzeug(error: HTTPException) -> DomainError:
    if error.code == 404:
        return Lost("not_found")
    if error.code == 405:
        return NotHere("method_unknown", allow=", ".join(sorted(getattr(error, "valid_methods", None) or ())))
    if error.code == 413:
        return TooLarge("body_too_large")
    return Unreadable("request_unreadable")


def _told(error: DomainError, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {name: error.facts[name] for name in TOLD if isinstance(error.facts.get(name), int | str)}
    if "nearest" in error.facts:
        told["nearest"] = [slot_out(slot) for slot in error.facts["nearest"]]
    if isinstance(error.facts.get("at"), datetime):
        told["at"] = error.facts["at"]
    flaws = error.flaws if isinstance(error, Misshapen) else _flaw_of(error)
    if flaws:
        told["errors"] = [
            FlawOut(field=flaw.field, code=flaw.code, detail=sentence_of(flaw.said(), language)) for flaw in flaws
        ]
    return told


def _flaw_of(error: DomainError) -> tuple[Flaw, ...]:
    field = error.facts.get("field")
    return (Flaw(str(field), error.code, error.facts),) if field else ()


def _add_headers(response: Response, status: int, refused: DomainError | None) -> None:
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="cadran"'
    if status == 405 and refused is not None:
        response.headers["Allow"] = str(refused.facts["allow"])
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if refused is not None and "wait_seconds" in refused.facts:
        response.headers["Retry-After"] = str(refused.facts["wait_seconds"])


def _language() -> str:
    try:
        return here.language()
    except (ValueError, LookupError):  # an Accept-Language that cannot be read
        return "fr"


def _request_id() -> str:
    return str(g.get("request_id", ""))


def is_asked() -> bool:
    """Whether the request was for the API: its refusals are problem documents."""
    return request.path.startswith("/api/v1/")
