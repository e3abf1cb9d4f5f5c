"""The home page."""

from flask import Blueprint

from marketplace.queries.home import home_page
from marketplace.web.here import PUBLIC, Answer, allow, page, viewer, work

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@allow(PUBLIC)
def show() -> Answer:
    """What Cadran is, a way to search, and six offerings."""
    who = viewer()
    return page("home/show.html", home_page(work(), who.language, who.zone))
