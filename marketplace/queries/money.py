"""Whether the machinery is well: alerts, what waits or is stuck, and whether the books balance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from marketplace.domain.access import Actor, Role, require
from marketplace.queries.foreign_lines import ForeignLine, foreign_lines
from marketplace.store.audit import LedgerCheck, Reconciliation
from marketplace.store.money import AlertRow, Notice, Posting
from marketplace.store.operations import REPEATABLE, UNFINISHED, Operation
from marketplace.store.outbox import Heartbeat, LetterRow, OutboxRow
from marketplace.work import Work

LISTED = 50

Moment = InstrumentedAttribute[datetime]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person must look at."""

    id: int
    code: str
    subject: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Gauge:
    """How many of something wait, and since when the oldest does; `bad` when none should."""

    name: str
    count: int
    since: datetime | None
    bad: bool


@dataclass(frozen=True, slots=True)
class StuckCall:
    """A call to Stripe that has no outcome yet, or was refused and may be made anew; `busy` while it is being made."""

    id: int
    kind: str
    subject: str
    booking_id: int | None
    status: str
    attempts: int
    since: datetime
    error: str
    busy: bool


@dataclass(frozen=True, slots=True)
class ParkedNotice:
    """A notice that belongs to nothing we know."""

    id: str
    type: str
    object_id: str
    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Check:
    """An invariant of the ledger as it was found last."""

    name: str
    at: datetime
    figure: int
    breached: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The last comparison with Stripe's own book, in cents; `differences` as sentences of the check."""

    at: datetime
    currency: str
    ours: int
    stripes: int
    lines: int
    differences: tuple[str, ...]

    @property
    def difference(self) -> int:
        """What our ledger has more than Stripe."""
        return self.ours - self.stripes


@dataclass(frozen=True, slots=True)
class Balance:
    """An account of the ledger without its owner's number, in cents; debit positive."""

    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Health:
    """An admin's view of the machinery. `ledger_sum` is of this moment and must be zero; the `checks` are as they were
    found last."""

    alerts: tuple[Alert, ...]
    gauges: tuple[Gauge, ...]
    calls: tuple[StuckCall, ...]
    parked: tuple[ParkedNotice, ...]
    checks: tuple[Check, ...]
    reconciled: Reconciled | None
    foreign: tuple[ForeignLine, ...]
    beats: tuple[tuple[str, datetime], ...]
    ledger_sum: int
    balances: tuple[Balance, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """The rules of the books that do not hold: while there are any, no transfer leaves."""
        return tuple(check for check in self.checks if check.breached)

    @property
    def balanced(self) -> bool:
        """Whether every rule of the books held when they were looked at last."""
        return bool(self.checks) and not self.broken and not self.ledger_sum

    @property
    def checked_at(self) -> datetime | None:
        """When the books were looked at last; None before the first time."""
        return min((check.at for check in self.checks), default=None)


def health(work: Work, actor: Actor) -> Health:
    """The state of alerts, queues and books now."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        return Health(
            alerts=_alerts(session),
            gauges=_gauges(session),
            calls=_calls(session, work.now()),
            parked=_parked(session),
            checks=_checks(session),
            reconciled=_reconciled(session),
            foreign=foreign_lines(session, LISTED),
            beats=tuple((name, at) for name, at in session.execute(select(Heartbeat.name, Heartbeat.at))),
            ledger_sum=session.scalar(select(func.sum(Posting.amount_minor))) or 0,
            balances=_balances(session),
        )


def _alerts(session: Session) -> tuple[Alert, ...]:
    rows = session.scalars(
        select(AlertRow).where(AlertRow.settled_at.is_(None)).order_by(AlertRow.at, AlertRow.id).limit(LISTED)
    )
    return tuple(Alert(row.id, row.code, row.subject, row.detail, row.at) for row in rows)


def _gauges(session: Session) -> tuple[Gauge, ...]:
    waiting = OutboxRow.done_at.is_(None) & OutboxRow.parked_at.is_(None)
    notices = Notice.handled_at.is_(None) & Notice.parked_at.is_(None)
    return (
        _gauge(session, "notices_waiting", Notice.received_at, notices),
        _gauge(session, "notices_parked", Notice.received_at, Notice.parked_at.is_not(None), bad=True),
        _gauge(session, "operations_pending", Operation.created_at, Operation.status == "pending"),
        _gauge(session, "operations_unknown", Operation.created_at, Operation.status == "unknown", bad=True),
        _gauge(session, "events_waiting", OutboxRow.at, waiting),
        _gauge(session, "events_parked", OutboxRow.at, OutboxRow.parked_at.is_not(None), bad=True),
        _gauge(session, "letters_waiting", LetterRow.created_at, LetterRow.state == "waiting"),
        _gauge(session, "letters_failed", LetterRow.created_at, LetterRow.state == "failed", bad=True),
    )


def _gauge(
    session: Session,
    name: str,
    moment: InstrumentedAttribute[datetime],
    rule: ColumnElement[bool],
    *,
    bad: bool = False,
) -> Gauge:
    count, since = session.execute(select(func.count(), func.min(moment)).where(rule)).one()
    return Gauge(name, count, since, bad and count > 0)


def _calls(session: Session, now: datetime) -> tuple[StuckCall, ...]:
    later = aliased(Operation)
    newer = exists().where(later.kind == Operation.kind, later.subject == Operation.subject, later.seq > Operation.seq)
    refused = and_(Operation.status == "failed", Operation.kind.in_(REPEATABLE), ~newer)
    waiting = or_(Operation.status.in_(UNFINISHED), refused)
    rows = session.scalars(select(Operation).where(waiting).order_by(Operation.created_at, Operation.id).limit(LISTED))
    return tuple(
        StuckCall(
            row.id,
            row.kind,
            row.subject,
            row.booking_id,
            row.status,
            row.attempts,
            row.created_at,
            row.error,
            busy=row.leased_until is not None and row.leased_until > now,
        )
        for row in rows
    )


def _parked(session: Session) -> tuple[ParkedNotice, ...]:
    rows = session.scalars(select(Notice).where(Notice.parked_at.is_not(None)).order_by(Notice.parked_at).limit(LISTED))
    return tuple(ParkedNotice(row.id, row.type, row.object_id, row.received_at, row.error) for row in rows)


def _checks(session: Session) -> tuple[Check, ...]:
    rows = session.scalars(select(LedgerCheck).order_by(LedgerCheck.breached.desc(), LedgerCheck.name))
    return tuple(Check(row.name, row.at, row.figure, row.breached, row.detail) for row in rows)


def _reconciled(session: Session) -> Reconciled | None:
    row = session.scalars(select(Reconciliation).order_by(Reconciliation.id.desc()).limit(1)).first()
    if row is None:
        return None
    found: Any = row.differences
    listed = found.values() if isinstance(found, dict) else found
    differences = tuple(str(each) for each in listed)[:LISTED]
    return Reconciled(row.at, row.currency, row.ledger_minor, row.stripe_minor, row.lines, differences)


def _balances(session: Session) -> tuple[Balance, ...]:
    sums: dict[tuple[str, str], int] = {}
    rows: Any = session.execute(
        select(Posting.account, Posting.currency, func.sum(Posting.amount_minor)).group_by(
            Posting.account, Posting.currency
        )
    )
    for account, currency, amount in rows:
        key = (account.partition(":")[0], currency)
        sums[key] = sums.get(key, 0) + amount
    return tuple(Balance(account, currency, amount) for (account, currency), amount in sorted(sums.items()))
