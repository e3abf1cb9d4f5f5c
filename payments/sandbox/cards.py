"""Stripe's test cards, each with what it is known for (docs.stripe.com/testing)."""

from dataclasses import dataclass
from typing import Literal

from payments.sandbox.faults import Json


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a bank or Stripe itself says no."""

    code: str
    decline_code: str | None
    message: str
    kind: str = "card_error"

    def as_error(self) -> Json:
        """The way it is shown on a payment."""
        reason = {"decline_code": self.decline_code} if self.decline_code else {}
        return {"code": self.code, **reason, "message": self.message, "type": self.kind}


@dataclass(frozen=True, slots=True)
class Card:
    """One test card: how it looks and how it behaves."""

    last4: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: bool = False
    dispute: Literal["fraudulent", "product_not_received"] | None = None
    inquiry: bool = False
    refund: Literal["pending", "fails"] | None = None
    available_at_once: bool = False


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("card_declined", "lost_card", "Your card was declined.")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
EXPIRED = Decline("expired_card", None, "Your card has expired.")
WRONG_CVC = Decline("incorrect_cvc", None, "Your card's security code is incorrect.")
PROCESSING = Decline(
    "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
)
VELOCITY = Decline("card_declined", "card_velocity_exceeded", "Your card was declined for making repeated attempts.")
FRAUDULENT = Decline("card_declined", "fraudulent", "Your card was declined.")
NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    None,
    "The provided payment method has failed authentication.",
    "invalid_request_error",
)

CARDS: dict[str, Card] = {
    "pm_card_visa": Card("4242"),
    "pm_card_visa_debit": Card("5556", funding="debit"),
    "pm_card_fr": Card("0003", country="FR"),
    "pm_card_mastercard": Card("4444", "mastercard"),
    "pm_card_mastercard_debit": Card("3222", "mastercard", funding="debit"),
    "pm_card_mastercard_prepaid": Card("5100", "mastercard", funding="prepaid"),
    "pm_card_amex": Card("8431", "amex"),
    "pm_card_bypassPending": Card("0077", available_at_once=True),
    "pm_card_visa_chargeDeclined": Card("0002", decline=GENERIC),
    "pm_card_chargeDeclined": Card("0002", decline=GENERIC),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card("9995", decline=INSUFFICIENT),
    "pm_card_chargeDeclinedInsufficientFunds": Card("9995", decline=INSUFFICIENT),
    "pm_card_visa_chargeDeclinedLostCard": Card("9987", decline=LOST),
    "pm_card_visa_chargeDeclinedStolenCard": Card("9979", decline=STOLEN),
    "pm_card_chargeDeclinedExpiredCard": Card("0069", decline=EXPIRED),
    "pm_card_chargeDeclinedIncorrectCvc": Card("0127", decline=WRONG_CVC),
    "pm_card_chargeDeclinedProcessingError": Card("0119", decline=PROCESSING),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": Card("6975", decline=VELOCITY),
    "pm_card_radarBlock": Card("0019", decline=FRAUDULENT),
    "pm_card_authenticationRequired": Card("3184", authentication=True),
    "pm_card_threeDSecure2Required": Card("3220", authentication=True),
    "pm_card_threeDSecureRequiredChargeDeclined": Card("1629", authentication=True, decline=GENERIC),
    "pm_card_createDispute": Card("0259", dispute="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card("2685", dispute="product_not_received"),
    "pm_card_createDisputeInquiry": Card("1976", dispute="product_not_received", inquiry=True),
    "pm_card_pendingRefund": Card("7726", refund="pending"),
    "pm_card_refundFail": Card("5126", refund="fails"),
}

USUAL = "pm_card_visa"
