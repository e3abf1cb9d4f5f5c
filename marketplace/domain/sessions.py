"""How long a signed-in session lives."""

from datetime import datetime, timedelta

from marketplace.domain.access import Role

IDLE = timedelta(hours=12)
IDLE_ADMIN = timedelta(minutes=30)
ABSOLUTE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)  # "last seen" is written at most this often


def is_alive(role: Role, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether the session still counts: neither left alone for too long nor older than a week."""
    idle = IDLE_ADMIN if role is Role.ADMIN else IDLE
    return now - seen_at < idle and now - created_at < ABSOLUTE


def is_worth_noting(seen_at: datetime, now: datetime) -> bool:
    """Whether "last seen" is old enough to be written again."""
    return now - seen_at >= SEEN_EVERY
