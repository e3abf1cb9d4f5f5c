"""A POST with an Idempotency-Key does its work once; whoever sends it again gets the same answer."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from flask import request
from werkzeug.wrappers import Response

from marketplace.api import here, problems
from marketplace.api.refusals import Unreadable
from marketplace.domain.errors import Conflict, DomainError, Invalid, TooMany, Unavailable
from marketplace.services import answers
from marketplace.services.answers import ANSWERED_WITHIN, Given, KeptAnswer, Keyed

HEADER: Final = "Idempotency-Key"
LONGEST_KEY: Final = 255
KEY: Final = re.compile("[!-~]+")  # what can be seen of ASCII, so that nothing is lost on the way


def once(answer: Callable[[], Response]) -> Response:
    """Answer, unless this key was answered before: then the same again.

    `Invalid` when the key belongs to another request, `Conflict` while the first is being answered, or when nobody
    knows what became of it.
    """
    if HEADER not in request.headers:
        return answer()
    command = Keyed(here.actor(), _key(), _hash_of_request())
    earlier = answers.begin(here.work(), command)
    return _first(command, answer) if earlier is None else _again(command, earlier)


def _first(command: Keyed, answer: Callable[[], Response]) -> Response:
    try:
        response = answer()
    except (Unavailable, TooMany):
        answers.give_back(here.work(), command)  # nothing was done: the same key may try again
        raise
    except DomainError as refused:
        response = problems.answer(refused)
    # After any other failure nobody knows how far it came: the key stays taken, and says so to whoever asks again.
    location = response.headers.get("Location", "")
    answers.finish(here.work(), command, Given(response.status_code, location, response.get_data(as_text=True)))
    return response


def _again(command: Keyed, earlier: KeptAnswer) -> Response:
    if earlier.request_hash != command.request_hash:
        raise Invalid("idempotency_key_reused", field=HEADER)
    if earlier.status is None:
        is_dead = here.work().now() - earlier.created_at > ANSWERED_WITHIN
        raise Conflict("idempotency_outcome_unknown" if is_dead else "idempotency_in_progress")
    mimetype = problems.MEDIA_TYPE if earlier.status >= 400 else "application/json"
    response = Response(earlier.body, earlier.status, mimetype=mimetype)
    if earlier.location:
        response.headers["Location"] = earlier.location
    response.headers["Idempotency-Replayed"] = "true"
    response.headers["Cache-Control"] = "no-store"
    return response


def _key() -> str:
    key = request.headers[HEADER]
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        raise Unreadable("idempotency_key_unreadable", most=LONGEST_KEY)
    return key


def _hash_of_request() -> str:
    asked = f"{request.method} {request.full_path}\n".encode() + request.get_data()
    return sha256(asked).hexdigest()
