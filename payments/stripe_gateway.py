"""The payment gateway over Stripe's own client library."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import stripe
from stripe import RequestOptions, StripeClient

from payments import stripe_answers as answers
from payments import stripe_requests as requests
from payments.port import (
    Account,
    AccountLink,
    Balance,
    BalanceTransaction,
    Checkout,
    CheckoutOrder,
    Dispute,
    Hold,
    Notice,
    Refund,
    Reversal,
    Transfer,
)
from payments.stripe_errors import in_our_words


class _Marked(Protocol):
    """Anything of Stripe's that carries our metadata."""

    @property
    def metadata(self) -> Any: ...


Theirs = TypeVar("Theirs", bound=_Marked)
Ours = TypeVar("Ours")

STRIPE_ADDRESS = "https://api.stripe.com"

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0


class StripeGateway:
    """Stripe at one address, with one key and with the API version that the library pins.

    Safe to share between threads: every thread keeps its own open connection. The library never retries:
    the caller's stored operations do, with the same key.
    """

    def __init__(
        self,
        api_key: str,
        address: str = STRIPE_ADDRESS,
        *,
        connect_seconds: float = _CONNECT_SECONDS,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._http = stripe.RequestsClient(timeout=(connect_seconds, answer_seconds))
        self._stripe = StripeClient(
            api_key,
            http_client=self._http,
            # All four, so that nothing ever goes to Stripe when another address was meant.
            base_addresses={"api": address, "connect": address, "files": address, "meter_events": address},
            max_network_retries=0,
        )

    def close(self) -> None:
        """Close this thread's connection."""
        self._http.close()  # type: ignore[no-untyped-call]  # the library left it untyped

    def open_checkout(self, order: CheckoutOrder, *, key: str) -> Checkout:
        """Open a hosted page that authorises, and does not capture, the order's amount."""
        with in_our_words():
            sessions = self._stripe.v1.checkout.sessions
            return answers.checkout(sessions.create(requests.checkout(order), _once(key)))

    def expire_checkout(self, checkout_id: str, *, key: str) -> Checkout:
        """Shut an open page; refused when it is already complete or expired: fetch it then."""
        with in_our_words():
            return answers.checkout(self._stripe.v1.checkout.sessions.expire(checkout_id, options=_once(key)))

    def fetch_checkout(self, checkout_id: str) -> Checkout:
        """Read the page's current state."""
        with in_our_words():
            return answers.checkout(self._stripe.v1.checkout.sessions.retrieve(checkout_id))

    def find_checkout(self, op_id: str, since: datetime) -> Checkout | None:
        """Look for the page that carries `op_id` among those opened from `since` on, before a new key is used."""
        with in_our_words():
            every = self._stripe.v1.checkout.sessions.list(requests.checkouts_since(since)).auto_paging_iter()
            return _first(answers.checkout, every, op_id)

    def fetch_hold(self, hold_id: str) -> Hold:
        """Read the hold's current state, with its charge and fee as far as known."""
        with in_our_words():
            return answers.hold(self._stripe.v1.payment_intents.retrieve(hold_id, requests.hold()))

    def find_hold(self, op_id: str, since: datetime) -> Hold | None:
        """Look for the hold whose checkout carried `op_id` among those begun from `since` on."""
        with in_our_words():
            every = self._stripe.v1.payment_intents.list(requests.holds_since(since)).auto_paging_iter()
            return _first(answers.hold, every, op_id)

    def capture(self, hold_id: str, *, key: str) -> Hold:
        """Take the whole reserved amount."""
        with in_our_words():
            intents = self._stripe.v1.payment_intents
            return answers.hold(intents.capture(hold_id, requests.capture(), _once(key)))

    def void(self, hold_id: str, *, key: str) -> Hold:
        """Release a hold that was not captured."""
        with in_our_words():
            intents = self._stripe.v1.payment_intents
            return answers.hold(intents.cancel(hold_id, requests.void(), _once(key)))

    def refund(self, hold_id: str, amount_minor: int, *, key: str, metadata: Mapping[str, str]) -> Refund:
        """Give back a part or all of a captured hold; refused when more than what is left."""
        with in_our_words():
            params = requests.refund(hold_id, amount_minor, metadata)
            return answers.refund(self._stripe.v1.refunds.create(params, _once(key)))

    def fetch_refund(self, refund_id: str) -> Refund:
        """Read the refund's current state."""
        with in_our_words():
            return answers.refund(self._stripe.v1.refunds.retrieve(refund_id))

    def find_refund(self, hold_id: str, op_id: str) -> Refund | None:
        """Look for the refund of this hold that carries `op_id`, before a new key is used."""
        with in_our_words():
            every = self._stripe.v1.refunds.list(requests.refunds_of(hold_id)).auto_paging_iter()
            return _first(answers.refund, every, op_id)

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
        """Move money of a captured charge to an account whose transfers are active."""
        with in_our_words():
            params = requests.transfer(
                account_id,
                amount_minor,
                currency,
                source_charge=source_charge,
                reference=reference,
                metadata=metadata,
            )
            return answers.transfer(self._stripe.v1.transfers.create(params, _once(key)))

    def fetch_transfer(self, transfer_id: str) -> Transfer:
        """Read the transfer's current state."""
        with in_our_words():
            return answers.transfer(self._stripe.v1.transfers.retrieve(transfer_id))

    def find_transfer(self, reference: str, op_id: str) -> Transfer | None:
        """Look for the transfer of this reference that carries `op_id`, before a new key is used."""
        with in_our_words():
            every = self._stripe.v1.transfers.list(requests.transfers_of(reference)).auto_paging_iter()
            return _first(answers.transfer, every, op_id)

    def reverse_transfer(
        self, transfer_id: str, amount_minor: int, *, key: str, metadata: Mapping[str, str]
    ) -> Reversal:
        """Take a part or all of a transfer back; refused when more than what is left of it."""
        with in_our_words():
            params = requests.reversal(amount_minor, metadata)
            return answers.reversal(self._stripe.v1.transfers.reversals.create(transfer_id, params, _once(key)))

    def find_reversal(self, transfer_id: str, op_id: str) -> Reversal | None:
        """Look for the reversal of this transfer that carries `op_id`, before a new key is used."""
        with in_our_words():
            reversals = self._stripe.v1.transfers.reversals
            every = reversals.list(transfer_id, requests.reversals()).auto_paging_iter()
            return _first(answers.reversal, every, op_id)

    def fetch_dispute(self, dispute_id: str) -> Dispute:
        """Read the dispute's current state, with every movement of money that it has made."""
        with in_our_words():
            return answers.dispute(self._stripe.v1.disputes.retrieve(dispute_id))

    def disputes_of(self, charge_id: str) -> Sequence[Dispute]:
        """List the disputes of one charge, newest first."""
        with in_our_words():
            every = self._stripe.v1.disputes.list(requests.disputes_of(charge_id)).auto_paging_iter()
            return [answers.dispute(one) for one in every]

    def create_account(
        self, *, email: str, name: str, country: str, language: str, key: str, metadata: Mapping[str, str]
    ) -> Account:
        """Open an account that can receive transfers once its owner has completed the onboarding."""
        with in_our_words():
            params = requests.account(email=email, name=name, country=country, language=language, metadata=metadata)
            return answers.account(self._stripe.v2.core.accounts.create(params, _once(key)))

    def fetch_account(self, account_id: str) -> Account:
        """Read whether the account may receive transfers and what is missing."""
        with in_our_words():
            accounts = self._stripe.v2.core.accounts
            return answers.account(accounts.retrieve(account_id, requests.account_details()))

    def find_account(self, op_id: str) -> Account | None:
        """Look for the account that carries `op_id`, before a new key is used; reads all accounts, page by page."""
        with in_our_words():
            every = self._stripe.v2.core.accounts.list(requests.accounts()).auto_paging_iter()
            found = next((one.id for one in every if answers.carries(one.metadata, op_id)), None)
        # A list leaves out what an account may do: read the one that was found.
        return None if found is None else self.fetch_account(found)

    def onboarding_link(self, account_id: str, *, return_url: str, refresh_url: str) -> AccountLink:
        """Make a fresh page on which the owner gives what is still required."""
        with in_our_words():
            params = requests.onboarding(account_id, return_url=return_url, refresh_url=refresh_url)
            return answers.onboarding_link(self._stripe.v2.core.account_links.create(params))

    def dashboard_link(self, account_id: str) -> AccountLink:
        """Make a fresh page on which the owner sees their payouts."""
        with in_our_words():
            return answers.dashboard_link(self._stripe.v1.accounts.login_links.create(account_id))

    def fetch_balance(self, currency: str) -> Balance:
        """Read the platform's balance in one currency; zero where there is none."""
        with in_our_words():
            return answers.balance(self._stripe.v1.balance.retrieve(), currency)

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """Every movement created from `since` on and before `until`, newest first, read page by page."""
        with in_our_words():
            movements = self._stripe.v1.balance_transactions.list(requests.movements(since, until))
            for movement in movements.auto_paging_iter():
                yield answers.movement(movement)

    def notices_since(self, moment: datetime) -> Sequence[Notice]:
        """List what happened from `moment` on, oldest first (Stripe keeps 30 days)."""
        with in_our_words():
            newest_first = self._stripe.v1.events.list(requests.events_since(moment)).auto_paging_iter()
            return [answers.notice(event) for event in newest_first][::-1]

    def account_notices_since(self, moment: datetime) -> Sequence[Notice]:
        """List what happened to experts' accounts from `moment` on, oldest first."""
        with in_our_words():
            every = self._stripe.v2.core.events.list(requests.account_events_since(moment)).auto_paging_iter()
            told = [answers.account_notice(event) for event in every]
        # Of those of one moment, the newest came first.
        told.reverse()
        return sorted(told, key=lambda notice: notice.created)


def _once(key: str) -> RequestOptions:
    return {"idempotency_key": key}


def _first(read: Callable[[Theirs], Ours], found: Iterable[Theirs], op_id: str) -> Ours | None:
    """The first one that this operation of ours has made."""
    return next((read(thing) for thing in found if answers.carries(thing.metadata, op_id)), None)
