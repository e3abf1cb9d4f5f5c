"""What a payment gateway can do: the only thing callers need to know about card payments.

Amounts are integers in the currency's minor unit (cents), currencies are lower-case ISO 4217 codes, moments
are aware UTC. Every write takes an idempotency `key` that the caller stored before calling: the same key with
the same parameters, sent again within 23 hours, returns the first outcome and never acts twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

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
NoticeEndpoint = Literal["platform", "connect", "v2"]


class GatewayError(Exception):
    """A call to the gateway did not succeed; it is always one of the two kinds below."""


class GatewayRefused(GatewayError):
    """Definite: nothing happened and the same call will never succeed. A new attempt needs a new key.

    `code` is stable ("card_declined", "resource_missing", "charge_already_refunded" ...); `decline_code` says
    why a bank refused, where it did ("insufficient_funds"). `message` is for logs and admins, never for customers.
    """

    def __init__(self, code: str, message: str, decline_code: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.decline_code = decline_code


class GatewayUnknown(GatewayError):
    """The outcome is not known (time-out, connection, 409, 429, 5xx): call again later with the same key.

    A rejected API key (401) counts too: it says nothing about the payment and is mended by the operator.
    """


class NoticeRefused(Exception):
    """A notice that is not authentic, not fresh or not for us: answer 400 and store nothing.

    `reason` is stable: "disabled", "too_large", "no_signature", "bad_signature", "stale", "future",
    "malformed", "livemode".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
class Account:
    """An expert's account with the gateway. Transfers are possible only while `transfers_active`.

    `transfers_status`: "active", "pending", "restricted", "rejected" or "unsupported"; `requirements` names what
    the owner still has to give.
    """

    id: str
    transfers_active: bool
    transfers_status: str
    requirements: tuple[str, ...] = ()


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


class PaymentGateway(Protocol):
    """Card payments with separate authorisation, capture and transfer.

    Every method raises GatewayRefused or GatewayUnknown and nothing else. An unknown id is GatewayRefused
    with code "resource_missing".
    """

    def open_checkout(self, order: CheckoutOrder, *, key: str) -> Checkout:
        """Open a hosted page that authorises, and does not capture, the order's amount."""
        ...

    def expire_checkout(self, checkout_id: str, *, key: str) -> Checkout:
        """Shut an open page; refused when it is already complete or expired: fetch it then."""
        ...

    def fetch_checkout(self, checkout_id: str) -> Checkout:
        """Read the page's current state."""
        ...

    def fetch_hold(self, hold_id: str) -> Hold:
        """Read the hold's current state, with its charge and fee as far as known."""
        ...

    def capture(self, hold_id: str, *, key: str) -> Hold:
        """Take the whole reserved amount."""
        ...

    def void(self, hold_id: str, *, key: str) -> Hold:
        """Release a hold that was not captured."""
        ...

    def refund(self, hold_id: str, amount_minor: int, *, key: str, metadata: Mapping[str, str]) -> Refund:
        """Give back a part or all of a captured hold; refused when more than what is left."""
        ...

    def fetch_refund(self, refund_id: str) -> Refund:
        """Read the refund's current state."""
        ...

    def find_refund(self, hold_id: str, op_id: str) -> Refund | None:
        """Look for the refund of this hold that carries `op_id` in its metadata, before a new key is used."""
        ...

    def transfer(
        self,
        account_id: str,
        amount_minor: int,
        currency: str,
        *,
        source_charge: str,
        reference: str,
        key: str,
        metadata: Mapping[str, str],
    ) -> Transfer:
        """Move money of a captured charge to an account whose transfers are active.

        `reference` groups the transfers of one booking, so that `find_transfer` can look among them.
        """
        ...

    def fetch_transfer(self, transfer_id: str) -> Transfer:
        """Read the transfer's current state."""
        ...

    def find_transfer(self, reference: str, op_id: str) -> Transfer | None:
        """Look for the transfer of this reference that carries `op_id`, before a new key is used."""
        ...

    def create_account(
        self, *, email: str, name: str, country: str, language: str, key: str, metadata: Mapping[str, str]
    ) -> Account:
        """Open an account that can receive transfers once its owner has completed the onboarding.

        `country` is ISO 3166-1 alpha-2 in either case; `language` is "fr" or "en".
        """
        ...

    def fetch_account(self, account_id: str) -> Account:
        """Read whether the account may receive transfers and what is missing."""
        ...

    def onboarding_link(self, account_id: str, *, return_url: str, refresh_url: str) -> AccountLink:
        """Make a fresh page on which the owner gives what is still required."""
        ...

    def dashboard_link(self, account_id: str) -> AccountLink:
        """Make a fresh page on which the owner sees their payouts."""
        ...

    def fetch_balance(self, currency: str) -> Balance:
        """Read the platform's balance in one currency; zero where there is none."""
        ...

    def notices_since(self, moment: datetime) -> Sequence[Notice]:
        """List what happened from `moment` on, oldest first, for when notices get lost (30 days at most)."""
        ...
