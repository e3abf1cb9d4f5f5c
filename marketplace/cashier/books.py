"""Our ledger beside Stripe's own book: read it line by line, list what differs, mend what can be mended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

import structlog
from sqlalchemy import true

from marketplace.cashier.disputes import reduce_dispute
from marketplace.cashier.reducer import reduce_booking
from marketplace.cashier.refunds import recheck_refund
from marketplace.domain import ledger
from marketplace.domain.ledger import BANK, STRIPE_FEES
from marketplace.store.audit import BalanceLine, Reconciliation
from marketplace.store.bookings import booking_id_of
from marketplace.store.ledger import booking_of_charge, post
from marketplace.store.ledger_checks import LATE
from marketplace.store.stripe_lines import (
    Unequal,
    known_lines,
    lacks_fee,
    link,
    lone_entries,
    newest_line,
    stands_alone,
    stripe_balance,
    unequal_lines,
    unlinked_lines,
)
from marketplace.work import Work
from payments.port import BalanceTransaction, GatewayRefused

OVERLAP = timedelta(days=3)  # Stripe may book a movement later than one that it made after it
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 500
LISTED = 200
LOOKS = 3  # while people pay, both books move: compare two readings of one moment
OWN = {
    "payout": BANK,
    "payout_failure": BANK,
    "payout_cancel": BANK,
    "topup": BANK,
    "topup_reversal": BANK,
    "stripe_fee": STRIPE_FEES,
    "stripe_fx_fee": STRIPE_FEES,
    "tax_fee": STRIPE_FEES,
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the two books do not say alike, in cents: what ours moves, what Stripe's moves."""

    kind: str  # 'foreign', 'fee_missing', 'unequal', 'unknown_to_stripe', 'late'
    subject: str
    ours: int
    stripes: int

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}: ledger {self.ours}, Stripe {self.stripes}"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One comparison, in cents. `found` is what differed at first, `left` what could not be mended."""

    currency: str
    ours: int
    stripes: int
    unexplained: int
    lines: int
    found: tuple[Difference, ...]
    left: tuple[Difference, ...]


def reconcile(work: Work, currency: str = "eur") -> Reconciled:
    """Compare the ledger with Stripe's balance and its book to the cent; what was found is kept for the admins.

    A fee or a payout that is missing here is posted, a dispute or refund whose notice was lost is taken up. Raises
    `GatewayUnknown` when Stripe does not answer.
    """
    lines = read_book(work, currency)
    found = differences(work, currency)
    for line in _unexplained_lines(work, currency):
        _mend(work, line)
    if found:
        lines += read_book(work, currency)
    ours, stripes = _balances(work, currency)
    left = differences(work, currency)
    # What Stripe only books later is in our balance already: it explains itself in time.
    unexplained = ours - stripes - sum(each.ours for each in left if each.kind == "late")
    result = Reconciled(currency, ours, stripes, unexplained, lines, found, left)
    _keep(work, result)
    return result


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


def differences(work: Work, currency: str) -> tuple[Difference, ...]:
    """What the two books say differently now."""
    with work.reading() as session:
        unequal = unequal_lines(session, LISTED)
        alone = lone_entries(session, currency, true())
    young = work.now() - LATE
    return (
        *(_of_line(line) for line in _unexplained_lines(work, currency)),
        *(_unequal(each) for each in unequal),
        *(
            Difference(
                "late" if entry.at > young else "unknown_to_stripe", f"{entry.source_id} {entry.kind}", amount, 0
            )
            for entry, amount in alone
        ),
    )


Thing = TypeVar("Thing")


def _in_lists(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    """The things in lists of a size that a database takes at once."""
    left = iter(things)
    while batch := list(islice(left, BATCH)):
        yield batch


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
    after = ""
    while True:
        with work.transaction() as tx:
            lines = unlinked_lines(tx.session, currency, after, BATCH)
            if not lines:
                return
            link(tx.session, lines)
            after = lines[-1].id


def _unexplained_lines(work: Work, currency: str) -> list[BalanceLine]:
    found: list[BalanceLine] = []
    after = ""
    while True:
        with work.reading() as session:
            lines = unlinked_lines(session, currency, after, BATCH)
        if not lines:
            return found
        found += [line for line in lines if stands_alone(line) or lacks_fee(line)]
        after = lines[-1].id


def _of_line(line: BalanceLine) -> Difference:
    subject = f"{line.type} {line.source_id or line.id}"
    if stands_alone(line):
        return Difference("foreign", subject, 0, line.amount_minor - line.fee_minor)
    return Difference("fee_missing", subject, 0, -line.fee_minor)


def _unequal(each: Unequal) -> Difference:
    return Difference("unequal", f"{each.type} {each.source_id or each.line_id}", each.ours, each.stripes)


def _mend(work: Work, line: BalanceLine) -> None:
    try:
        if lacks_fee(line):
            _post_fee(work, line)
        elif line.type in OWN:
            _post_own(work, line)
        elif line.type == "adjustment" and line.source_id:
            reduce_dispute(work, line.source_id)
        elif line.type.endswith("refund_failure") or line.type == "payment_failure_refund":
            recheck_refund(work, line.source_id)
        elif line.type in ("charge", "payment"):
            _look_at_charge(work, line)
    except GatewayRefused as refused:
        log.warning("books.not_mended", line=line.id, code=refused.code)


def _post_fee(work: Work, line: BalanceLine) -> None:
    with work.transaction() as tx:
        booking_id = booking_of_charge(tx.session, line.source_id)
        if booking_id is not None:
            post(tx, ledger.fee(booking_id, line.source_id, line.fee_minor, line.currency))


def _post_own(work: Work, line: BalanceLine) -> None:
    with work.transaction() as tx:
        post(tx, ledger.own_line(line.id, OWN[line.type], line.amount_minor, line.fee_minor, line.currency))


def _look_at_charge(work: Work, line: BalanceLine) -> None:
    with work.reading() as session:
        booking_id = booking_id_of(session, "charge_id", line.source_id)
    if booking_id is not None:
        reduce_booking(work, booking_id)


def _balances(work: Work, currency: str) -> tuple[int, int]:
    for _ in range(LOOKS):
        before = _ours(work, currency)
        balance = work.gateway.fetch_balance(currency)
        if _ours(work, currency) == before:
            break
    return before, balance.available_minor + balance.pending_minor


def _ours(work: Work, currency: str) -> int:
    with work.reading() as session:
        return stripe_balance(session, currency)


def _keep(work: Work, result: Reconciled) -> None:
    with work.transaction() as tx:
        row = Reconciliation(
            at=tx.now,
            currency=result.currency,
            ledger_minor=result.ours,
            stripe_minor=result.stripes,
            unexplained_minor=result.unexplained,
            lines=result.lines,
            differences={str(number): str(each) for number, each in enumerate(result.left[:LISTED], 1)},
        )
        tx.session.add(row)
