"""Webhooks: addresses of programs that hear of events, signed deliveries with back-off, and their log."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog
from standardwebhooks import Webhook as Signer

from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.errors import Conflict, NotFound
from marketplace.domain.events import WebhookDisabled
from marketplace.domain.webhooks import (
    ATTEMPT_WITHIN,
    BOTH_SECRETS,
    GIVE_UP_ENDPOINT,
    KEPT,
    TEST,
    check_by_hand,
    check_room,
    checked_events,
    pause_after,
    stamp,
)
from marketplace.outside.calls import CallFailed
from marketplace.store import webhooks
from marketplace.store.accounts import Account
from marketplace.store.transaction import Transaction
from marketplace.store.webhooks import Webhook, WebhookDelivery
from marketplace.work import Work

BATCH = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AddWebhook:
    """A program of the actor wants to hear of these events at this address."""

    actor: Actor
    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnWebhook:
    """The actor and one of their endpoints."""

    actor: Actor
    webhook_id: int


@dataclass(frozen=True, slots=True)
class Replay:
    """The actor wants a delivery of their endpoint once more."""

    actor: Actor
    webhook_id: int
    delivery_id: int


@dataclass(frozen=True, slots=True)
class Added:
    """The new endpoint and the secret that its signatures are made with: shown this once."""

    id: int
    secret: str


@dataclass(frozen=True, slots=True)
class _Message:
    """What is sent, outside any transaction."""

    delivery_id: int
    url: str
    headers: Mapping[str, str]
    body: str


def add_webhook(work: Work, command: AddWebhook) -> Added:
    """Keep an endpoint. `Invalid` "webhook_address", for unknown events; `Conflict` "too_many_webhooks"."""
    require(command.actor, Role.LEAD, Role.EXPERT)
    url, wished = work.caller.check(command.url), checked_events(command.events)
    with work.transaction() as tx:
        check_room(webhooks.count_webhooks(tx.session, command.actor.id))
        row = Webhook(
            account_id=command.actor.id,
            url=url,
            events=list(wished),
            salt=secrets.token_hex(16),
            created_at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        tx.journal(command.actor, "webhook.added", ("account", command.actor.id), new={"webhook": row.id})
        return Added(row.id, secret_of(work.secret, row.salt))


def remove_webhook(work: Work, command: OwnWebhook) -> None:
    """Delete an endpoint with its log; `NotFound` for anybody else's."""
    with work.transaction() as tx:
        row = _own(tx, command)
        webhooks.remove_webhook(tx.session, row.id)
        tx.journal(command.actor, "webhook.removed", ("account", command.actor.id), old={"webhook": row.id})


def enable_webhook(work: Work, command: OwnWebhook) -> None:
    """Let a disabled endpoint hear of events again. `Conflict` when it is not disabled."""
    with work.transaction() as tx:
        row = _own(tx, command)
        if row.disabled_at is None:
            raise Conflict("webhook_enabled")
        row.disabled_at = row.failing_since = None
        tx.journal(command.actor, "webhook.enabled", ("account", command.actor.id), new={"webhook": row.id})


def renew_secret(work: Work, command: OwnWebhook) -> str:
    """Give an endpoint another secret, and return it, this once. For a day messages carry the old signature, too."""
    with work.transaction() as tx:
        row = _own(tx, command)
        row.former_salt, row.former_until = row.salt, tx.now + BOTH_SECRETS
        row.salt = secrets.token_hex(16)
        tx.journal(command.actor, "webhook.secret_renewed", ("account", command.actor.id), new={"webhook": row.id})
        return secret_of(work.secret, row.salt)


def replay(work: Work, command: Replay) -> int:
    """Send a delivery once more, as a new line of the log; returns its id.

    `Conflict` for a disabled endpoint, and when too many wait for it; `NotFound` for anybody else's.
    """
    with work.transaction() as tx:
        row = _own(tx, OwnWebhook(command.actor, command.webhook_id))
        earlier = tx.session.get(WebhookDelivery, command.delivery_id)
        if earlier is None or earlier.webhook_id != row.id:
            raise NotFound("delivery_unknown")
        again = _by_hand(tx, row, "replay", earlier.event, earlier.payload)
        tx.journal(command.actor, "webhook.replayed", ("account", command.actor.id), new={"delivery": again})
        return again


def try_webhook(work: Work, command: OwnWebhook) -> int:
    """Send a message that means nothing; returns the delivery's id. `Conflict` as above."""
    with work.transaction() as tx:
        row = _own(tx, command)
        payload = {"type": TEST, "timestamp": stamp(tx.now), "data": {"webhook_id": row.id}}
        sent = _by_hand(tx, row, "test", TEST, payload)
        tx.journal(command.actor, "webhook.tried", ("account", command.actor.id), new={"delivery": sent})
        return sent


