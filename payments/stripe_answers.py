"""What Stripe answers, read into the words of the port."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar, cast

import stripe
from stripe import StripeObject
from stripe.v2.core import Account as StripeAccount
from stripe.v2.core import AccountLink as StripeAccountLink

from payments.port import (
    Account,
    AccountLink,
    Balance,
    BalanceTransaction,
    Checkout,
    CheckoutStatus,
    Dispute,
    DisputeStatus,
    Hold,
    HoldStatus,
    Notice,
    Refund,
    RefundStatus,
    Reversal,
    Transfer,
)
from payments.stripe_requests import OP_ID, PO_NUMBER, REFERENCE

Kind = TypeVar("Kind", bound=StripeObject)


def checkout(session: stripe.checkout.Session) -> Checkout:
    """Read a Checkout Session."""
    return Checkout(
        id=session.id,
        url=session.url,
        status=cast("CheckoutStatus", session.status),
        payment_intent_id=_id_of(session.payment_intent),
        amount_minor=session.amount_total or 0,
        currency=session.currency or "",
        expires_at=moment(session.expires_at),
        reference=_entry(session.metadata, REFERENCE),
        op_id=_entry(session.metadata, OP_ID),
        po_number=_po_number(session),
    )


def hold(intent: stripe.PaymentIntent) -> Hold:
    """Read a PaymentIntent with its latest charge, expanded or not."""
    charge = _expanded(intent.latest_charge, stripe.Charge)
    entry = _expanded(charge.balance_transaction, stripe.BalanceTransaction) if charge else None
    captured = charge.amount_captured if charge and charge.captured else 0
    return Hold(
        id=intent.id,
        status=cast("HoldStatus", intent.status),
        amount_minor=intent.amount,
        captured_minor=captured,
        # Releasing a hold marks its charge as refunded although no money ever came.
        refunded_minor=charge.amount_refunded if charge and captured else 0,
        currency=intent.currency,
        reference=_entry(intent.metadata, REFERENCE),
        op_id=_entry(intent.metadata, OP_ID),
        charge_id=_id_of(intent.latest_charge),
        capture_before=_capture_before(charge),
        fee_minor=entry.fee if entry else None,
        balance_transaction_id=_id_of(charge.balance_transaction) if charge else None,
        decline_code=_decline_code(intent),
        disputed=bool(charge and charge.disputed),
    )


def refund(given: stripe.Refund) -> Refund:
    """Read a Refund."""
    return Refund(
        id=given.id,
        status=cast("RefundStatus", given.status),
        amount_minor=given.amount,
        currency=given.currency,
        hold_id=_id_of(given.payment_intent),
        balance_transaction_id=_id_of(given.balance_transaction),
        op_id=_entry(given.metadata, OP_ID),
        failure_reason=getattr(given, "failure_reason", None),  # left out unless it failed
    )


def transfer(sent: stripe.Transfer) -> Transfer:
    """Read a Transfer."""
    return Transfer(
        id=sent.id,
        amount_minor=sent.amount,
        currency=sent.currency,
        destination=_id_of(sent.destination) or "",
        source_charge=_id_of(sent.source_transaction),
        balance_transaction_id=_id_of(sent.balance_transaction),
        reversed=sent.reversed,
        reversed_minor=sent.amount_reversed,
        reference=_entry(sent.metadata, REFERENCE),
        op_id=_entry(sent.metadata, OP_ID),
    )


def reversal(taken_back: stripe.TransferReversal) -> Reversal:
    """Read a reversal of a transfer."""
    return Reversal(
        id=taken_back.id,
        amount_minor=taken_back.amount,
        currency=taken_back.currency,
        transfer_id=_id_of(taken_back.transfer) or "",
        balance_transaction_id=_id_of(taken_back.balance_transaction),
        op_id=_entry(taken_back.metadata, OP_ID),
    )


def dispute(opened: stripe.Dispute) -> Dispute:
    """Read a dispute, whose movements always come in full."""
    entries = tuple(movement(entry) for entry in opened.balance_transactions)
    due = opened.evidence_details.due_by
    return Dispute(
        id=opened.id,
        status=cast("DisputeStatus", opened.status),
        reason=opened.reason,
        amount_minor=opened.amount,
        currency=opened.currency,
        charge_id=_id_of(opened.charge) or "",
        hold_id=_id_of(opened.payment_intent),
        fee_minor=sum(entry.fee_minor for entry in entries),
        created=moment(opened.created),
        evidence_due=moment(due) if due else None,
        entries=entries,
    )


def movement(entry: stripe.BalanceTransaction) -> BalanceTransaction:
    """Read one movement of the platform's balance."""
    return BalanceTransaction(
        id=entry.id,
        type=entry.type,
        amount_minor=entry.amount,
        fee_minor=entry.fee,
        net_minor=entry.net,
        currency=entry.currency,
        created=moment(entry.created),
        available_at=moment(entry.available_on),
        source_id=_id_of(cast("str | StripeObject | None", entry.source)),
        description=entry.description,
    )


