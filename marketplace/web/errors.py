"""Refusals become pages: the only place that knows which error is which HTTP status, and its words."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import structlog
from flask import Flask, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from marketplace.domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unavailable,
)
from marketplace.web import here

RETRY_AFTER_SECONDS = 30

STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Words:
    """What a refusal says, and the next possible step: a path of ours and its label."""

    sentence: str
    next_path: str | None = None
    next_label: str | None = None


# The sentence for every code, one block per noun. A code without a row gets its status's sentence.
SENTENCES: dict[str, Words] = {
    # accounts
    "not_verified": Words(
        _l("Please confirm your e-mail address first: the link is in the message that we sent you."),
        "/verification",
        _l("Send the message again"),
    ),
    "link_dead": Words(
        _l("This link has been used already or is too old. Ask for a new one."),
        "/sign-in",
        _l("Sign in"),
    ),
    "not_your_role": Words(_l("This page is not for your kind of account."), "/", _l("To the home page")),
    "wrong_credentials": Words(
        _l("The address and the password do not go together. Check both, or choose a new password.")
    ),
    "old_password_wrong": Words(_l("This is not your present password.")),
    "password_short": Words(_l("Use at least %(shortest)s characters.")),
    "password_long": Words(_l("Use at most %(longest)s characters.")),
    "password_guessable": Words(
        _l("This password is easy to guess. Choose a longer one, such as several words that do not belong together.")
    ),
    "zone_unknown": Words(_l("Choose a time zone from the list.")),
    "language_unknown": Words(_l("Choose French or English.")),
    "no_such_session": Words(_l("That browser is signed out already."), "/account", _l("Back to my account")),
    "too_many_attempts": Words(
        _l("There were too many attempts. Please wait a few minutes, or choose a new password."),
        "/password/forgotten",
        _l("Choose a new password"),
    ),
    # offerings, experts and their moderation
    "offering_unknown": Words(_l("This offering does not exist or is not on the market any more.")),
    "expert_unknown": Words(_l("This expert does not exist or does not offer sessions any more.")),
    "apply_first": Words(
        _l("Before your first publication, tell us who you are: we read every application within two working days."),
        "/expert/application",
        _l("Apply now"),
    ),
    "profile_first": Words(
        _l("Please complete your profile before you apply: admins read both."),
        "/expert/profile",
        _l("Complete my profile"),
    ),
    "take_back_first": Words(
        _l("This text is in review. Take it back before you change it."),
        "/expert/offerings",
        _l("To my offerings"),
    ),
    "no_draft_to_delete": Words(
        _l("Only a draft can be deleted. Withdraw the offering instead."),
        "/expert/offerings",
        _l("To my offerings"),
    ),
    "languages_missing": Words(_l("Choose at least one language.")),
    "title_length": Words(_l("Between 10 and 100 characters.")),
    "headline_length": Words(_l("Between 10 and 100 characters.")),
    "outcome_length": Words(_l("Between 40 and 1,500 characters.")),
    "bio_length": Words(_l("Between 80 and 2,000 characters.")),
    "experience_length": Words(_l("Between 80 and 3,000 characters.")),
    "motivation_length": Words(_l("Between 80 and 3,000 characters.")),
    "references_length": Words(_l("Between 40 and 3,000 characters.")),
    "teaching_length": Words(_l("Between 80 and 3,000 characters.")),
    "topics_count": Words(_l("Choose one to three topics.")),
    "topic_unknown": Words(_l("This topic does not exist any more. Choose another one.")),
    "length_unknown": Words(_l("Choose one of the lengths.")),
    "price_range": Words(_l("The price must be between 100 and 5,000 euros.")),
    "format_unknown": Words(_l("Choose a format.")),
    "city_missing": Words(_l("Say in which city you meet on site.")),
    "city_length": Words(_l("At most 80 characters.")),
    "questions_count": Words(_l("At most three questions.")),
    "question_length": Words(_l("At most 200 characters.")),
    "vat_scheme_unknown": Words(_l("Choose how you stand towards VAT.")),
    "reason_missing": Words(_l("Choose a reason: the expert reads it.")),
    "note_missing": Words(_l("Give the other reason in your own words.")),
    "note_length": Words(_l("At most 2,000 characters.")),
    "item_unknown": Words(_l("There is no such item in the queue."), "/admin/queue", _l("To the queue")),
    "account_unknown": Words(_l("There is no such account."), "/admin/people", _l("To the people")),
    "not_yourself": Words(_l("You cannot suspend yourself."), "/admin/people", _l("To the people")),
    "already_suspended": Words(_l("This account is suspended already."), "/admin/people", _l("To the people")),
    "not_suspended": Words(_l("This account is not suspended."), "/admin/people", _l("To the people")),
    "suspension_reason_length": Words(_l("Between 5 and 400 characters.")),
    # bookings
    "answer_too_late": Words(
        _l("The deadline for an answer has passed, so the request lapsed."), "/bookings", _l("To my sessions")
    ),
    "refund_changed": Words(
        _l("What comes back changed while you were reading. Look at the amount again before you cancel."),
        "/bookings",
        _l("To my sessions"),
    ),
    "too_many_holds": Words(
        _l("%(most)s slots are waiting for your payment already. Pay for one of them or let it go first."),
        "/bookings",
        _l("To my sessions"),
    ),
    "slot_past": Words(_l("This slot has begun already. Choose a later one.")),
    "slot_taken": Words(_l("Somebody was faster: this slot has just been taken. Choose another one.")),
    "slot_not_offered": Words(_l("The expert does not offer this slot any more. Choose another one.")),
    "stripe_unavailable": Words(
        _l("The payment page does not answer right now. Nothing was charged; please try again in a minute.")
    ),
    "payouts_refused": Words(
        _l("Stripe could not open an account for you. We have been told and will write to you."),
        "/expert/earnings",
        _l("To my earnings"),
    ),
    "alert_settled": Words(_l("Another admin settled this alert already."), "/admin/health", _l("To the health page")),
    "payouts_not_started": Words(_l("Set up your payouts first."), "/expert/earnings", _l("To my earnings")),
}

TITLES: dict[int, str] = {
    400: _l("We could not read that"),
    403: _l("This is not open to you"),
    404: _l("We cannot find this page"),
    405: _l("This does not work here"),
    409: _l("This is not possible any more"),
    413: _l("That is too much at once"),
    422: _l("Something is not right yet"),
    429: _l("Too many attempts"),
    500: _l("Something went wrong on our side"),
    503: _l("We cannot answer right now"),
}

GENERAL: dict[int, str] = {
    400: _l("The page was open for too long or was sent incompletely. Go back, load it again and send it once more."),
    403: _l("Your account may not do this."),
    404: _l("It may have been moved or withdrawn, or the address has a typing error."),
    405: _l("This address does not take this kind of request. Go back and use the buttons on the page."),
    409: _l("Somebody was faster, or things have changed since the page was loaded. Load it again to see where it is."),
    413: _l("What you sent is larger than one megabyte. Shorten it and try again."),
    422: _l("Go back, check your answers and send them again."),
    429: _l("Please wait a few minutes and try again."),
    500: _l("We have noted it and will look into it. Nothing was done twice. Please try again."),
    503: _l("This usually takes less than a minute. Nothing was lost; please try again shortly."),
}


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


def install(app: Flask) -> None:
    """Give every kind of failure its page."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(CSRFError, _not_from_our_page)
    app.register_error_handler(HTTPException, _failed)
    app.register_error_handler(InternalServerError, _failed)


