"""What passes through the payment gateway: orders, holds, refunds, transfers, disputes and movements of the balance.

Amounts are integers in the currency's minor unit (cents), currencies are lower-case ISO 4217 codes, moments are
aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

CheckoutStatus = Literal["open", "complete", "expired"]
HoldStatus = Literal[
    "requires_payment_method",  # nothing authorised yet, or the last card was declined
    "requires_confirmation",
    "requires_action",  # 3-D Secure is under way
    "processing",
    "requires_capture",  # authorised: the money is reserved on the card
    "succeeded",  # captured
    "canceled",  # released, by us or because the authorisation ran out
]
RefundStatus = Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
DisputeStatus = Literal[
    "warning_needs_response",  # an inquiry: no money has moved
    "warning_under_review",
    "warning_closed",
    "needs_response",  # the amount and a fee have been taken from the platform's balance
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
    "won",  # the amount is given back; the fee usually is not
    "lost",
    "prevented",
]
NoticeEndpoint = Literal["platform", "connect", "v2"]


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """One thing to be paid on the hosted page; freeze every field before the first call: the key covers them.

    `expires_at`: 30 minutes to 24 hours ahead of the gateway's clock, else it refuses. Choose about an hour, so
    that a late retry still fits, and end a shorter hold with `expire_checkout`.
    `success_url` may contain `{CHECKOUT_SESSION_ID}`, which the gateway fills in.
    `reference` and `op_id` come back on the checkout and on the hold (`metadata` adds further keys).
    """

    reference: str
    op_id: str
    title: str
    gross_minor: int
    currency: str
    customer_email: str
    language: Literal["fr", "en"]
    success_url: str
    cancel_url: str
    expires_at: datetime
    po_number_field: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A hosted payment page. `url` exists only while open; `payment_intent_id` once the customer has paid."""

    id: str
    url: str | None
    status: CheckoutStatus
    payment_intent_id: str | None
    amount_minor: int
    currency: str
    expires_at: datetime
    reference: str | None = None
    op_id: str | None = None
    po_number: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Money reserved on a card, later captured or released (Stripe's PaymentIntent and its latest charge).

    `capture_before`: after this moment the reservation runs out by itself; known once authorised.
    `fee_minor` and `balance_transaction_id` may stay None for a while after the capture: fetch again later.
    `decline_code`: why the last card was refused, if one was.
    """

    id: str
    status: HoldStatus
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    reference: str | None = None
    op_id: str | None = None
    charge_id: str | None = None
    capture_before: datetime | None = None
    fee_minor: int | None = None
    balance_transaction_id: str | None = None
    decline_code: str | None = None
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back to the card; may still turn to `failed` days after it succeeded."""

    id: str
    status: RefundStatus
    amount_minor: int
    currency: str
    hold_id: str | None
    balance_transaction_id: str | None = None
    op_id: str | None = None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moved from the platform's balance to an expert's account."""

    id: str
    amount_minor: int
    currency: str
    destination: str
    source_charge: str | None
    balance_transaction_id: str | None = None
    reversed: bool = False
    reversed_minor: int = 0
    reference: str | None = None
    op_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """Money of a transfer taken back from an expert's account to the platform's balance."""

    id: str
    amount_minor: int
    currency: str
    transfer_id: str
    balance_transaction_id: str | None = None
    op_id: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One movement of the platform's balance, exactly as the gateway books it.

    `amount_minor` is signed (positive: in), `fee_minor` is what the gateway keeps (positive: a cost) and `net_minor`
    = amount - fee is what the balance changes by. `type` is an open set: "charge", "refund", "refund_failure",
    "transfer", "transfer_refund" (a reversal), "adjustment" (a dispute), "payout", "payout_failure", "stripe_fee" ...
    `source_id` names what caused it: ch_, re_, tr_, trr_, du_ or po_; None for a few fees. A failed refund comes
    back as "refund_failure" with the refund as its source.
    """

    id: str
    type: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    created: datetime
    available_at: datetime
    source_id: str | None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A customer's bank wants the money of a charge back.

    `entries` are the movements so far: the withdrawal of amount and fee first, the reinstatement after a win. An
    inquiry has none. `fee_minor` sums their fees (a fee given back counts negative). `evidence_due` is when an answer
    must have been given; None once there is nothing more to answer.
    """

    id: str
    status: DisputeStatus
    reason: str
    amount_minor: int
    currency: str
    charge_id: str
    hold_id: str | None
    fee_minor: int
    created: datetime
    evidence_due: datetime | None = None
    entries: tuple[BalanceTransaction, ...] = ()

    @property
    def withdrawn_minor(self) -> int:
        """What the dispute has taken from the balance and not given back, fees included."""
        return -sum(entry.net_minor for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Account:
    """An expert's account with the gateway. Transfers are possible only while `transfers_active`.

    `transfers_status`: "active", "pending", "restricted", "rejected" or "unsupported"; `requirements` names what
    the owner still has to give.
    """

    id: str
    transfers_active: bool
    transfers_status: str
    requirements: tuple[str, ...] = ()
    op_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A page of the gateway for one account, to be opened once and soon; never stored, never mailed."""

    url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """The platform's own balance in one currency."""

    currency: str
    available_minor: int
    pending_minor: int


@dataclass(frozen=True, slots=True)
class Notice:
    """That something happened to `object_id`. Never trust more than this: fetch the object itself.

    `account` is set when the object belongs to an expert's account; `endpoint` is where the notice came in
    ("platform" for those fetched by `notices_since`).
    """

    id: str
    type: str
    object_id: str
    account: str | None
    created: datetime
    livemode: bool
    endpoint: NoticeEndpoint
