"""What we send to Stripe, built without sending it, so that every parameter can be checked."""

from collections.abc import Mapping
from datetime import UTC, datetime

from stripe.params import (
    BalanceTransactionListParams,
    DisputeListParams,
    EventListParams,
    PaymentIntentCancelParams,
    PaymentIntentCaptureParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    RefundCreateParams,
    RefundListParams,
    TransferCreateParams,
    TransferListParams,
    TransferReversalCreateParams,
    TransferReversalListParams,
)
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsCustomField, SessionListParams
from stripe.params.v2.core import AccountCreateParams, AccountLinkCreateParams, AccountListParams, AccountRetrieveParams
from stripe.params.v2.core import EventListParams as AccountEventListParams

from payments.port import CheckoutOrder

PO_NUMBER = "po_number"
REFERENCE = "reference"
OP_ID = "op_id"

PAGE_SIZE = 100

# The charge is where the authorisation's deadline and, once known, the fee are to be found.
HOLD_DETAILS = ["latest_charge.balance_transaction"]

_PO_NUMBER_LABEL = {"fr": "Numéro de bon de commande", "en": "Purchase order number"}
_PO_NUMBER_LENGTH = 50


def checkout(order: CheckoutOrder) -> SessionCreateParams:
    """One line, gross, authorised and not captured; the card methods on offer are chosen in Stripe's dashboard."""
    metadata = order_metadata(order)
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency,
                    "unit_amount": order.gross_minor,
                    "product_data": {"name": order.title},
                },
            }
        ],
        "payment_intent_data": {
            "capture_method": "manual",
            "description": order.title,
            "metadata": metadata,
            "transfer_group": order.reference,
        },
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "client_reference_id": order.reference,
        "customer_email": order.customer_email,
        "locale": order.language,
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": _epoch(order.expires_at),
        "metadata": metadata,
    }
    if order.po_number_field:
        params["custom_fields"] = [_po_number_field(order.language)]
    return params


def order_metadata(order: CheckoutOrder) -> dict[str, str]:
    """Everything by which the order can be found again."""
    return {**order.metadata, REFERENCE: order.reference, OP_ID: order.op_id}


def checkouts_since(moment: datetime) -> SessionListParams:
    """Payment pages opened from a moment on."""
    return {"created": {"gte": _epoch(moment)}, "limit": PAGE_SIZE}


def hold() -> PaymentIntentRetrieveParams:
    """Read a hold with its charge and fee."""
    return {"expand": HOLD_DETAILS}


def holds_since(moment: datetime) -> PaymentIntentListParams:
    """Holds begun from a moment on, each with its charge and fee."""
    return {
        "created": {"gte": _epoch(moment)},
        "limit": PAGE_SIZE,
        "expand": [f"data.{detail}" for detail in HOLD_DETAILS],
    }


def capture() -> PaymentIntentCaptureParams:
    """Take everything that is reserved."""
    return {"expand": HOLD_DETAILS}


def void() -> PaymentIntentCancelParams:
    """Release everything that is reserved."""
    return {"expand": HOLD_DETAILS}


def refund(hold_id: str, amount_minor: int, metadata: Mapping[str, str]) -> RefundCreateParams:
    """Give back a part of a hold, always with an explicit amount."""
    return {"payment_intent": hold_id, "amount": amount_minor, "metadata": dict(metadata)}


def refunds_of(hold_id: str) -> RefundListParams:
    """All refunds of a hold."""
    return {"payment_intent": hold_id, "limit": PAGE_SIZE}


def transfer(
    account_id: str,
    amount_minor: int,
    currency: str,
    *,
    source_charge: str | None,
    reference: str,
    metadata: Mapping[str, str],
) -> TransferCreateParams:
    """Move money of one charge, so that it need not be available on our balance yet; None: of the balance."""
    params: TransferCreateParams = {
        "destination": account_id,
        "amount": amount_minor,
        "currency": currency,
        # Must equal the transfer group that the charge got at checkout.
        "transfer_group": reference,
        "metadata": {REFERENCE: reference, **metadata},
    }
    return params if source_charge is None else {**params, "source_transaction": source_charge}


def transfers_of(reference: str) -> TransferListParams:
    """All transfers made for one reference."""
    return {"transfer_group": reference, "limit": PAGE_SIZE}


def reversal(amount_minor: int, metadata: Mapping[str, str]) -> TransferReversalCreateParams:
    """Take back a part of a transfer, always with an explicit amount."""
    return {"amount": amount_minor, "metadata": dict(metadata)}


def reversals() -> TransferReversalListParams:
    """All reversals of the transfer in the path."""
    return {"limit": PAGE_SIZE}


def disputes_of(charge_id: str) -> DisputeListParams:
    """All disputes of a charge."""
    return {"charge": charge_id, "limit": PAGE_SIZE}


def movements(since: datetime, until: datetime) -> BalanceTransactionListParams:
    """What moved the platform's balance in a span of time."""
    return {"created": {"gte": _epoch(since), "lt": _epoch(until)}, "limit": PAGE_SIZE}


def account(*, email: str, name: str, country: str, language: str, metadata: Mapping[str, str]) -> AccountCreateParams:
    """An account that only receives transfers; the platform collects the fees and bears the losses."""
    return {
        "contact_email": email,
        "display_name": name,
        "dashboard": "express",
        "identity": {"country": country.lower()},
        "configuration": {"recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
        "defaults": {
            "currency": "eur",
            "locales": ["fr-FR" if language == "fr" else "en-GB"],
            "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
        },
        "metadata": dict(metadata),
        "include": ["configuration.recipient", "requirements"],
    }


def account_details() -> AccountRetrieveParams:
    """v2 leaves out what is not asked for."""
    return {"include": ["configuration.recipient", "requirements"]}


def accounts() -> AccountListParams:
    """All accounts that may receive transfers; v2 has no filter for metadata."""
    return {"applied_configurations": ["recipient"], "limit": PAGE_SIZE}


def onboarding(account_id: str, *, return_url: str, refresh_url: str) -> AccountLinkCreateParams:
    """A page for what is due now; which configurations it covers follows from the account itself."""
    return {
        "account": account_id,
        "use_case": {
            "type": "account_onboarding",
            "account_onboarding": {"return_url": return_url, "refresh_url": refresh_url},
        },
    }


def events_since(moment: datetime) -> EventListParams:
    """Events from a moment on; Stripe lists the newest first."""
    return {"created": {"gte": _epoch(moment)}, "limit": PAGE_SIZE}


def account_events_since(moment: datetime) -> AccountEventListParams:
    """Thin events from a moment on; v2 writes moments as texts."""
    return {"created": {"gte": moment.astimezone(UTC).isoformat(timespec="seconds")}, "limit": PAGE_SIZE}


def _po_number_field(language: str) -> SessionCreateParamsCustomField:
    return {
        "key": PO_NUMBER,
        "type": "text",
        "optional": True,
        "label": {"type": "custom", "custom": _PO_NUMBER_LABEL[language]},
        "text": {"maximum_length": _PO_NUMBER_LENGTH},
    }


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
