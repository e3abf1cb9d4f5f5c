"""What a view knows of the request: the parts, who is there, and how to answer."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, ParamSpec, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from flask import after_this_request, current_app, flash, g, redirect, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import Forbidden
from marketplace.queries.accounts import SignedInAccount
from marketplace.web.spoken import render
from marketplace.work import Work

PUBLIC: Final = "public"  # allow(PUBLIC): everybody, signed in or not
LANGUAGES: Final = ("fr", "en")
DEFAULT_ZONE: Final = ZoneInfo("Europe/Paris")

log = structlog.get_logger()

Params = ParamSpec("Params")
Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the page; `actor` is None for somebody who has not signed in."""

    actor: Actor | None
    language: str
    zone: ZoneInfo
    name: str = ""
    verified: bool = False

    @property
    def role(self) -> str:
        """'lead', 'expert', 'admin', or '' for somebody who has not signed in."""
        return str(self.actor.role) if self.actor else ""


class Person(UserMixin):  # type: ignore[misc]  # flask_login is untyped
    """Flask-Login's user: an account and the random token that its browser holds."""

    def __init__(self, token: str, account: SignedInAccount) -> None:
        self.token = token
        self.account = account

    def get_id(self) -> str:
        """The token: revocable, unlike the account's id."""
        return self.token


def work() -> Work:
    """The parts, with this request's id for the journal."""
    if "work" not in g:
        g.work = replace(current_app.extensions["cadran"], request_id=request_id())
    return cast("Work", g.work)


def actor() -> Actor:
    """Who acts; `Forbidden` when nobody is signed in."""
    person = viewer().actor
    if person is None:
        raise Forbidden("sign_in_first")
    return person


def viewer() -> Viewer:
    """Who looks, in which language and zone; asks the database once a request."""
    if "viewer" not in g:
        g.viewer = _viewer(person())
    return cast("Viewer", g.viewer)


def person() -> Person | None:
    """The signed-in person, if any."""
    return current_user if current_user.is_authenticated else None


def session_id() -> int:
    """The id of the session that asks; `Forbidden` when nobody is signed in."""
    who = person()
    if who is None:
        raise Forbidden("sign_in_first")
    return who.account.session_id


def look_as_nobody() -> None:
    """From now on this request asks the database no more about who looks: it may be down."""
    g.viewer = _viewer(None)
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]


def is_somebody() -> bool:
    """Whether the viewer is known to be signed in, without asking the database."""
    return "viewer" in g and g.viewer.actor is not None


def is_public_page() -> bool:
    """Whether everybody may open the page that is asked for."""
    allowed: frozenset[str] = getattr(current_app.view_functions.get(request.endpoint or ""), "allowed", frozenset())
    return PUBLIC in allowed


def account_id_if_known() -> int | None:
    """The signed-in account's id for the log, without asking the database."""
    return g.viewer.actor.account_id if is_somebody() else None


def request_id() -> str:
    """This request's id, as in the logs and the journal."""
    return str(g.get("request_id", ""))


def client() -> str:
    """The network address of whoever asks: for counting tries, never for the logs."""
    return request.remote_addr or ""


def device() -> str:
    """What the browser calls itself, for the list of own sessions."""
    return request.user_agent.string


def begin_session(token: str, account: SignedInAccount) -> None:
    """Sign this browser in under a new token; nothing of the earlier cookie survives, except the language."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    login_user(Person(token, account))
    g.pop("viewer", None)


def end_session() -> None:
    """Forget everything in this browser's cookie, except the language."""
    language = session.get("language")
    logout_user()
    session.clear()
    if language:
        session["language"] = language
    g.pop("viewer", None)


def allow(*roles: Role | str, csrf: bool = True) -> Callable[[Callable[Params, Answer]], Callable[Params, Answer]]:
    """Say who may use the view: roles, or `PUBLIC`. `csrf=False` only where the sender signs the body itself."""
    if not roles:
        raise ValueError("allow() needs roles or PUBLIC")

    def guard(view: Callable[Params, Answer]) -> Callable[Params, Answer]:
        @functools.wraps(view)
        def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
            return _refusal(roles) or view(*args, **kwargs)

        guarded.allowed = frozenset(str(role) for role in roles)  # type: ignore[attr-defined]
        guarded.csrf = csrf  # type: ignore[attr-defined]
        return guarded

    return guard


def page(template: str, page: object = None, *, form: FlaskForm | None = None, status: int = 200) -> Answer:
    """Render a page: its template gets one `page` and at most one `form`."""
    return render(viewer().language, template, page=page, form=form), status


def status_for(form: FlaskForm) -> int:
    """422 for a form that was sent and comes back, 200 for one to fill in."""
    return 422 if form.is_submitted() else 200


def done(url: str, message: str = "", kind: str = "ok") -> Response:
    """Answer to a successful POST: a message for the next page, and a redirect (303) to it."""
    if message:
        flash(message, kind)
    return redirect(url, 303)


def after_answer(step: Callable[[], None]) -> None:
    """Do this when the answer is sent, so that nobody waits for it. A failure is logged: the answer is out."""

    def _safely() -> None:
        try:
            step()
        except Exception:
            log.exception("after_answer_failed")

    @after_this_request
    def _later(answer: Response) -> Response:
        answer.call_on_close(_safely)
        return answer


def way_back() -> str:
    """The page to come back to after signing in: this one, or the one whose form was sent (it cannot be sent again)."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return previous_page() or "/dashboard"


def previous_page() -> str | None:
    """The page of ours that led here, if it was another one."""
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:  # such as http://[: nothing a browser sends
        return None
    if came_from.netloc != request.host or came_from.path == request.path:
        return None
    return local_path(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)


def local_path(wish: str | None) -> str | None:
    """The wished page if it is one of ours: a path, never another site."""
    if not wish or not wish.startswith("/") or wish.startswith(("//", "/\\")) or not wish.isprintable():
        return None
    return wish


def _refusal(roles: tuple[Role | str, ...]) -> Response | None:
    if PUBLIC in roles:
        return None
    who = viewer().actor
    if who is None:
        return redirect(url_for("signing_in.sign_in", next=way_back()), 303)
    if who.role not in roles:
        raise Forbidden("not_your_role", roles=[str(role) for role in roles])
    return None


def _viewer(who: Person | None) -> Viewer:
    if who is None:
        return Viewer(None, _language(None), DEFAULT_ZONE)
    account = who.account
    return Viewer(
        actor=Actor(account.account_id, Role(account.role), account.company_id),
        language=_language(account.language),
        zone=ZoneInfo(account.zone),
        name=account.name,
        verified=account.verified,
    )


def _language(account_language: str | None) -> str:
    """`?lang=` for this request, else the account's, else this browser's choice, else Accept-Language, else French."""
    wishes: tuple[Any, ...] = (request.args.get("lang"), account_language, session.get("language"))
    for wish in wishes:
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match(LANGUAGES) or "fr"
