"""The sandbox as a WSGI application: Stripe's API, its hosted pages and a few controls, on loopback only."""

import json
import os
import time
from collections.abc import Callable, Mapping

from flask import Flask, Response, abort, request

from payments.sandbox import control, pages
from payments.sandbox.api import api
from payments.sandbox.faults import StripeFault
from payments.sandbox.settings import SandboxSettings, check, is_loopback
from payments.sandbox.state import State

LARGEST_BODY = 1_000_000


def create_sandbox(
    settings: SandboxSettings,
    *,
    environment: Mapping[str, str] = os.environ,
    wall: Callable[[], float] = time.time,
) -> Flask:
    """Build the application; raises SandboxRefused where it must not run.

    It keeps track of requests in progress in memory: serve it with one process and as many threads as wanted.
    Notices are delivered by a `Courier`, which whoever serves the application starts.
    """
    check(settings, environment)
    return build(settings, State(settings.state, settings.endpoints, wall))


def build(settings: SandboxSettings, state: State) -> Flask:
    """The application over a state that is open already."""
    app = Flask(__name__)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.before_request(_refuse_strangers)
    app.register_blueprint(api(state, settings.key))
    app.register_blueprint(pages.pages(state))
    app.register_blueprint(control.controls(state))
    app.register_error_handler(404, _not_found)
    return app


def _refuse_strangers() -> None:
    """Loopback only, whoever serves us; the host name is checked against rebinding from the web."""
    host = request.host.rsplit(":", 1)[0].strip("[]")
    if not is_loopback(request.remote_addr) or not is_loopback(host):
        abort(403)


def _not_found(_error: object) -> Response:
    fault = StripeFault(
        404,
        "invalid_request_error",
        f"Unrecognized request URL ({request.method}: {request.path}).",
    )
    return Response(json.dumps(fault.body), status=404, content_type="application/json")
