"""Webhook endpoints and their deliveries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code, Id, affected


class Webhook(Base):
    """An address of a program that hears of events. Its secret is not kept: it follows from ours and the `salt`."""

    __tablename__ = "webhook"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]]
    salt: Mapped[str] = mapped_column(String(64))
    former_salt: Mapped[str | None] = mapped_column(String(64))  # of the secret before, valid until `former_until`
    former_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One event on its way to one address. `key` keeps an event from being delivered twice by a reaction that ran
    twice; a replay is a delivery of its own."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_webhook_delivery_state_next_at", "state", "next_at"),
    )

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(80))
    event: Mapped[Code]
    payload: Mapped[dict[str, Any]]
    state: Mapped[Code] = mapped_column(default="waiting")  # 'waiting', 'sending', 'sent', 'failed', 'dropped'
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    status: Mapped[int | None]  # of the last answer
    error: Mapped[str] = mapped_column(String(200), default="")


def new_delivery(
    webhook_id: int, key: str, event: str, payload: Mapping[str, object], now: datetime
) -> WebhookDelivery:
    """An event on its way to an address."""
    return WebhookDelivery(
        webhook_id=webhook_id, key=key, event=event, payload=dict(payload), created_at=now, next_at=now
    )


def webhooks_of(session: Session, account_id: int) -> Sequence[Webhook]:
    """The account's endpoints, oldest first."""
    return session.scalars(select(Webhook).where(Webhook.account_id == account_id).order_by(Webhook.id)).all()


def own_webhook(session: Session, account_id: int, webhook_id: int) -> Webhook | None:
    """One endpoint of the account."""
    return session.scalar(select(Webhook).where(Webhook.account_id == account_id, Webhook.id == webhook_id))


def listeners(session: Session, account_ids: Collection[int], event: str) -> list[Webhook]:
    """The endpoints of these accounts that want to hear of the event."""
    alive = (Webhook.account_id.in_(account_ids), Webhook.disabled_at.is_(None))
    return [each for each in session.scalars(select(Webhook).where(*alive)) if event in each.events]


def has_delivery(session: Session, key: str) -> bool:
    """Whether this event is on its way to this address already."""
    return session.scalar(select(WebhookDelivery.id).where(WebhookDelivery.key == key)) is not None


def count_webhooks(session: Session, account_id: int) -> int:
    """How many endpoints the account has."""
    return session.scalar(select(func.count()).select_from(Webhook).where(Webhook.account_id == account_id)) or 0


def remove_webhook(session: Session, webhook_id: int) -> None:
    """Delete an endpoint with its log."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id))
    session.execute(delete(Webhook).where(Webhook.id == webhook_id))


def due_deliveries(session: Session, now: datetime, limit: int) -> list[int]:
    """Deliveries to try now, oldest first; also those whose sender died."""
    due = (WebhookDelivery.state.in_(("waiting", "sending")), WebhookDelivery.next_at <= now)
    return list(session.scalars(select(WebhookDelivery.id).where(*due).order_by(WebhookDelivery.next_at).limit(limit)))


def claim_delivery(session: Session, delivery_id: int, now: datetime, lease: timedelta) -> bool:
    """Take a delivery for one try; False when somebody else has it."""
    due = (WebhookDelivery.id == delivery_id, WebhookDelivery.state.in_(("waiting", "sending")))
    take = update(WebhookDelivery).where(*due, WebhookDelivery.next_at <= now)
    values = {"state": "sending", "attempts": WebhookDelivery.attempts + 1, "next_at": now + lease}
    return affected(session, take.values(values)) == 1


def count_waiting(session: Session, webhook_id: int) -> int:
    """How many messages are on their way to this address."""
    waiting = (WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state.in_(("waiting", "sending")))
    return session.scalar(select(func.count()).select_from(WebhookDelivery).where(*waiting)) or 0


def drop_deliveries(session: Session, webhook_id: int) -> None:
    """Nothing more goes to this address."""
    waiting = (WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state.in_(("waiting", "sending")))
    session.execute(update(WebhookDelivery).where(*waiting).values(state="dropped"))


def deliveries_of(session: Session, webhook_id: int, before: int | None, limit: int) -> Sequence[WebhookDelivery]:
    """The log of an endpoint, newest first."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()


def sweep_deliveries(session: Session, before: datetime) -> int:
    """Delete old log lines; returns how many."""
    over = (WebhookDelivery.created_at < before, WebhookDelivery.state.not_in(("waiting", "sending")))
    return affected(session, delete(WebhookDelivery).where(*over))
