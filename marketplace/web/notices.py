"""The door for Stripe's notices: authentic ones are kept, nothing else leaves a trace."""

from collections.abc import Callable
from typing import cast

from flask import Blueprint, abort, current_app, request
from werkzeug.wrappers import Response

from marketplace.services.notices import keep
from marketplace.web.here import PUBLIC, Answer, allow, work
from payments.port import Notice, NoticeRefused

blueprint = Blueprint("notices", __name__)

# (endpoint, raw body, signature) -> the notice, or `NoticeRefused`; put in place by the application.
Reader = Callable[[str, bytes, str | None], Notice]
READER = "cadran_notices"


@blueprint.post("/notices/stripe/<string:endpoint>")
@allow(PUBLIC, csrf=False)
def stripe(endpoint: str) -> Answer:
    """Keep a notice and say 200; the worker does the rest. 400 for a forged, stale or unreadable one."""
    read = cast("Reader", current_app.extensions[READER])
    try:
        notice = read(endpoint, request.get_data(cache=False), request.headers.get("Stripe-Signature"))
    except NoticeRefused:
        abort(400)
    except KeyError:
        abort(404)
    keep(work(), [notice])
    return Response("kept", 200, mimetype="text/plain")
