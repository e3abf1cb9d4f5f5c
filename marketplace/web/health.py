"""For whoever watches the machine: is the process alive, and can it work."""

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from marketplace.queries import health
from marketplace.web import here
from marketplace.web.here import PUBLIC, allow

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
@allow(PUBLIC)
def live() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@allow(PUBLIC)
def ready() -> Response:
    """Database, schema and index are there; 503 and which one is not, otherwise."""
    state = health.readiness(here.work())
    answer = jsonify(database=state.database, schema=state.schema, index=state.index)
    answer.status_code = 200 if state.ready else 503
    return answer
