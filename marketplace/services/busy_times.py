"""An expert's other calendar: told once, read again and again by the worker, its last good copy kept."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, NotFound, TooMany
from marketplace.outside.port import BusyWindow, Unreadable, checked_address
from marketplace.store.accounts import Account
from marketplace.store.busy_times import (
    BusySource,
    busy_source,
    claim_source,
    due_sources,
    remove_source,
    set_busy_spans,
)
from marketplace.store.experts import Expert
from marketplace.store.transaction import Transaction
from marketplace.work import Work

EVERY = timedelta(minutes=15)
SLOWEST = timedelta(hours=6)  # between two tries when it fails again and again
LEASE = timedelta(minutes=5)  # longer than any reading takes; then the reader is taken for dead
ANEW = timedelta(days=1)
BY_HAND = timedelta(minutes=1)  # how often an expert may ask for a reading
AT_ONCE = 8
_BEFORE, _AFTER = timedelta(days=2), timedelta(days=370)  # around now: the longest horizon, and a bit

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SetCalendar:
    """Where the other calendar is: an https (or webcal) address of an ICS file."""

    actor: Actor
    url: str


def set_calendar(work: Work, command: SetCalendar) -> None:
    """Keep the address and read it soon. `Invalid` "calendar_address"; an earlier calendar's times are forgotten."""
    require(command.actor, Role.EXPERT)
    url = checked_address(command.url)
    with work.transaction() as tx:
        if tx.session.get(Expert, command.actor.id) is None:
            raise NotFound("expert")
        remove_source(tx.session, command.actor.id)
        tx.session.flush()
        tx.session.add(BusySource(expert_id=command.actor.id, url=url, next_at=tx.now))
        host = {"host": urlsplit(url).hostname}  # never the rest: it opens the calendar
        tx.journal(command.actor, "availability.calendar_set", ("expert", command.actor.id), new=host)


def remove_calendar(work: Work, actor: Actor) -> None:
    """Forget the other calendar and what it said. `NotFound` when there is none."""
    require(actor, Role.EXPERT)
    with work.transaction() as tx:
        if not remove_source(tx.session, actor.id):
            raise NotFound("busy_source")
        tx.journal(actor, "availability.calendar_removed", ("expert", actor.id))


def read_again(work: Work, actor: Actor) -> None:
    """Have it read with the worker's next round. `TooMany` within a minute of the last time, `NotFound` without one."""
    require(actor, Role.EXPERT)
    with work.transaction() as tx:
        source = busy_source(tx.session, actor.id)
        if source is None:
            raise NotFound("busy_source")
        since = tx.now - source.tried_at if source.tried_at else BY_HAND
        if since < BY_HAND:
            raise TooMany("calendar_read_lately", wait_seconds=int((BY_HAND - since).total_seconds()) + 1)
        source.next_at = tx.now
        tx.journal(actor, "availability.calendar_asked", ("expert", actor.id))


def read_due(work: Work) -> int:
    """Read the calendars that are due, several at once; returns how many were tried."""
    with work.reading() as session:
        due = due_sources(session, work.now(), AT_ONCE)
    if not due:
        return 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(lambda source: _read(work, source), due))


def _read(work: Work, source: BusySource) -> bool:
    with work.transaction() as tx:
        if not claim_source(tx.session, source.expert_id, source.url, source.next_at, tx.now + LEASE):
            return False
        zone = ZoneInfo(tx.session.get_one(Account, source.expert_id).zone)
    try:
        _keep(work, source, *_look(work, source, zone))
    except Unreadable as failure:
        _note_failure(work, source, failure.code)
    except Conflict:
        return False  # changed while we were reading: the new one is read next
    return True


def _look(work: Work, source: BusySource, zone: ZoneInfo) -> tuple[tuple[range, ...] | None, str, str]:
    # The window moves on: what has not changed is read in full again once a day all the same.
    known = source.understood_at is not None and work.now() - source.understood_at < ANEW
    fetched = work.calendars.fetch(source.url, source.etag if known else "", source.modified if known else "")
    if fetched.body is None:
        return None, source.etag, source.modified
    now = work.now()
    window = BusyWindow(now - _BEFORE, now + _AFTER, zone, urlsplit(work.base_url).hostname or "")
    return work.calendars.busy(fetched.body, window), fetched.etag, fetched.modified


def _keep(work: Work, source: BusySource, spans: tuple[range, ...] | None, etag: str, modified: str) -> None:
    with work.transaction() as tx:
        row = _same(tx, source)
        if spans is not None:
            set_busy_spans(tx.session, source.expert_id, spans)
            row.events, row.understood_at = len(spans), tx.now
        row.tried_at = row.read_at = tx.now
        row.failures, row.error = 0, ""
        row.etag, row.modified = etag, modified
        row.next_at = tx.now + EVERY


def _note_failure(work: Work, source: BusySource, code: str) -> None:
    """The copy that we have stays; try again, later each time."""
    log.info("busy_times.unreadable", expert_id=source.expert_id, code=code)
    with work.transaction() as tx:
        row = busy_source(tx.session, source.expert_id)
        if row is None or row.url != source.url:
            return
        row.tried_at, row.error = tx.now, code
        row.failures += 1
        row.next_at = tx.now + _pause(row.failures)


def _pause(failures: int) -> timedelta:
    return min(EVERY * (1 << min(failures - 1, 6)), SLOWEST)


def _same(tx: Transaction, source: BusySource) -> BusySource:
    row = busy_source(tx.session, source.expert_id)
    if row is None or row.url != source.url:
        raise Conflict("calendar_changed")
    return row
