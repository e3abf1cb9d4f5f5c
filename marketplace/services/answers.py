"""Answers kept by idempotency key, so that a POST sent twice does its work once."""

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy.exc import IntegrityError

from marketplace.domain.access import Actor
from marketplace.sealing import opened, sealed
from marketplace.store import api
from marketplace.store.api import ApiAnswer, KeptAnswer
from marketplace.work import Work

__all__ = ["ANSWERED_WITHIN", "Given", "KeptAnswer", "Keyed", "begin", "finish", "give_back", "sweep"]

KEPT: Final = timedelta(hours=24)
ANSWERED_WITHIN: Final = timedelta(minutes=2)  # longer than any request: then its process died in the middle
WINDOWS_KEPT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Keyed:
    """A POST with a key: whose, and a hash of everything it asks for."""

    actor: Actor
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Given:
    """What was answered; `location` '' where there is none."""

    status: int
    location: str
    body: str


def begin(work: Work, command: Keyed) -> KeptAnswer | None:
    """Take the key: None when it is this request's own now, else what is known of the earlier one under it."""
    key_hash = _hash(command.key)
    try:
        with work.transaction() as tx:
            api.forget_old_answer(tx.session, command.actor.id, key_hash, tx.now - KEPT)
            row = ApiAnswer(
                account_id=command.actor.id,
                key_hash=key_hash,
                request_hash=command.request_hash,
                created_at=tx.now,
            )
            tx.session.add(row)
    except IntegrityError:  # the primary key decides between two who send the same key at once
        with work.reading() as session:
            kept = api.kept_answer(session, command.actor.id, key_hash)
        return _opened(work, command, kept) if kept else None
    return None


def finish(work: Work, command: Keyed, given: Given) -> None:
    """Keep the answer."""
    with work.transaction() as tx:
        key_hash = _hash(command.key)
        body = sealed(work.secret, _purpose(command), given.body)
        api.finish_answer(tx.session, command.actor.id, key_hash, given.status, given.location, body)


def give_back(work: Work, command: Keyed) -> None:
    """Nothing was done: the key may be used again."""
    with work.transaction() as tx:
        api.forget_answer(tx.session, command.actor.id, _hash(command.key))


def sweep(work: Work) -> int:
    """Forget answers after a day and windows after an hour; returns how many rows. For the worker."""
    with work.transaction() as tx:
        return api.sweep(tx.session, tx.now - KEPT, int((tx.now - WINDOWS_KEPT).timestamp()))


def _opened(work: Work, command: Keyed, kept: KeptAnswer) -> KeptAnswer:
    """Answers hold secrets that are shown once: the database has them sealed, and the key is part of the seal."""
    if kept.status is None:
        return kept
    body = opened(work.secret, _purpose(command), kept.body)
    return replace(kept, body=body) if body is not None else replace(kept, status=None, body="")


def _purpose(command: Keyed) -> str:
    return f"answer|{command.actor.id}|{command.key}"


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
