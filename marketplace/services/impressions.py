"""Keep what searches ranked, so that a constant can be tried on real answers before it is changed."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

from marketplace.domain.matching import Candidate
from marketplace.store.impressions import Impression, forget_impressions
from marketplace.store.transaction import Database
from marketplace.work import Work

SHOWN: Final = 30  # candidates of an answer that are kept: three pages
EVERY: Final = timedelta(seconds=5)  # at most one answer is kept in this time by each web process
KEPT: Final = timedelta(days=60)
_DIGITS: Final = 4

_LAST: WeakKeyDictionary[Database, datetime] = WeakKeyDictionary()


def is_worth_keeping(work: Work) -> bool:
    """Whether the last answer that this process kept is long enough ago: a busy hour must not fill the database."""
    last = _LAST.get(work.database)
    return last is None or not timedelta() <= work.now() - last < EVERY


def keep(work: Work, candidates: Sequence[Candidate]) -> None:
    """Write down one answer; for after it was sent. No words and no reader are kept."""
    if not candidates or not is_worth_keeping(work):
        return
    _LAST[work.database] = work.now()
    with work.transaction() as tx:
        rows = [[_short(value) for value in astuple(each)] for each in candidates]
        tx.session.add(Impression(at=tx.now, seed=tx.now.date().toordinal(), candidates=rows))


def sweep(work: Work) -> int:
    """Forget what is too old to say anything of today's market; returns how many answers. For the worker, daily."""
    with work.transaction() as tx:
        return forget_impressions(tx.session, tx.now - KEPT)


def _short(value: Any) -> float:
    return round(value, _DIGITS) if isinstance(value, float) else value
