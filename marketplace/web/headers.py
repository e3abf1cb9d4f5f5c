"""What every answer carries: protection in the browser, how long it may be kept, and the request's id."""

import secrets
import time
from dataclasses import dataclass

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

from marketplace.web import here

A_YEAR = 365 * 24 * 3600
IMMUTABLE = f"public, max-age={A_YEAR}, immutable"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Policy:
    """What differs between installations. `form_targets`: origins to which a form may lead after our redirect."""

    https: bool
    form_targets: tuple[str, ...]

    def headers(self) -> dict[str, str]:
        """The same for every answer, errors and files too."""
        fixed = {
            "Content-Security-Policy": self._content_security(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        if self.https:
            fixed["Strict-Transport-Security"] = f"max-age={2 * A_YEAR}; includeSubDomains"
        return fixed

    def _content_security(self) -> str:
        # Chrome applies form-action to the redirect that follows a POST, too: paying leads to the gateway's pages.
        targets = " ".join(("'self'", *self.form_targets))
        return (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
            f"connect-src 'self'; manifest-src 'self'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
        )


def install(app: Flask, policy: Policy) -> None:
    """Number and log every request, and put the headers on every answer."""
    fixed = policy.headers()

    @app.before_request
    def _begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()

    @app.after_request
    def _finish(answer: Response) -> Response:
        answer.headers.extend(fixed)
        answer.headers["X-Request-Id"] = g.get("request_id", "")
        answer.headers.setdefault("Cache-Control", _keeping(answer))
        if request.endpoint == "static":
            answer.headers["Cache-Control"] = _keeping(answer)
        _log(answer)
        return answer


def _keeping(answer: Response) -> str:
    """Files under a content hash for a year; what a signed-in person sees, and every error, not at all."""
    if request.endpoint == "static":
        is_hashed = "v" in request.args or request.path.endswith(".woff2")
        return IMMUTABLE if is_hashed and answer.status_code in (200, 206, 304) else "no-cache"
    is_private = not here.is_public_page() or here.is_somebody() or answer.status_code >= 400
    return "no-store" if is_private else "private, no-cache"


def _log(answer: Response) -> None:
    if request.endpoint == "static":
        return
    log.info(
        "request",
        request_id=g.get("request_id", ""),
        method=request.method,
        rule=str(request.url_rule or ""),  # never the path or the query: they hold tokens and what people look for
        status=answer.status_code,
        ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        account=here.account_id_if_known() or g.get("account_for_log"),
    )
