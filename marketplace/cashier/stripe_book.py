"""Stripe's own book, line by line: read into our database, each line beside the entry that stands for it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from marketplace.store.audit import BalanceLine
from marketplace.store.stripe_lines import known_lines, lines_named, link, newest_line, unlinked_ids
from marketplace.work import Work
from payments.port import BalanceTransaction

OVERLAP = timedelta(days=3)  # Stripe may book a movement later than one that it made after it
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 500

Thing = TypeVar("Thing")


def read_book(work: Work, currency: str) -> int:
    """Read the lines of Stripe's book that were made since the last reading; returns how many were new."""
    with work.reading() as session:
        newest = newest_line(session, currency)
    since = newest - OVERLAP if newest else BEGINNING
    movements = work.gateway.balance_transactions(since, work.now() + timedelta(days=1))
    mine = (line for line in movements if line.currency == currency)
    count = sum(_keep_lines(work, lines) for lines in _in_lists(mine))
    _link_all(work, currency)
    return count


def _keep_lines(work: Work, lines: list[BalanceTransaction]) -> int:
    with work.transaction() as tx:
        known = known_lines(tx.session, [line.id for line in lines])
        fresh = [line for line in lines if line.id not in known]
        tx.session.add_all(_row(line, tx.now) for line in fresh)
        return len(fresh)


def _row(line: BalanceTransaction, now: datetime) -> BalanceLine:
    return BalanceLine(
        id=line.id,
        type=line.type[:40],
        source_id=line.source_id or "",
        amount_minor=line.amount_minor,
        fee_minor=line.fee_minor,
        currency=line.currency,
        created_at=line.created,
        seen_at=now,
    )


def _link_all(work: Work, currency: str) -> None:
    with work.reading() as session:
        # All names at once: asked for page by page, each page would sort all that is left.
        unlinked = unlinked_ids(session, currency)
    for names in _in_lists(unlinked):
        with work.transaction() as tx:
            link(tx.session, lines_named(tx.session, names))


def _in_lists(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    """The things in lists of a size that a database takes at once."""
    left = iter(things)
    while batch := list(islice(left, BATCH)):
        yield batch
