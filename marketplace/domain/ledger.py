"""Double entry: what moved, in balanced lines. Debit is positive, credit negative, all in cents."""

from dataclasses import dataclass

from marketplace.domain.price import Share

STRIPE_BALANCE = "stripe_balance"
STRIPE_FEES = "stripe_fees"
DISPUTE_FEES = "dispute_fees"
COMMISSION = "commission"
VAT_OUTPUT = "vat_output"
REFUND_RESERVE = "refund_reserve"  # on its way back to a lead, no longer anybody else's
DISPUTE_RESERVE = "dispute_reserve"  # an expert's share, kept until a bank has decided
BAD_DEBT = "bad_debt"
BANK = "bank"


def client_money(booking_id: int) -> str:
    """What we hold for the two sides of a booking."""
    return f"client_money:{booking_id}"


def disputed_funds(booking_id: int) -> str:
    """What a lead's bank has taken back for now."""
    return f"disputed_funds:{booking_id}"


def expert_payable(expert_id: int) -> str:
    """What we owe to an expert."""
    return f"expert_payable:{expert_id}"


def expert_receivable(expert_id: int) -> str:
    """What an expert owes to us: a share that could not be taken back from their account."""
    return f"expert_receivable:{expert_id}"


@dataclass(frozen=True, slots=True)
class Source:
    """What in the world an entry stands for: the same source and kind are never posted twice."""

    type: str  # 'charge', 'refund', 'transfer', 'reversal', 'booking', 'dispute', 'case', 'line' (of Stripe's own book)
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
    booking_id: int | None  # None: about no booking, such as a payout to our bank
    currency: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if sum(line.amount for line in self.lines) != 0:
            raise ValueError(f"an entry that does not balance: {self.kind} of {self.source.type} {self.source.id}")
        object.__setattr__(self, "lines", tuple(line for line in self.lines if line.amount))


@dataclass(frozen=True, slots=True)
class Party:
    """Whose money it is: the booking, its expert, and the currency."""

    booking_id: int
    expert_id: int
    currency: str


def capture(booking_id: int, charge_id: str, gross: int, currency: str) -> Entry:
    """The lead's money came in."""
    lines = _moved(gross, debit=STRIPE_BALANCE, credit=client_money(booking_id))
    return Entry(Source("charge", charge_id), "capture", booking_id, currency, lines)


def fee(booking_id: int, charge_id: str, amount: int, currency: str) -> Entry:
    """Stripe kept its fee; often known only later."""
    lines = _moved(amount, debit=STRIPE_FEES, credit=STRIPE_BALANCE)
    return Entry(Source("charge", charge_id), "fee", booking_id, currency, lines)


def refund(booking_id: int, refund_id: str, amount: int, currency: str, *, settled: bool = False) -> Entry:
    """Money went back to the lead; after the session was settled it comes out of the reserve."""
    out_of = REFUND_RESERVE if settled else client_money(booking_id)
    lines = _moved(amount, debit=out_of, credit=STRIPE_BALANCE)
    return Entry(Source("refund", refund_id), "refund", booking_id, currency, lines)


def refund_undone(booking_id: int, refund_id: str, amount: int, currency: str) -> Entry:
    """The lead's bank sent a refund back to us: it waits in reserve until it is made again."""
    lines = _moved(amount, debit=STRIPE_BALANCE, credit=REFUND_RESERVE)
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


def unsettle(party: Party, case_id: int, taken: Share, unsent: int) -> Entry:
    """A refund after the session was settled: our part of it, and what was not sent to the expert yet, go in reserve.

    What was sent already (`taken.payout - unsent`) follows when it has been taken back.
    """
    lines = (
        Line(COMMISSION, taken.commission),
        Line(VAT_OUTPUT, taken.commission_vat),
        Line(expert_payable(party.expert_id), unsent),
        Line(REFUND_RESERVE, -(taken.commission + taken.commission_vat + unsent)),
    )
    return Entry(Source("case", str(case_id)), "unsettle", party.booking_id, party.currency, lines)


def transfer(booking_id: int, expert_id: int, transfer_id: str, amount: int, currency: str) -> Entry:
    """The expert's due left for their account."""
    lines = _moved(amount, debit=expert_payable(expert_id), credit=STRIPE_BALANCE)
    return Entry(Source("transfer", transfer_id), "transfer", booking_id, currency, lines)


