"""All tables in one import, for migrations and tests."""

from marketplace.store import (
    accounts,
    api,
    audit,
    bookings,
    briefs,
    busy_times,
    cases,
    experts,
    feeds,
    impressions,
    journal,
    money,
    next_slots,
    offerings,
    outbox,
    proposals,
    ratings,
    saved_searches,
    tokens,
    unmet_demand,
    webhooks,
)
from marketplace.store.base import Base

__all__ = [
    "accounts",
    "api",
    "audit",
    "bookings",
    "briefs",
    "busy_times",
    "cases",
    "experts",
    "feeds",
    "impressions",
    "journal",
    "metadata",
    "money",
    "next_slots",
    "offerings",
    "outbox",
    "proposals",
    "ratings",
    "saved_searches",
    "tokens",
    "unmet_demand",
    "webhooks",
]

metadata = Base.metadata
