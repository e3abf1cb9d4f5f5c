"""A session as a file for one's own calendar."""

from datetime import UTC

from flask import Blueprint, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.queries.calendar import session_file
from marketplace.queries.feeds import feed_file, feed_page
from marketplace.services import feeds
from marketplace.web.bookings_forms import MoveForm
from marketplace.web.here import PUBLIC, Answer, actor, allow, done, page, viewer, work

blueprint = Blueprint("calendar_files", __name__)


@blueprint.get("/bookings/<int:booking_id>/calendar.ics")
@allow(Role.LEAD, Role.EXPERT)
def show(booking_id: int) -> Answer:
    """The session as one of its two sides sees it; a cancelled one takes itself out of the calendar."""
    file = session_file(work(), actor(), booking_id)
    response = Response(file.text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@blueprint.get("/calendar/<key>.ics")
@allow(PUBLIC)
def feed(key: str) -> Answer:
    """A person's sessions for the calendar programme that holds the key; 304 where nothing has changed."""
    found = feed_file(work(), key)
    response = Response(found.text, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(found.tag)
    response.last_modified = found.changed_at.astimezone(UTC)
    response.make_conditional(request)
    return response


@blueprint.get("/calendar")
@allow(Role.LEAD, Role.EXPERT)
def manage() -> Answer:
    """The address of one's own feed, how to use it, and how to make it worthless."""
    return page("calendar_files/manage.html", feed_page(work(), actor(), viewer().zone), form=MoveForm(formdata=None))


@blueprint.post("/calendar/renewal")
@allow(Role.LEAD, Role.EXPERT)
def renew() -> Answer:
    """A first address, or a new one: the old one is worth nothing from now on."""
    first = feeds.renew_feed(work(), actor())
    words = gettext("Your calendar has an address.") if first else gettext("The old address is worth nothing any more.")
    return done(url_for("calendar_files.manage"), words)


@blueprint.post("/calendar/removal")
@allow(Role.LEAD, Role.EXPERT)
def remove() -> Answer:
    """No address opens the feed any more."""
    feeds.close_feed(work(), actor())
    return done(url_for("calendar_files.manage"), gettext("Nobody can read your calendar by an address any more."))
