"""The page people come in on: what waits for them."""

from collections.abc import Callable

from flask import Blueprint

from marketplace.domain.access import Role
from marketplace.queries.dashboard import expert_dashboard, lead_dashboard
from marketplace.queries.desk import desk
from marketplace.web.here import Answer, actor, allow, page, viewer, work

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/dashboard")
@allow(Role.LEAD, Role.EXPERT, Role.ADMIN)
def show() -> Answer:
    """The dashboard of the viewer's role."""
    return _BY_ROLE[actor().role]()


def _lead() -> Answer:
    return page("dashboard/lead.html", lead_dashboard(work(), actor(), viewer().zone))


def _expert() -> Answer:
    return page("dashboard/expert.html", expert_dashboard(work(), actor(), viewer().zone))


def _admin() -> Answer:
    return page("dashboard/admin.html", desk(work(), viewer().zone))


_BY_ROLE: dict[Role, Callable[[], Answer]] = {Role.LEAD: _lead, Role.EXPERT: _expert, Role.ADMIN: _admin}
