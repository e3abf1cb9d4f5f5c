"""What a payment gateway can do: the only thing callers need to know about card payments.

Amounts are integers in the currency's minor unit (cents), currencies are lower-case ISO 4217 codes, moments
are aware UTC. Every write takes an idempotency `key` that the caller stored before calling: the same key with
the same parameters, sent again within 23 hours, returns the first outcome and never acts twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from payments.values import (
    Account,
    AccountLink,
    Balance,
    BalanceTransaction,
    Checkout,
    CheckoutOrder,
    CheckoutStatus,
    Dispute,
    DisputeStatus,
    Hold,
    HoldStatus,
    Notice,
    NoticeEndpoint,
    Refund,
    RefundStatus,
    Reversal,
    Transfer,
)

__all__ = [
    "Account",
    "AccountLink",
    "Balance",
    "BalanceTransaction",
    "Checkout",
    "CheckoutOrder",
    "CheckoutStatus",
    "Dispute",
    "DisputeStatus",
    "GatewayError",
    "GatewayRefused",
    "GatewayUnknown",
    "Hold",
    "HoldStatus",
    "Notice",
    "NoticeEndpoint",
    "NoticeRefused",
    "PaymentGateway",
    "Refund",
    "RefundStatus",
    "Reversal",
    "Transfer",
]


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


class PaymentGateway(Protocol):
    """Card payments with separate authorisation, capture and transfer.

    Every method raises GatewayRefused or GatewayUnknown and nothing else. An unknown id is GatewayRefused
    with code "resource_missing".
    """

    def open_checkout(self, order: CheckoutOrder, *, key: str) -> Checkout:
        """Open a hosted page that authorises, and does not capture, the order's amount."""
        ...

    def expire_checkout(self, checkout_id: str, *, key: str) -> Checkout:
        """Shut an open page; refused when it is already complete or expired.

        `fetch_checkout` tells which, and whether a call whose outcome was lost has worked.
        """
        ...

    def fetch_checkout(self, checkout_id: str) -> Checkout:
        """Read the page's current state."""
        ...

    def find_checkout(self, op_id: str, since: datetime) -> Checkout | None:
        """Look for the page that carries `op_id` among those opened from `since` on, before a new key is used.

        Give the moment at which the operation was written down, less a few minutes for clocks that differ.
        """
        ...

    def fetch_hold(self, hold_id: str) -> Hold:
        """Read the hold's current state, with its charge and fee as far as known."""
        ...

    def find_hold(self, op_id: str, since: datetime) -> Hold | None:
        """Look for the hold whose checkout carried `op_id` among those begun from `since` on."""
        ...

    def capture(self, hold_id: str, *, key: str) -> Hold:
        """Take the whole reserved amount.

        A lost outcome needs no search: `fetch_hold` says "succeeded" once it happened, "requires_capture" before.
        """
        ...

    def void(self, hold_id: str, *, key: str) -> Hold:
        """Release a hold that was not captured; after a lost outcome `fetch_hold` says "canceled" if it happened."""
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
        source_charge: str | None,
        reference: str,
        key: str,
        metadata: Mapping[str, str],
    ) -> Transfer:
        """Move money of a captured charge to an account whose transfers are active.

        Without `source_charge` it comes from what is available: a charge cannot be sent a second time, not even after
        a reversal. `reference` groups the transfers of one booking, so that `find_transfer` can look among them.
        """
        ...

    def fetch_transfer(self, transfer_id: str) -> Transfer:
        """Read the transfer's current state."""
        ...

    def find_transfer(self, reference: str, op_id: str) -> Transfer | None:
        """Look for the transfer of this reference that carries `op_id`, before a new key is used."""
        ...

    def reverse_transfer(
        self, transfer_id: str, amount_minor: int, *, key: str, metadata: Mapping[str, str]
    ) -> Reversal:
        """Take a part or all of a transfer back; refused when more than what is left of it.

        Refused, too, with "balance_insufficient" when the expert's account no longer has the money.
        """
        ...

    def find_reversal(self, transfer_id: str, op_id: str) -> Reversal | None:
        """Look for the reversal of this transfer that carries `op_id`, before a new key is used."""
        ...

    def fetch_dispute(self, dispute_id: str) -> Dispute:
        """Read the dispute's current state, with every movement of money that it has made."""
        ...

    def disputes_of(self, charge_id: str) -> Sequence[Dispute]:
        """List the disputes of one charge, newest first."""
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

    def find_account(self, op_id: str) -> Account | None:
        """Look for the account that carries `op_id`, before a new key is used; reads all accounts, page by page."""
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

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """Every movement created from `since` on and before `until` (whole seconds), newest first.

        Read page by page while it is walked, so a GatewayError may come from any step; start again then. Payouts
        are among them. A movement may be created later than what caused it, never earlier.
        """
        ...

    def notices_since(self, moment: datetime) -> Sequence[Notice]:
        """List what happened from `moment` on, oldest first, for when notices get lost (30 days at most)."""
        ...

    def account_notices_since(self, moment: datetime) -> Sequence[Notice]:
        """The same for experts' accounts, which are told of separately (endpoint "v2")."""
        ...
