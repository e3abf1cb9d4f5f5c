"""What Stripe's view of a card payment means for a booking: one table, so that order and repetition do no harm."""

from enum import StrEnum

from marketplace.domain.booking import NEVER_PAID, BookingState


class Step(StrEnum):
    """What to do about a payment that was just fetched."""

    NOTHING = "nothing"
    AUTHORISE = "authorise"  # the card is authorised: ask the expert
    REFUSE = "refuse"  # not what we asked for: give it back, tell a person
    CONFIRM = "confirm"  # the money is captured
    ASK_AGAIN = "ask_again"  # the capture cannot succeed any more
    END = "end"  # the reserved money is free again, as decided
    EXPIRE = "expire"  # the reservation ran out before the expert answered
    RELEASE_STRAY = "release_stray"  # reserved money nobody waits for
    RETURN_STRAY = "return_stray"  # captured money nobody waits for


S = BookingState

# For the booking's own payment; whatever is not listed needs nothing.
_OWN: dict[tuple[BookingState, str], Step] = {
    (S.AWAITING_PAYMENT, "requires_capture"): Step.AUTHORISE,
    (S.CAPTURING, "succeeded"): Step.CONFIRM,
    (S.CAPTURING, "canceled"): Step.ASK_AGAIN,
    (S.VOIDING, "canceled"): Step.END,
    (S.REQUESTED, "canceled"): Step.EXPIRE,
    # Captured without us, by hand in Stripe's dashboard for example: nothing was agreed, so it goes back.
    (S.AWAITING_PAYMENT, "succeeded"): Step.REFUSE,
    (S.VOIDING, "succeeded"): Step.RETURN_STRAY,
}
_STRAY = {"requires_capture": Step.RELEASE_STRAY, "succeeded": Step.RETURN_STRAY}


def step_for(state: BookingState, status: str, *, own: bool, agreed: bool) -> Step:
    """What a payment in `status` (Stripe's PaymentIntent) means for a booking in `state`.

    `own`: it is the payment this booking waits for or has. `agreed`: amount, currency and reference are as asked.
    """
    if not own or state in NEVER_PAID:
        return _STRAY.get(status, Step.NOTHING)
    step = _OWN.get((state, status), Step.NOTHING)
    return Step.REFUSE if step is Step.AUTHORISE and not agreed else step
