"""Our ledger beside Stripe's own book: read it line by line, list what differs, mend what can be mended."""

from dataclasses import dataclass

import structlog
from sqlalchemy import true

from marketplace.cashier.disputes import reduce_dispute
from marketplace.cashier.reducer import reduce_booking
from marketplace.cashier.refunds import recheck_refund
from marketplace.cashier.stripe_book import BATCH, read_book
from marketplace.domain import ledger
from marketplace.domain.ledger import BANK, STRIPE_FEES
from marketplace.store.audit import BalanceLine, Reconciliation
from marketplace.store.bookings import booking_id_of
from marketplace.store.ledger import booking_of, post
from marketplace.store.ledger_checks import LATE
from marketplace.store.stripe_lines import (
    Unequal,
    lacks_fee,
    lone_entries,
    stands_alone,
    stripe_balance,
    unequal_lines,
    unlinked_lines,
)
from marketplace.work import Work
from payments.port import GatewayRefused

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
        booking_id = booking_of(tx.session, "charge", line.source_id, "capture")
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
