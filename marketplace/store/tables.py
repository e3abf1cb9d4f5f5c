"""All tables in one import, for migrations and tests."""

from marketplace.store import (
    accounts,
    audit,
    bookings,
    briefs,
    busy_times,
    cases,
    experts,
    journal,
    money,
    offerings,
    outbox,
    ratings,
)
from marketplace.store.base import Base

__all__ = [
    "accounts",
    "audit",
    "bookings",
    "briefs",
    "busy_times",
    "cases",
    "experts",
    "journal",
    "metadata",
    "money",
    "offerings",
    "outbox",
    "ratings",
]

metadata = Base.metadata
