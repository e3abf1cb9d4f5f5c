"""What leads asked for and nobody offers."""

from flask import Blueprint

from marketplace.domain.access import Role
from marketplace.queries.unmet_demand import unmet_page
from marketplace.web.here import Answer, actor, allow, page, viewer, work

blueprint = Blueprint("unmet_demand", __name__)


@blueprint.get("/admin/unmet-demand")
@allow(Role.ADMIN)
def show() -> Answer:
    """Requests without a match, by topic."""
    return page("unmet_demand/show.html", unmet_page(work(), actor(), viewer().language))
