"""Counting tries, so that guessing and flooding are slow."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from marketplace.domain.errors import TooMany
from marketplace.store.accounts import Attempt


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries of a kind within a span."""

    kind: str
    most: int
    within: timedelta


def spend(session: Session, secret: str, limit: Limit, keys: tuple[str, ...], now: datetime) -> None:
    """Count one try for each key; raises `TooMany` beyond the limit: roll back, so that refused tries do not count.

    Counted before the try itself, so that a hundred tries at once do not all see a low count."""
    for key in keys:
        tries = _count(session, _hidden(secret, limit, key), now, now - limit.within)
        if tries > limit.most:
            raise TooMany("too_many_attempts", wait_seconds=int(limit.within.total_seconds()))


def forget(session: Session, secret: str, limit: Limit, key: str) -> None:
    """Start counting anew."""
    session.execute(delete(Attempt).where(Attempt.key == _hidden(secret, limit, key)))


def take_back(session: Session, secret: str, limit: Limit, key: str) -> None:
    """Uncount the latest try, because it was not a wrong one."""
    latest = select(func.max(Attempt.id)).where(Attempt.key == _hidden(secret, limit, key)).scalar_subquery()
    session.execute(delete(Attempt).where(Attempt.id == latest))


def _count(session: Session, key: str, now: datetime, since: datetime) -> int:
    session.execute(delete(Attempt).where(Attempt.key == key, Attempt.at <= since))
    session.add(Attempt(key=key, at=now))
    session.flush()
    return session.scalar(select(func.count()).select_from(Attempt).where(Attempt.key == key)) or 0


def _hidden(secret: str, limit: Limit, key: str) -> str:
    """Addresses never reach the table, and cannot be found by hashing a list of them."""
    return hmac.new(secret.encode(), f"{limit.kind}|{key}".encode(), sha256).hexdigest()
