"""Double entry: what moved, in balanced lines. Debit is positive, credit negative, all in cents."""

from dataclasses import dataclass

from marketplace.domain.price import Share

STRIPE_BALANCE = "stripe_balance"
STRIPE_FEES = "stripe_fees"
COMMISSION = "commission"
VAT_OUTPUT = "vat_output"


def client_money(booking_id: int) -> str:
    """What we hold for the two sides of a booking."""
    return f"client_money:{booking_id}"


def expert_payable(expert_id: int) -> str:
    """What we owe to an expert."""
    return f"expert_payable:{expert_id}"


@dataclass(frozen=True, slots=True)
class Source:
    """What in the world an entry stands for: the same source and kind are never posted twice."""

    type: str  # 'charge', 'refund', 'transfer', 'booking'
    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """One posting."""

    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines that belong together; they sum to zero or the entry cannot be made. Lines of zero are left out."""

    source: Source
    kind: str
    booking_id: int
    currency: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if sum(line.amount for line in self.lines) != 0:
            raise ValueError(f"an entry that does not balance: {self.kind} of {self.source.type} {self.source.id}")
        object.__setattr__(self, "lines", tuple(line for line in self.lines if line.amount))


def capture(booking_id: int, charge_id: str, gross: int, currency: str) -> Entry:
    """The lead's money came in."""
    lines = _moved(gross, debit=STRIPE_BALANCE, credit=client_money(booking_id))
    return Entry(Source("charge", charge_id), "capture", booking_id, currency, lines)


def fee(booking_id: int, charge_id: str, amount: int, currency: str) -> Entry:
    """Stripe kept its fee; often known only later."""
    lines = _moved(amount, debit=STRIPE_FEES, credit=STRIPE_BALANCE)
    return Entry(Source("charge", charge_id), "fee", booking_id, currency, lines)


def refund(booking_id: int, refund_id: str, amount: int, currency: str) -> Entry:
    """Money went back to the lead."""
    lines = _moved(amount, debit=client_money(booking_id), credit=STRIPE_BALANCE)
    return Entry(Source("refund", refund_id), "refund", booking_id, currency, lines)


def refund_undone(booking_id: int, refund_id: str, amount: int, currency: str) -> Entry:
    """The lead's bank sent a refund back to us."""
    lines = _moved(amount, debit=STRIPE_BALANCE, credit=client_money(booking_id))
    return Entry(Source("refund", refund_id), "refund_undone", booking_id, currency, lines)


def settle(booking_id: int, expert_id: int, share: Share, currency: str) -> Entry:
    """What was held for both sides becomes the expert's due, our commission and the VAT on it."""
    lines = (
        Line(client_money(booking_id), share.total),
        Line(expert_payable(expert_id), -share.payout),
        Line(COMMISSION, -share.commission),
        Line(VAT_OUTPUT, -share.commission_vat),
    )
    return Entry(Source("booking", str(booking_id)), "settle", booking_id, currency, lines)


def transfer(booking_id: int, expert_id: int, transfer_id: str, amount: int, currency: str) -> Entry:
    """The expert's due left for their account."""
    lines = _moved(amount, debit=expert_payable(expert_id), credit=STRIPE_BALANCE)
    return Entry(Source("transfer", transfer_id), "transfer", booking_id, currency, lines)


def _moved(amount: int, *, debit: str, credit: str) -> tuple[Line, Line]:
    if amount < 0:
        raise ValueError("an amount moves forward; turn the accounts round instead")
    return Line(debit, amount), Line(credit, -amount)
