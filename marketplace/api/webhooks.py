"""Webhooks: addresses of programs that hear of events, and the log of what was sent."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from marketplace.api import cursors, here
from marketplace.api.operation import EXPERT, LEAD, Reply, operation
from marketplace.api.paging import id_after, stretch
from marketplace.api.shapes import In, Line, Listed, Out, Paged, shown
from marketplace.domain.errors import Forbidden
from marketplace.domain.tokens import Scope
from marketplace.domain.webhooks import LONGEST_ADDRESS, SCOPES
from marketplace.queries import webhooks as queries
from marketplace.services import webhooks as services
from marketplace.services.webhooks import AddWebhook, OwnWebhook, Replay

TAG = "webhooks"
BOTH = (LEAD, EXPERT)
EventName = Annotated[str, Field(max_length=40, json_schema_extra={"enum": list(SCOPES)})]


class NewWebhook(In):
    """Where to send what. Only https, and no address inside a network; in the demo also http on this machine."""

    url: Annotated[Line, Field(min_length=8, max_length=LONGEST_ADDRESS)]
    events: Annotated[list[EventName], Field(min_length=1, max_length=len(SCOPES))] = Field(
        description="A token subscribes to what its scopes cover: " + ", ".join(f"{n} ({s})" for n, s in SCOPES.items())
    )


class WebhookOut(Out):
    """An endpoint; disabled after three days of nothing but failures, or after a 410."""

    id: int
    url: str
    events: list[str]
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None


class AddedWebhook(Out):
    """An endpoint's secret, shown this once.

    Signed as the Standard Webhooks say: `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
    `{webhook-id}.{webhook-timestamp}.{body}` under the secret. Refuse what is older than five minutes.
    """

    id: int
    secret: str


class WebhooksOut(Out):
    """One's own endpoints."""

    items: list[WebhookOut]


class DeliveryOut(Out):
    """One line of the log. `state`: waiting, sending, sent, failed or dropped."""

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


class Deliveries(Listed[DeliveryOut]):
    """The log, newest first."""


class Replayed(Out):
    """The id of the new delivery."""

    id: int


@operation("GET", "/me/webhooks", tag=TAG, roles=BOTH, scope=Scope.READ, answer=WebhooksOut)
def read_webhooks() -> WebhooksOut:
    """List one's own endpoints."""
    return _own()


@operation(
    "POST", "/me/webhooks", tag=TAG, roles=BOTH, scope=Scope.BOOKINGS, answer=AddedWebhook, status=201, refusals=(409,)
)
def add_webhook(body: NewWebhook) -> AddedWebhook:
    """Subscribe an address to events."""
    _check_scopes(body.events)
    added = services.add_webhook(here.work(), AddWebhook(here.actor(), body.url, tuple(body.events)))
    return AddedWebhook(id=added.id, secret=added.secret)


@operation(
    "DELETE", "/me/webhooks/<int:webhook_id>", tag=TAG, roles=BOTH, scope=Scope.BOOKINGS, status=204, refusals=(404,)
)
def remove_webhook(webhook_id: int) -> Reply:
    """Remove an endpoint with its log."""
    services.remove_webhook(here.work(), OwnWebhook(here.actor(), webhook_id))
    return Reply()


@operation(
    "POST",
    "/me/webhooks/<int:webhook_id>/enabling",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=WebhooksOut,
    refusals=(404, 409),
)
def enable_webhook(webhook_id: int) -> WebhooksOut:
    """Let a disabled endpoint hear of events again."""
    services.enable_webhook(here.work(), OwnWebhook(here.actor(), webhook_id))
    return _own()


@operation(
    "POST",
    "/me/webhooks/<int:webhook_id>/secret",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=AddedWebhook,
    refusals=(404,),
)
def renew_secret(webhook_id: int) -> AddedWebhook:
    """Get another secret.

    For a day everything is signed with the new one and with the one before, so that no message is lost meanwhile.
    """
    secret = services.renew_secret(here.work(), OwnWebhook(here.actor(), webhook_id))
    return AddedWebhook(id=webhook_id, secret=secret)


@operation(
    "POST",
    "/me/webhooks/<int:webhook_id>/test",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=Replayed,
    status=201,
    refusals=(404, 409),
)
def try_webhook(webhook_id: int) -> Replayed:
    """Send a message that means nothing (`webhook.test`), to see it arrive."""
    return Replayed(id=services.try_webhook(here.work(), OwnWebhook(here.actor(), webhook_id)))


@operation(
    "GET",
    "/me/webhooks/<int:webhook_id>/deliveries",
    tag=TAG,
    roles=BOTH,
    scope=Scope.READ,
    answer=Deliveries,
    refusals=(404,),
)
def read_deliveries(webhook_id: int, query: Paged) -> Deliveries:
    """Read what was sent, and what became of it."""
    kind = f"deliveries {webhook_id}"
    rows = queries.deliveries(here.work(), here.actor(), webhook_id, id_after(kind, query), query.limit + 1)
    few, last = stretch(rows, query.limit)
    return Deliveries(
        items=[shown(DeliveryOut, each) for each in few],
        next=cursors.written(kind, last.id) if last else None,
    )


@operation(
    "POST",
    "/me/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=Replayed,
    status=201,
    refusals=(404, 409),
)
def replay(webhook_id: int, delivery_id: int) -> Replayed:
    """Send a delivery once more."""
    return Replayed(id=services.replay(here.work(), Replay(here.actor(), webhook_id, delivery_id)))


def _check_scopes(events: list[str]) -> None:
    """A webhook must not tell a program what its token may not read."""
    who = here.caller()
    lacking = [SCOPES[name] for name in events if name in SCOPES and (who is None or SCOPES[name] not in who.scopes)]
    if lacking:
        raise Forbidden("scope_missing", scope=str(lacking[0]))


def _own() -> WebhooksOut:
    return WebhooksOut(items=[shown(WebhookOut, each) for each in queries.own_webhooks(here.work(), here.actor())])
