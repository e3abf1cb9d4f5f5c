"""A session as a file for one's own calendar."""

from flask import Blueprint
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.queries.calendar import session_file
from marketplace.web.here import Answer, actor, allow, work

blueprint = Blueprint("calendar_files", __name__)


@blueprint.get("/bookings/<int:booking_id>/calendar.ics")
@allow(Role.LEAD, Role.EXPERT)
def show(booking_id: int) -> Answer:
    """The session as one of its two sides sees it; a cancelled one takes itself out of the calendar."""
    file = session_file(work(), actor(), booking_id)
    response = Response(file.text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
