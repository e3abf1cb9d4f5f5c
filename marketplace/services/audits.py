"""What is looked at now and then, whether or not anything was told: stuck bookings, ending holds, and the books."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from marketplace.cashier.books import Reconciled, reconcile
from marketplace.cashier.reducer import reduce_booking
from marketplace.domain import ledger
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BookingState
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.store.audit import BalanceLine
from marketplace.store.bookings import disputed, expiring_holds, waiting_for_stripe
from marketplace.store.ledger import post
from marketplace.store.ledger_checks import Finding, find_breaches, keep_findings
from marketplace.store.money import raise_alert
from marketplace.store.outbox import beat, forget_beat, last_beat
from marketplace.store.stripe_lines import link_own
from marketplace.work import Work
from payments.port import GatewayRefused, GatewayUnknown

__all__ = [
    "JOBS",
    "AdoptLine",
    "AskForBooks",
    "Reconciled",
    "adopt_line",
    "ask_for_books",
    "check_ledger",
    "reconcile",
    "tick",
]

S = BookingState
STUCK_AFTER = timedelta(minutes=15)
HOLD_ENDS_WITHIN = timedelta(hours=12)
BATCH = 100
BOOKS = "books"
ADOPTED_INTO = (ledger.STRIPE_FEES, ledger.DISPUTE_FEES, ledger.BANK, ledger.BAD_DEBT)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """Something done at most every so often; `name` is also its heartbeat's."""

    name: str
    every: timedelta
    run: Callable[[Work], int]


@dataclass(frozen=True, slots=True)
class AdoptLine:
    """An admin says what a line of Stripe's book is that belongs to no booking; `account` is one of the ledger's."""

    actor: Actor
    line_id: str
    account: str
    note: str


@dataclass(frozen=True, slots=True)
class AskForBooks:
    """An admin has mended something and does not want to wait until tomorrow."""

    actor: Actor


def tick(work: Work) -> int:
    """Run every job whose time has come; returns how much was done."""
    return sum(_run(work, job) for job in JOBS)


def check_ledger(work: Work) -> tuple[Finding, ...]:
    """Look at every invariant and keep what was found: a breach stops transfers, and only transfers."""
    with work.reading() as session:
        found = find_breaches(session, work.now())
    with work.transaction() as tx:
        keep_findings(tx.session, found, tx.now)
        for each in found:
            if each.breached:
                raise_alert(tx, "ledger_breached", f"check:{each.name}", f"{each.figure} {each.detail}".strip())
    return found


def adopt_line(work: Work, command: AdoptLine) -> None:
    """Post a foreign line of Stripe's book where the admin says it belongs.

    Raises `NotFound` "line_not_found", `Conflict` "line_known" when an entry stands for it already, `Invalid`
    "account_unknown" or "reason_missing".
    """
    require(command.actor, Role.ADMIN)
    if command.account not in ADOPTED_INTO:
        raise Invalid("account_unknown", field="account")
    if not command.note.strip():
        raise Invalid("reason_missing", field="note")
    with work.transaction() as tx:
        line = tx.session.get(BalanceLine, command.line_id, with_for_update=True)
        if line is None:
            raise NotFound("line_not_found")
        entry = ledger.own_line(line.id, command.account, line.amount_minor, line.fee_minor, line.currency)
        if line.entry_id is not None or not post(tx, entry):
            raise Conflict("line_known")
        link_own(tx.session, line)
        said = {"line": line.id, "account": command.account, "note": command.note.strip()}
        tx.journal(command.actor, "ledger.adopted", ("ledger", 0), new=said)


def ask_for_books(work: Work, command: AskForBooks) -> None:
    """Let the worker compare with Stripe and check every invariant in its next round: what stops transfers is gone as
    soon as it is mended."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        forget_beat(tx.session, BOOKS)
        tx.journal(command.actor, "ledger.look_asked", ("ledger", 0))


def stuck(work: Work) -> int:
    """Bookings that wait for Stripe longer than they should: ask, and tell a person when nothing is under way."""
    with work.reading() as session:
        waiting = waiting_for_stripe(session, work.now() - STUCK_AFTER, BATCH)
    for booking_id, idle in waiting:
        _ask(work, booking_id)
        if idle:
            _tell_if_still(work, booking_id)
    return len(waiting)


def ending_holds(work: Work) -> int:
    """Cards whose reservation runs out soon: ask how they stand."""
    with work.reading() as session:
        ending = expiring_holds(session, work.now() + HOLD_ENDS_WITHIN, BATCH)
    for booking_id in ending:
        _ask(work, booking_id)
    return len(ending)


def books(work: Work) -> int:
    """Open disputes, Stripe's book and its balance beside ours, then every invariant."""
    with work.reading() as session:
        open_ = disputed(session)
    for booking_id in open_:
        _ask(work, booking_id)
    left = len(reconcile(work).left)
    check_ledger(work)
    return left


JOBS: tuple[Job, ...] = (
    Job("stuck_bookings", timedelta(minutes=15), stuck),
    Job("ending_holds", timedelta(hours=1), ending_holds),
    Job(BOOKS, timedelta(days=1), books),
)


def _run(work: Work, job: Job) -> int:
    with work.reading() as session:
        last = last_beat(session, job.name)
    if last is not None and work.now() - last < job.every:
        return 0
    try:
        done = job.run(work)
    except GatewayUnknown as unknown:
        log.warning("audits.stripe_away", job=job.name, error=str(unknown))
        return 0
    with work.transaction() as tx:
        beat(tx.session, job.name, tx.now)
    return done


def _ask(work: Work, booking_id: int) -> None:
    try:
        reduce_booking(work, booking_id)
    except GatewayRefused as refused:
        log.warning("audits.unknown_payment", booking_id=booking_id, code=refused.code)


def _tell_if_still(work: Work, booking_id: int) -> None:
    with work.transaction() as tx:
        still = waiting_for_stripe(tx.session, tx.now - STUCK_AFTER, BATCH, booking_id)
        if still:
            raise_alert(tx, "booking_stuck", f"booking:{booking_id}")
