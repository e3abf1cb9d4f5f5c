"""Refusals become pages: the only place that knows which error is which HTTP status. Their words: sentences.py."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import structlog
from flask import Flask, request
from flask_babel import gettext
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.wrappers import Response

from marketplace import sentences
from marketplace.domain.errors import DomainError
from marketplace.sentences import GENERAL, SENTENCES, TITLES, status_of
from marketplace.web import here
from marketplace.web.spoken import render

RETRY_AFTER_SECONDS = 30

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """What somebody was sending when we could not take it: one button sends it again as it was; `words` is what they
    wrote, to be read and copied."""

    url: str
    fields: tuple[tuple[str, str], ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page shows. `next_url` is the next possible step."""

    status: int
    title: str
    sentence: str
    next_url: str
    next_label: str
    back_url: str | None
    request_id: str
    kept: Kept | None = None


def install(app: Flask) -> None:
    """Give every kind of failure its page."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(CSRFError, _not_from_our_page)
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(HTTPException, _failed)
    app.register_error_handler(InternalServerError, _failed)


def _unknown_host(_error: SecurityError) -> Response:
    """Asked under a name that is not ours: no page, since a page's links would need the name."""
    return Response("400 Bad Request\n", 400, mimetype="text/plain")


def unavailable(_error: Exception) -> Response:
    """The database or the index does not answer: say so without asking either of them."""
    here.look_as_nobody()
    log.error("unavailable", error=type(_error).__name__, request_id=here.request_id())
    return answer(503)


def sentence_of(error: DomainError) -> str:
    """The words for a domain error, in the viewer's language: also for the summary above a form."""
    return sentences.sentence_of(error, here.viewer().language)


def show_on(form: FlaskForm, error: DomainError) -> Literal[False]:
    """Put a refusal beside the field it is about, or above the form; False, so that a view can return it."""
    field = form._fields.get(error.facts.get("field"))
    if field is None:
        form.form_errors.append(sentence_of(error))
    else:
        field.errors = [*field.errors, sentence_of(error)]
    return False


def answer(status: int, error: DomainError | None = None) -> Response:
    """The page for a status, with the words of the domain error when there is one."""
    response = Response(_body(status, error), status, mimetype="text/html")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == HTTPStatus.TOO_MANY_REQUESTS and error is not None:
        response.headers["Retry-After"] = str(error.facts.get("wait_seconds", RETRY_AFTER_SECONDS))
    return response


def _body(status: int, error: DomainError | None) -> str:
    """Whatever else is broken, the message gets through: who looks cannot be asked for while the database is away, and
    the page around it may be what is broken."""
    try:
        return render(here.viewer().language, "errors/error.html", page=_page(status, error), form=None)
    except Exception:
        log.exception("error_page_broken", request_id=here.request_id())
    here.look_as_nobody()
    try:
        return render(here.viewer().language, "errors/error.html", page=_page(status, error), form=None)
    except Exception:
        return render(here.viewer().language, "errors/bare.html", page=_page(status, error))


def _refused(error: DomainError) -> Response:
    log.info("refused", code=error.code, request_id=here.request_id())
    return answer(status_of(error), error)


def _not_from_our_page(_error: CSRFError) -> Response:
    return answer(400)


def _failed(error: HTTPException) -> Response:
    """Werkzeug's own errors; redirects and ready answers pass."""
    if error.response is not None or error.code is None or error.code < 400:
        return Response.force_type(error.get_response(), request.environ)
    response = answer(error.code if error.code in TITLES else 400 if error.code < 500 else 500)
    for name, value in error.get_headers(request.environ):
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _page(status: int, error: DomainError | None) -> ErrorPage:
    words = SENTENCES.get(error.code) if error else None
    step = (words.next_path, words.next_label) if words and words.next_path else ("/", _HOME)
    return ErrorPage(
        status=status,
        title=gettext(TITLES[status]),
        sentence=sentence_of(error) if error else gettext(GENERAL[status]),
        next_url=step[0],
        next_label=gettext(step[1] or _HOME),
        back_url=here.previous_page(),
        request_id=here.request_id(),
        kept=_kept() if status == HTTPStatus.SERVICE_UNAVAILABLE else None,
    )


def _kept() -> Kept | None:
    """The form as it was sent, its own token included: none that somebody else made for us becomes good here. Nothing
    of a form with a password in it."""
    fields = tuple(request.form.items(multi=True)) if request.method == "POST" else ()
    if not fields or any("password" in name for name, _ in fields):
        return None
    words = tuple(value.strip() for name, value in fields if " " in value.strip() and name not in _NOT_WRITTEN)
    return Kept(request.full_path.rstrip("?"), fields, words)


_NOT_WRITTEN = {"csrf_token", "next"}
_HOME = "To the home page"  # a sentence of the catalogue by the refusals that lead there
