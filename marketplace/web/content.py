"""Pages of plain words: how it works, help, terms, privacy, accessibility, security. One template a language."""

from flask import Blueprint

from marketplace.queries.home import prices
from marketplace.web.here import PUBLIC, Answer, allow, page, viewer

blueprint = Blueprint("content", __name__)


@blueprint.get("/how-it-works")
@allow(PUBLIC)
def how_it_works() -> Answer:
    """The main job in words, and how prices work."""
    return _text("how_it_works")


@blueprint.get("/help")
@allow(PUBLIC)
def help_() -> Answer:
    """Questions that come up."""
    return _text("help")


@blueprint.get("/terms")
@allow(PUBLIC)
def terms() -> Answer:
    """The terms of use."""
    return _text("terms")


@blueprint.get("/privacy")
@allow(PUBLIC)
def privacy() -> Answer:
    """What we know of people, why, and for how long."""
    return _text("privacy")


@blueprint.get("/accessibility")
@allow(PUBLIC)
def accessibility() -> Answer:
    """What we did for accessibility and how it was checked."""
    return _text("accessibility")


@blueprint.get("/security")
@allow(PUBLIC)
def security() -> Answer:
    """How accounts and money are protected, and where to report a hole."""
    return _text("security")


def _text(name: str) -> Answer:
    return page(f"content/{name}.{viewer().language}.html", prices())
