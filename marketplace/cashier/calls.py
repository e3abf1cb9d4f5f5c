"""One call to Stripe per kind of operation, from its frozen parameters; and the look-up when a key has run out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from payments.port import Account, Checkout, CheckoutOrder, Hold, PaymentGateway, Refund, Reversal, Transfer

Answer = Checkout | Hold | Refund | Transfer | Reversal | Account

CLOCKS_DIFFER = timedelta(minutes=5)  # between ours and Stripe's, when we look for what we made


@dataclass(frozen=True, slots=True)
class Call:
    """An operation, leased for one call. `key` is also the `op_id` by which Stripe's object can be found again."""

    operation_id: int
    kind: str
    subject: str
    booking_id: int | None
    params: Mapping[str, Any]
    key: str
    attempts: int
    created_at: datetime

    @property
    def metadata(self) -> dict[str, str]:
        """What Stripe keeps with the object."""
        return {"op_id": self.key, "subject": self.subject}


def call_stripe(gateway: PaymentGateway, call: Call) -> Answer:
    """Send it. Raises `GatewayUnknown` or `GatewayRefused`."""
    return _CALLS[call.kind](gateway, call)


def look_up(gateway: PaymentGateway, call: Call) -> Answer | None:
    """What an operation has led to, found without its key; None when it never happened."""
    return _LOOK_UPS[call.kind](gateway, call)


def _checkout(gateway: PaymentGateway, call: Call) -> Checkout:
    params = {**call.params, "expires_at": datetime.fromisoformat(call.params["expires_at"])}
    return gateway.open_checkout(CheckoutOrder(**params, op_id=call.key), key=call.key)


def _expire(gateway: PaymentGateway, call: Call) -> Checkout:
    return gateway.expire_checkout(call.params["checkout_id"], key=call.key)


def _capture(gateway: PaymentGateway, call: Call) -> Hold:
    return gateway.capture(call.params["hold_id"], key=call.key)


def _void(gateway: PaymentGateway, call: Call) -> Hold:
    return gateway.void(call.params["hold_id"], key=call.key)


def _refund(gateway: PaymentGateway, call: Call) -> Refund:
    return gateway.refund(call.params["hold_id"], call.params["amount_minor"], key=call.key, metadata=call.metadata)


def _transfer(gateway: PaymentGateway, call: Call) -> Transfer:
    params = call.params
    return gateway.transfer(
        params["account_id"],
        params["amount_minor"],
        params["currency"],
        source_charge=params["source_charge"],
        reference=params["reference"],
        key=call.key,
        metadata=call.metadata,
    )


def _reversal(gateway: PaymentGateway, call: Call) -> Reversal:
    params = call.params
    return gateway.reverse_transfer(params["transfer_id"], params["amount_minor"], key=call.key, metadata=call.metadata)


def _account(gateway: PaymentGateway, call: Call) -> Account:
    return gateway.create_account(**call.params, key=call.key, metadata=call.metadata)


def _captured(gateway: PaymentGateway, call: Call) -> Hold | None:
    hold = gateway.fetch_hold(call.params["hold_id"])
    return None if hold.status == "requires_capture" else hold


def _expired(gateway: PaymentGateway, call: Call) -> Checkout | None:
    checkout = gateway.fetch_checkout(call.params["checkout_id"])
    return None if checkout.status == "open" else checkout


def _refunded(gateway: PaymentGateway, call: Call) -> Refund | None:
    return gateway.find_refund(call.params["hold_id"], call.key)


def _transferred(gateway: PaymentGateway, call: Call) -> Transfer | None:
    return gateway.find_transfer(call.params["reference"], call.key)


def _reversed(gateway: PaymentGateway, call: Call) -> Reversal | None:
    return gateway.find_reversal(call.params["transfer_id"], call.key)


def _opened(gateway: PaymentGateway, call: Call) -> Checkout | None:
    return gateway.find_checkout(call.key, call.created_at - CLOCKS_DIFFER)


def _account_found(gateway: PaymentGateway, call: Call) -> Account | None:
    return gateway.find_account(call.key)


_CALLS: dict[str, Callable[[PaymentGateway, Call], Answer]] = {
    "checkout": _checkout,
    "expire": _expire,
    "capture": _capture,
    "void": _void,
    "refund": _refund,
    "transfer": _transfer,
    "reversal": _reversal,
    "account": _account,
}
_LOOK_UPS: dict[str, Callable[[PaymentGateway, Call], Answer | None]] = {
    "checkout": _opened,
    "expire": _expired,
    "capture": _captured,
    "void": _captured,
    "refund": _refunded,
    "transfer": _transferred,
    "reversal": _reversed,
    "account": _account_found,
}