def reversal(party: Party, reversal_id: str, amount: int, reserve: str) -> Entry:
    """A share came back from the expert's account, into the reserve for a refund or a dispute."""
    lines = _moved(amount, debit=STRIPE_BALANCE, credit=reserve)
    return Entry(Source("reversal", reversal_id), "reversal", party.booking_id, party.currency, lines)


def reversal_refused(party: Party, source: Source, amount: int, reserve: str) -> Entry:
    """A share could not be taken back: the expert owes it, and we put the money into the reserve."""
    lines = _moved(amount, debit=expert_receivable(party.expert_id), credit=reserve)
    return Entry(source, "reversal_refused", party.booking_id, party.currency, lines)


def written_off(party: Party, source: Source, amount: int) -> Entry:
    """What an expert owes will not come back: we bear it."""
    lines = _moved(amount, debit=BAD_DEBT, credit=expert_receivable(party.expert_id))
    return Entry(source, "written_off", party.booking_id, party.currency, lines)


def dispute_moved(party: Party, line_id: str, amount: int, fee: int) -> Entry:
    """The bank took money back (`amount` negative) or returned it (positive); `fee` is Stripe's for that."""
    lines = (
        Line(STRIPE_BALANCE, amount - fee),
        Line(DISPUTE_FEES, fee),
        Line(disputed_funds(party.booking_id), -amount),
    )
    return Entry(Source("line", line_id), "dispute", party.booking_id, party.currency, lines)


def dispute_reserved(party: Party, dispute_id: str, amount: int) -> Entry:
    """An expert's due that was not sent yet is kept until the bank has decided."""
    lines = _moved(amount, debit=expert_payable(party.expert_id), credit=DISPUTE_RESERVE)
    return Entry(Source("dispute", dispute_id), "reserve", party.booking_id, party.currency, lines)


def dispute_won(party: Party, dispute_id: str, reserved: int, owed: int) -> Entry:
    """The expert's share is theirs again: `reserved` is to be sent, `owed` they kept all along."""
    lines = (
        Line(DISPUTE_RESERVE, reserved + owed),
        Line(expert_payable(party.expert_id), -reserved),
        Line(expert_receivable(party.expert_id), -owed),
    )
    return Entry(Source("dispute", dispute_id), "won", party.booking_id, party.currency, lines)


def dispute_lost(
    party: Party, dispute_id: str, amount: int, borne: Share, set_aside: int = 0, *, settled: bool
) -> Entry:
    """The bank keeps `amount`: whoever had got it gives it up, and what nobody had got is our loss.

    `set_aside` of it had been taken from both sides already, for a refund that the bank has overtaken.
    """
    carried: tuple[Line, ...] = (Line(client_money(party.booking_id), borne.total),)
    if settled:
        carried = (
            Line(DISPUTE_RESERVE, borne.payout),
            Line(COMMISSION, borne.commission),
            Line(VAT_OUTPUT, borne.commission_vat),
        )
    lines = (
        *carried,
        Line(REFUND_RESERVE, set_aside),
        Line(BAD_DEBT, amount - borne.total - set_aside),
        Line(disputed_funds(party.booking_id), -amount),
    )
    return Entry(Source("dispute", dispute_id), "lost", party.booking_id, party.currency, lines)


def own_line(line_id: str, account: str, amount: int, fee: int, currency: str) -> Entry:
    """A line of Stripe's own book that is about no booking: a payout to our bank, a fee, money of ours put in."""
    there = (
        (Line(STRIPE_FEES, fee - amount),)
        if account == STRIPE_FEES
        else (
            Line(STRIPE_FEES, fee),
            Line(account, -amount),
        )
    )
    lines = (Line(STRIPE_BALANCE, amount - fee), *there)
    return Entry(Source("line", line_id), "own", None, currency, lines)


def _moved(amount: int, *, debit: str, credit: str) -> tuple[Line, Line]:
    if amount < 0:
        raise ValueError("an amount moves forward; turn the accounts round instead")
    return Line(debit, amount), Line(credit, -amount)