def secret_of(secret: str, salt: str) -> str:
    """An endpoint's secret: it follows from ours, so that a thief of the database has none."""
    return "whsec_" + base64.b64encode(hmac.new(secret.encode(), f"webhook|{salt}".encode(), sha256).digest()).decode()


def send_due(work: Work) -> int:
    """Try the deliveries that are due; returns how many. For the worker."""
    with work.reading() as session:
        due = webhooks.due_deliveries(session, work.now(), BATCH)
    return sum(_try(work, delivery_id) for delivery_id in due)


def sweep(work: Work) -> int:
    """Forget log lines of a month ago; returns how many. For the worker."""
    with work.transaction() as tx:
        return webhooks.sweep_deliveries(tx.session, tx.now - KEPT)


def _try(work: Work, delivery_id: int) -> bool:
    with work.transaction() as tx:
        message = _claimed(work, tx, delivery_id)
    if message is None:
        return False
    try:
        status, error = work.caller.call(message.url, message.headers, message.body.encode()), ""
    except CallFailed as failure:
        status, error = None, failure.code
    with work.transaction() as tx:
        _settle(tx, delivery_id, status, error)
    return True


def _claimed(work: Work, tx: Transaction, delivery_id: int) -> _Message | None:
    if not webhooks.claim_delivery(tx.session, delivery_id, tx.now, ATTEMPT_WITHIN):
        return None
    delivery = tx.session.get_one(WebhookDelivery, delivery_id)
    hook = tx.session.get_one(Webhook, delivery.webhook_id)
    owner = tx.session.get_one(Account, hook.account_id)
    if hook.disabled_at is not None or owner.suspended_at is not None:
        webhooks.drop_deliveries(tx.session, hook.id)
        return None
    name = f"msg_{delivery.id}"
    body = json.dumps(delivery.payload, separators=(",", ":"))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Cadran",
        "webhook-id": name,
        "webhook-timestamp": str(int(tx.now.timestamp())),
        "webhook-signature": _signature(work, hook, name, tx.now, body),
    }
    return _Message(delivery.id, hook.url, headers, body)


def _settle(tx: Transaction, delivery_id: int, status: int | None, error: str) -> None:
    delivery = tx.session.get(WebhookDelivery, delivery_id)
    if delivery is None:  # the endpoint was removed meanwhile
        return
    hook = tx.session.get_one(Webhook, delivery.webhook_id)
    delivery.status, delivery.error = status, error
    if status is not None and 200 <= status < 300:
        delivery.state, delivery.sent_at, hook.failing_since = "sent", tx.now, None
        return
    pause = pause_after(delivery.attempts)
    delivery.state = "waiting" if pause else "failed"
    delivery.next_at = tx.now + pause if pause else delivery.next_at
    hook.failing_since = hook.failing_since or tx.now
    if tx.now - hook.failing_since >= GIVE_UP_ENDPOINT or status == 410:
        _disable(tx, hook)


def _disable(tx: Transaction, hook: Webhook) -> None:
    """Nothing but failures for days, or the other side says that it is gone: the owner is written to."""
    hook.disabled_at = tx.now
    webhooks.drop_deliveries(tx.session, hook.id)
    tx.emit(WebhookDisabled(hook.id))
    tx.journal(SYSTEM, "webhook.disabled", ("account", hook.account_id), new={"webhook": hook.id})
    log.info("webhook.disabled", webhook_id=hook.id)


def _by_hand(tx: Transaction, row: Webhook, kind: str, event: str, payload: Mapping[str, object]) -> int:
    if row.disabled_at is not None:
        raise Conflict("webhook_disabled")
    check_by_hand(webhooks.count_waiting(tx.session, row.id))
    delivery = webhooks.new_delivery(row.id, f"{kind}:{secrets.token_hex(12)}", event, payload, tx.now)
    tx.session.add(delivery)
    tx.session.flush()
    return delivery.id


def _signature(work: Work, hook: Webhook, name: str, now: datetime, body: str) -> str:
    """One signature, and after a renewal also that of the secret before: the receiver takes either."""
    salts = [hook.salt]
    if hook.former_salt and hook.former_until is not None and now < hook.former_until:
        salts.append(hook.former_salt)
    return " ".join(Signer(secret_of(work.secret, salt)).sign(name, now, body) for salt in salts)


def _own(tx: Transaction, command: OwnWebhook) -> Webhook:
    row = webhooks.own_webhook(tx.session, command.actor.id, command.webhook_id)
    if row is None:
        raise NotFound("webhook_unknown")
    return row
