"""An account's webhook endpoints, and the log of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.domain.access import Actor
from marketplace.domain.errors import NotFound
from marketplace.store import webhooks
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class ShownWebhook:
    """One endpoint."""

    id: int
    url: str
    events: tuple[str, ...]
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """One line of the log; `status` is that of the last answer."""

    id: int
    event: str
    payload: dict[str, Any]
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    status: int | None
    error: str


def own_webhooks(work: Work, actor: Actor) -> tuple[ShownWebhook, ...]:
    """The actor's endpoints. One query."""
    with work.reading() as session:
        rows = webhooks.webhooks_of(session, actor.id)
    return tuple(
        ShownWebhook(row.id, row.url, tuple(row.events), row.created_at, row.failing_since, row.disabled_at)
        for row in rows
    )


def deliveries(work: Work, actor: Actor, webhook_id: int, before: int | None, limit: int) -> tuple[ShownDelivery, ...]:
    """The log of one's own endpoint, newest first; `NotFound` for anybody else's. Two queries."""
    with work.reading() as session:
        if webhooks.own_webhook(session, actor.id, webhook_id) is None:
            raise NotFound("webhook_unknown")
        rows = webhooks.deliveries_of(session, webhook_id, before, limit)
    return tuple(
        ShownDelivery(
            row.id,
            row.event,
            row.payload,
            row.state,
            row.attempts,
            row.created_at,
            row.next_at,
            row.sent_at,
            row.status,
            row.error,
        )
        for row in rows
    )