def account(opened: StripeAccount) -> Account:
    """Read a v2 Account whose recipient configuration and requirements were included."""
    status = _transfers_status(opened)
    entries = opened.requirements.entries if opened.requirements else None
    return Account(
        id=opened.id,
        transfers_active=status == "active",
        transfers_status=status,
        requirements=tuple(entry.description for entry in entries or ()),
        op_id=_entry(opened.metadata, OP_ID),
    )


def onboarding_link(link: StripeAccountLink) -> AccountLink:
    """Read a v2 Account Link."""
    return AccountLink(url=link.url, expires_at=datetime.fromisoformat(link.expires_at))


def dashboard_link(link: stripe.LoginLink) -> AccountLink:
    """Read a login link, which carries no end of its own."""
    return AccountLink(url=link.url)


def balance(of_platform: stripe.Balance, currency: str) -> Balance:
    """Read one currency out of the platform's balance."""
    return Balance(
        currency=currency,
        available_minor=sum(part.amount for part in of_platform.available if part.currency == currency),
        pending_minor=sum(part.amount for part in of_platform.pending if part.currency == currency),
    )


def notice(event: stripe.Event) -> Notice:
    """Read a snapshot event that we fetched ourselves."""
    subject = event.to_dict()["data"]["object"]
    return Notice(
        id=event.id,
        type=event.type,
        # A balance has no id of its own: its kind names it.
        object_id=str(subject.get("id") or subject.get("object")),
        account=getattr(event, "account", None),  # left out for the platform's own
        created=moment(event.created),
        livemode=event.livemode,
        endpoint="platform",
    )


def account_notice(event: stripe.v2.core.Event) -> Notice:
    """Read a thin event that we fetched ourselves; some are about nothing but themselves."""
    seen = event.to_dict()
    related = seen.get("related_object") or seen
    return Notice(
        id=event.id,
        type=event.type,
        object_id=str(related["id"]),
        account=seen.get("context"),
        created=datetime.fromisoformat(event.created),
        livemode=event.livemode,
        endpoint="v2",
    )


def moment(epoch: int) -> datetime:
    """Seconds since 1970 as aware UTC."""
    return datetime.fromtimestamp(epoch, UTC)


def carries(metadata: Mapping[str, str] | StripeObject | None, op_id: str) -> bool:
    """Whether an object was made by this operation of ours."""
    return _entry(metadata, OP_ID) == op_id


def _entry(metadata: Mapping[str, str] | StripeObject | None, name: str) -> str | None:
    return metadata[name] if metadata is not None and name in metadata else None


def _id_of(reference: str | StripeObject | None) -> str | None:
    return str(reference["id"]) if isinstance(reference, StripeObject) else reference


def _expanded(reference: str | Kind | None, kind: type[Kind]) -> Kind | None:
    return reference if isinstance(reference, kind) else None


def _capture_before(charge: stripe.Charge | None) -> datetime | None:
    details = charge.payment_method_details if charge else None
    card = getattr(details, "card", None)  # absent for other ways to pay
    deadline = getattr(card, "capture_before", None)  # absent once captured
    return moment(deadline) if deadline else None


def _decline_code(intent: stripe.PaymentIntent) -> str | None:
    error = intent.last_payment_error
    if error is None:
        return None
    return getattr(error, "decline_code", None) or getattr(error, "code", None)


def _transfers_status(opened: StripeAccount) -> str:
    recipient = opened.configuration.recipient if opened.configuration else None
    capabilities = recipient.capabilities if recipient else None
    held = capabilities.stripe_balance if capabilities else None
    transfers = held.stripe_transfers if held else None
    return transfers.status if transfers else "unsupported"


def _po_number(session: stripe.checkout.Session) -> str | None:
    for field in session.custom_fields:
        if field.key == PO_NUMBER and field.text:
            return field.text.value or None
    return None
