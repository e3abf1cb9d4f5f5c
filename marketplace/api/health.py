"""For whoever watches the machine."""

from dataclasses import asdict

from marketplace.api import here
from marketplace.api.here import PUBLIC
from marketplace.api.operation import Reply, operation
from marketplace.api.shapes import Out
from marketplace.queries.working import working


class Live(Out):
    """The process answers."""

    status: str


class Ready(Out):
    """How each part does; no addresses, versions or other secrets."""

    database: bool
    index: bool
    index_lag: int | None
    worker: bool
    worker_seconds: int | None
    notices: bool
    notices_waiting: int
    oldest_notice_seconds: int | None
    parked: int


@operation("GET", "/health/live", tag="health", roles=(PUBLIC,), answer=Live, counted=False)
def live() -> Live:
    """Ask whether the process answers."""
    return Live(status="ok")


@operation("GET", "/health/ready", tag="health", roles=(PUBLIC,), answer=Ready, others={503: Ready}, counted=False)
def ready() -> Reply:
    """Ask whether database, index, worker and notices do their work; 503 when one does not."""
    state = working(here.work())
    return Reply(Ready(**asdict(state)), status=200 if state.ready else 503)
