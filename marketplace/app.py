"""Puts the parts together: the only place that picks implementations."""

import gc
from contextlib import suppress
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace.api import installing, problems
from marketplace.api.limits import Rates
from marketplace.clock import DemoClock, real_clock
from marketplace.config import Settings, settings_from, surroundings
from marketplace.demo import premises, running
from marketplace.domain import sessions
from marketplace.domain.errors import Unavailable
from marketplace.logs import configure_logs
from marketplace.outside.calendars import HttpsCalendars
from marketplace.outside.calls import HttpsCaller
from marketplace.post.file_post import FilePost
from marketplace.post.port import Post
from marketplace.post.smtp_post import SmtpPost
from marketplace.queries import accounts
from marketplace.queries.kept_catalogue import read_catalogue
from marketplace.services import signing_in
from marketplace.store.transaction import Database
from marketplace.web import BLUEPRINTS, DEMO_BLUEPRINTS, errors, headers, here, incoming, language, looks, notices
from marketplace.web.here import Person
from marketplace.web.spoken import Templates
from marketplace.work import Work
from payments.port import Notice, NoticeEndpoint
from payments.stripe_gateway import STRIPE_ADDRESS, StripeGateway
from payments.stripe_notices import verify
from search.port import SearchError
from search.semantic import load_model
from search.whoosh_index import open_index

ROOT = Path(__file__).resolve().parents[1]
LARGEST_BODY = 1_000_000
STRIPE_PAGES = ("https://checkout.stripe.com", "https://connect.stripe.com")

log = structlog.get_logger()


def application() -> Flask:
    """What gunicorn serves; raises `SettingsError` with every problem of the environment."""
    configure_logs()
    settings = settings_from()
    work = build_work(settings)
    prepare(work)
    app = create_app(settings, work)
    gc.collect()
    gc.freeze()  # all of it stays: to look through it for garbage takes a visitor's request a fifth of a second
    return app


def prepare(work: Work) -> None:
    """Load what the first visitor would wait for: seconds where the market is large."""
    work.index.warm()
    with suppress(DBAPIError, PoolTimeout):  # whoever comes is told
        read_catalogue(work)
    work.database.close()  # a server that forks hands no connection on
    work.index.follow()


def main() -> None:
    """The `cadran` command, on real parts."""
    from marketplace import cli

    configure_logs()
    cli.main(cli.Parts(lambda: settings_from(surroundings()), build_work))


def build_work(settings: Settings) -> Work:
    """The real parts for these settings."""
    return Work(
        database=Database(settings.database_url),
        clock=DemoClock(settings.clock_file) if settings.demo else real_clock,
        index=open_index(
            settings.index_dir, load_model() if settings.semantic else None, settings.search_cache_mb * 1_000_000
        ),
        gateway=StripeGateway(settings.stripe_key, settings.stripe_api or STRIPE_ADDRESS),
        post=_post(settings),
        base_url=settings.base_url,
        secret=settings.secret,
        calendars=HttpsCalendars(),
        caller=HttpsCaller(demo=settings.demo),
        environment=settings.environment,
    )


def create_app(settings: Settings, work: Work | None = None) -> Flask:
    """The web application; tests hand over their own parts."""
    app = Cadran("marketplace", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "marketplace/static"))
    app.config.update(_flask_config(settings))
    app.extensions["cadran"] = work or build_work(settings)
    app.extensions["cadran_settings"] = settings
    app.extensions[notices.READER] = _notice_reader(settings, app.extensions["cadran"])
    headers.install(app, headers.Policy(https=not settings.demo, form_targets=_form_targets(settings)))
    incoming.install(app)
    language.install(app, settings.base_url)
    looks.register(app)
    errors.install(app)
    app.register_error_handler(DBAPIError, errors.unavailable)
    app.register_error_handler(PoolTimeout, errors.unavailable)
    app.register_error_handler(SearchError, errors.unavailable)
    _answer_programs(app)
    _recognise_people(app)
    _protect_forms(app)
    _hash_static_files(app)
    for blueprint in (*BLUEPRINTS, *(DEMO_BLUEPRINTS if settings.demo else ())):
        app.register_blueprint(blueprint)
    installing.install(app, Rates.of(settings.api_reads, settings.api_changes))
    if settings.demo:
        app.extensions["cadran_advance_sandbox"] = partial(_advance_sandbox, settings)
    _deny_by_default(app)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    return app


