"""The demo's doors: letters that were written, and a clock that can be put forward. Never registered in production."""

import re
from datetime import timedelta

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from marketplace.domain.errors import Invalid
from marketplace.queries.mailbox import letter_calendar, letter_page, mailbox_page
from marketplace.services import demo_clock
from marketplace.web.here import PUBLIC, Answer, allow, done, page, work

blueprint = Blueprint("mailbox", __name__)

SPAN = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,3})m)?")


@blueprint.get("/mailbox")
@allow(PUBLIC)
def index() -> Answer:
    """All letters, newest first; `?to=` for one address."""
    return page("mailbox/index.html", mailbox_page(work(), request.args.get("to", "")[:254]))


@blueprint.get("/mailbox/<name>")
@allow(PUBLIC)
def show(name: str) -> Answer:
    """One letter with its links."""
    return page("mailbox/show.html", letter_page(work(), name))


@blueprint.get("/mailbox/<name>/calendar.ics")
@allow(PUBLIC)
def calendar(name: str) -> Answer:
    """The calendar file that came with a letter."""
    return Response(letter_calendar(work(), name), mimetype="text/calendar")


@blueprint.post("/demo/clock")
@allow(PUBLIC)
def advance() -> Answer:
    """Put the demo's clock forward: `advance` is a span such as 3d or 2h30m."""
    span = _span(request.form.get("advance", ""))
    current_app.extensions["cadran_advance_sandbox"](span)
    demo_clock.advance(work(), span)
    return done(url_for("mailbox.index"), gettext("The demo’s clock was put forward."))


def _span(words: str) -> timedelta:
    found = SPAN.fullmatch(words.strip())
    if not found or not any(found.groups()):
        raise Invalid("span")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
