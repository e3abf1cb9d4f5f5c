"""Save a search, be told of new offerings by mail, stop being told."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from marketplace.domain.access import Actor
from marketplace.domain.errors import Conflict, NotFound
from marketplace.store.saved_searches import (
    SavedSearch,
    count_saved,
    forget_saved,
    saved_search_with,
    set_alerts,
)
from marketplace.work import Work

MOST = 20  # of one account
LABEL_LENGTH = 200
QUERY_LENGTH = 5000
ALERT_EVERY = timedelta(days=1)  # at most one letter a day for a search


@dataclass(frozen=True, slots=True)
class Save:
    """Somebody wants to come back to a search: the query of its address, and what to call it."""

    actor: Actor
    query: str
    label: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """Letters on or off."""

    actor: Actor
    saved_id: int
    on: bool


@dataclass(frozen=True, slots=True)
class Forget:
    """A saved search is not wanted any more."""

    actor: Actor
    saved_id: int


def save(work: Work, command: Save) -> int:
    """Keep the search, with letters; the same one twice is one. Returns its id."""
    with work.transaction() as tx:
        known = saved_search_with(tx.session, command.actor.id, command.query)
        if known is not None:
            return known.id
        if count_saved(tx.session, command.actor.id) >= MOST:
            raise Conflict("too_many_saved", most=MOST)
        saved = SavedSearch(
            account_id=command.actor.id,
            query=command.query[:QUERY_LENGTH],
            label=command.label[:LABEL_LENGTH],
            created_at=tx.now,
            looked_at=tx.now,
        )
        tx.session.add(saved)
        tx.session.flush()
        return saved.id


def alerts(work: Work, command: Alerts) -> None:
    """Turn the letters on, from now, or off."""
    with work.transaction() as tx:
        set_alerts(tx.session, command.actor.id, command.saved_id, command.on, tx.now)


def forget(work: Work, command: Forget) -> None:
    """Delete the search."""
    with work.transaction() as tx:
        forget_saved(tx.session, command.actor.id, command.saved_id)


def stop_key(secret: str, saved_id: int) -> str:
    """What the link in a letter holds: whoever has the letter may stop the letters, and do nothing else."""
    mark = hmac.digest(secret.encode(), f"cadran.saved-search|{saved_id}".encode(), sha256).hex()[:40]
    return f"{saved_id}-{mark}"


def stop(work: Work, key: str) -> None:
    """Stop the letters of the search that the key is for; `NotFound` for a forged one or a deleted search."""
    number = key.partition("-")[0]
    saved_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if not hmac.compare_digest(stop_key(work.secret, saved_id).encode(), key.encode()):
        raise NotFound("saved_search_unknown")
    with work.transaction() as tx:
        saved = tx.session.get(SavedSearch, saved_id)
        if saved is None:
            raise NotFound("saved_search_unknown")
        saved.alerts = False