class Cadran(Flask):
    """Flask, but templates can be compiled per language, and an unforeseen error is logged by type and place: its text
    may quote what somebody typed."""

    jinja_environment = Templates

    def log_exception(self, exc_info: Any) -> None:
        """One line instead of a trace with values."""
        log.error("unforeseen", exc_info=exc_info[1], request_id=here.request_id(), rule=str(request.url_rule or ""))


def _notice_reader(settings: Settings, work: Work) -> notices.Reader:
    """Checks Stripe's signature with the endpoint's own secrets; `KeyError` for an unknown endpoint."""
    secrets: dict[str, tuple[NoticeEndpoint, tuple[str, ...]]] = {
        "platform": ("platform", settings.stripe_secrets),
        "v2": ("v2", settings.stripe_secrets_v2),
        "connect": ("connect", settings.stripe_secrets_connect),
    }
    livemode = settings.stripe_key.startswith("sk_live_")

    def read(endpoint: str, body: bytes, signature: str | None) -> Notice:
        kind, known = secrets[endpoint]
        return verify(body, signature, secrets=known, endpoint=kind, now=work.now(), livemode=livemode)

    return read


def _advance_sandbox(settings: Settings, by: timedelta) -> None:
    try:
        running.advance_sandbox(settings.stripe_api, settings.stripe_key, by)
    except premises.DemoFailed as error:
        raise Unavailable("stripe_unavailable") from error


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret,
        # A page of another site whose name points here (DNS rebinding) reaches neither mailbox nor clock.
        "TRUSTED_HOSTS": [urlsplit(settings.base_url).hostname, "127.0.0.1", "localhost"],
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
        # __Host-: no other host of the domain can set or read it. Only over https.
        "SESSION_COOKIE_NAME": "cadran" if settings.demo else "__Host-cadran",
        "SESSION_COOKIE_SECURE": not settings.demo,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_CHECK_DEFAULT": False,  # `_protect_forms` does it, for all but signed notices
        "WTF_CSRF_TIME_LIMIT": None,  # good as long as the session: a form may stay open over lunch
        "BABEL_DEFAULT_LOCALE": "en",  # the language of the msgids
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "marketplace/translations"),
    }


def _post(settings: Settings) -> Post:
    if settings.smtp_url:
        return SmtpPost(settings.smtp_url, settings.mail_from)
    return FilePost(settings.mailbox_dir, settings.mail_from)


def _form_targets(settings: Settings) -> tuple[str, ...]:
    if not settings.stripe_api:
        return STRIPE_PAGES
    sandbox = urlsplit(settings.stripe_api)
    return (f"{sandbox.scheme}://{sandbox.netloc}",)


def _recognise_people(app: Flask) -> None:
    """Flask-Login, with the session's token as the id: one query finds session and account."""
    manager = LoginManager(app)
    manager.session_protection = None  # our sessions end by themselves; addresses change on the train

    @manager.user_loader  # type: ignore[untyped-decorator]
    def _load(token: str) -> Person | None:
        account = accounts.signed_in(here.work(), token)
        if account is None:
            return None
        if sessions.is_worth_noting(account.seen_at, here.work().now()):
            signing_in.note_seen(here.work(), account.session_id)
        return Person(token, account)


def _answer_programs(app: Flask) -> None:
    """What is refused to a page is a page, what is refused to a program a problem document."""
    for handlers in tuple(app.error_handler_spec[None].values()):
        for kind, page in tuple(handlers.items()):
            app.register_error_handler(kind, partial(_by_address, page))


def _by_address(page: Any, error: Exception) -> ResponseReturnValue:
    if problems.is_asked():
        return problems.answer(error)
    answered: ResponseReturnValue = page(error)
    return answered


def _protect_forms(app: Flask) -> None:
    csrf = CSRFProtect(app)

    @app.before_request
    def _check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is not None and getattr(view, "csrf", True):
            csrf.protect()


def _hash_static_files(app: Flask) -> None:
    """Give every static file's address the hash of its content, so that browsers may keep it for a year."""
    folder = Path(app.static_folder or "")
    known: dict[str, tuple[int, str]] = {}

    @app.url_defaults
    def _add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values["v"] = _hash_of(folder / values["filename"], known)


def _hash_of(path: Path, known: dict[str, tuple[int, str]]) -> str | None:
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    found = known.get(str(path))
    if found is None or found[0] != changed:
        found = known[str(path)] = (changed, sha256(path.read_bytes()).hexdigest()[:12])
    return found[1]


def _deny_by_default(app: Flask) -> None:
    """Refuse to start when a view does not say who may use it."""
    silent = [name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "allowed")]
    if silent:
        raise RuntimeError(f"these views lack @allow(...): {', '.join(sorted(silent))}")
