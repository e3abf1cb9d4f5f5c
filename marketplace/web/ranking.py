"""How ranking works, in plain words and with every number."""

from flask import Blueprint

from marketplace.queries.ranking import ranking_page
from marketplace.web.here import PUBLIC, Answer, allow, page, work

blueprint = Blueprint("ranking", __name__)


@blueprint.get("/how-ranking-works")
@allow(PUBLIC)
def show() -> Answer:
    """The formula, made from the constants that the code ranks with."""
    return page("ranking/show.html", ranking_page(work().index))