def unavailable(_error: Exception) -> Response:
    """The database or the index does not answer: say so without asking either of them."""
    here.look_as_nobody()
    log.error("unavailable", error=type(_error).__name__, request_id=here.request_id())
    return answer(503)


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error, by its kind."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def sentence_of(error: DomainError) -> str:
    """The words for a domain error, in the viewer's language: also for the summary above a form."""
    words = SENTENCES.get(error.code)
    try:
        return _filled(str(words.sentence), error.facts) if words else str(GENERAL[status_of(error)])
    except KeyError:  # the sentence wants to say more than the error knows
        return str(GENERAL[status_of(error)])


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
    page = _page(status, error)
    try:
        body = render_template("errors/error.html", page=page, form=None)
    except (TemplateError, RuntimeError, LookupError):
        # The page around it is broken: the message still gets through.
        log.exception("error_page_broken", request_id=page.request_id)
        body = render_template("errors/bare.html", page=page)
    response = Response(body, status, mimetype="text/html")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == HTTPStatus.TOO_MANY_REQUESTS and error is not None:
        response.headers["Retry-After"] = str(error.facts.get("wait_seconds", RETRY_AFTER_SECONDS))
    return response


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
    step = (words.next_path, words.next_label) if words and words.next_path else ("/", _l("To the home page"))
    return ErrorPage(
        status=status,
        title=str(TITLES[status]),
        sentence=sentence_of(error) if error else str(GENERAL[status]),
        next_url=step[0],
        next_label=str(step[1]),
        back_url=here.previous_page(),
        request_id=here.request_id(),
    )


def _filled(sentence: str, facts: dict[str, object]) -> str:
    return sentence % facts if "%(" in sentence else sentence
