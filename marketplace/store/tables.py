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
    journal,
    money,
    offerings,
    outbox,
    proposals,
    ratings,
    tokens,
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
    "journal",
    "metadata",
    "money",
    "offerings",
    "outbox",
    "proposals",
    "ratings",
    "tokens",
]

metadata = Base.metadata
