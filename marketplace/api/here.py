"""What an operation knows of the request: the parts, whose token it carries, and the language of its words."""

from dataclasses import replace
from typing import Final, cast
from zoneinfo import ZoneInfo

from flask import current_app, g, request

from marketplace.api.refusals import NobodyThere
from marketplace.domain import tokens
from marketplace.domain.access import Actor
from marketplace.queries.tokens import Caller, caller_of
from marketplace.services.tokens import note_use
from marketplace.wording import LANGUAGES
from marketplace.work import Work

PUBLIC: Final = "public"  # everybody, with a token or without
DEFAULT_ZONE: Final = ZoneInfo("Europe/Paris")


def work() -> Work:
    """The parts, with this request's id for the journal."""
    if "work" not in g:
        g.work = replace(current_app.extensions["cadran"], request_id=str(g.get("request_id", "")))
    return cast("Work", g.work)


def identify() -> None:
    """Find out whose token the request carries, once; raises `NobodyThere` for one that does not work."""
    g.caller = None
    if "Authorization" not in request.headers:
        return
    caller = caller_of(work(), _token())
    if caller is None:
        raise NobodyThere("token_unknown")
    g.caller = caller
    g.account_for_log = caller.actor.account_id
    if tokens.is_worth_noting(caller.used_at, work().now()):
        note_use(work(), caller.token_id)


def caller() -> Caller | None:
    """Whose token it is, if any."""
    return cast("Caller | None", g.get("caller"))


def actor() -> Actor:
    """Who acts; `NobodyThere` without a token."""
    who = caller()
    if who is None:
        raise NobodyThere("token_missing")
    return who.actor


def reader() -> Actor | None:
    """Who reads what everybody may read: known only to a token that may read for its owner."""
    who = caller()
    return who.actor if who is not None and tokens.Scope.READ in who.scopes else None


def language() -> str:
    """As Accept-Language asks, else the account's, else French."""
    who = caller()
    known = who.language if who is not None else "fr"
    return request.accept_languages.best_match(LANGUAGES) or known


def zone() -> ZoneInfo:
    """The account's time zone: it decides which day a moment belongs to. Moments themselves are told in UTC."""
    who = caller()
    return ZoneInfo(who.zone) if who is not None else DEFAULT_ZONE


def client() -> str:
    """Who is counted: the account, else the network address."""
    who = caller()
    return f"account {who.actor.id}" if who is not None else f"client {request.remote_addr or ''}"


def _token() -> str:
    kind, _, token = request.headers["Authorization"].partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
