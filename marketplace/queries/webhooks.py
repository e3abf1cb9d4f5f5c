"""An account's webhook endpoints, and the log of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.domain.access import Actor
from marketplace.domain.errors import NotFound
from marketplace.store import webhooks
from marketplace.store.webhooks import Webhook
from marketplace.work import Work

LINES = 20  # of a log on a page


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


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """One endpoint and a stretch of its log, newest first; `before`: where the earlier lines begin, None at the end."""

    webhook: ShownWebhook
    deliveries: tuple[ShownDelivery, ...]
    before: int | None


def own_webhooks(work: Work, actor: Actor) -> tuple[ShownWebhook, ...]:
    """The actor's endpoints. One query."""
    with work.reading() as session:
        rows = webhooks.webhooks_of(session, actor.id)
    return tuple(_shown(row) for row in rows)


def webhook_page(work: Work, actor: Actor, webhook_id: int, before: int | None) -> WebhookPage:
    """One's own endpoint with its log; `NotFound` for anybody else's. Three queries."""
    with work.reading() as session:
        row = webhooks.own_webhook(session, actor.id, webhook_id)
    if row is None:
        raise NotFound("webhook_unknown")
    found = deliveries(work, actor, webhook_id, before, LINES + 1)
    lines = found[:LINES]
    return WebhookPage(_shown(row), lines, lines[-1].id if len(found) > LINES else None)


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


def _shown(row: Webhook) -> ShownWebhook:
    return ShownWebhook(row.id, row.url, tuple(row.events), row.created_at, row.failing_since, row.disabled_at)
