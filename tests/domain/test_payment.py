"""What Stripe's view of a payment means: every state against every status."""

import pytest

from marketplace.domain.booking import NEVER_PAID, BookingState
from marketplace.domain.payment import Step, step_for

STATUSES = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
)
OWN = {
    ("awaiting_payment", "requires_capture"): Step.AUTHORISE,
    ("awaiting_payment", "succeeded"): Step.REFUSE,
    ("requested", "canceled"): Step.EXPIRE,
    ("capturing", "succeeded"): Step.CONFIRM,
    ("capturing", "canceled"): Step.ASK_AGAIN,
    ("voiding", "canceled"): Step.END,
    ("voiding", "succeeded"): Step.RETURN_STRAY,
}
STRAY = {"requires_capture": Step.RELEASE_STRAY, "succeeded": Step.RETURN_STRAY}


@pytest.mark.parametrize("state", list(BookingState))
@pytest.mark.parametrize("status", STATUSES)
def test_every_state_and_status(state: BookingState, status: str) -> None:
    own = STRAY.get(status, Step.NOTHING) if state in NEVER_PAID else OWN.get((state, status), Step.NOTHING)
    assert step_for(state, status, own=True, agreed=True) is own
    assert step_for(state, status, own=False, agreed=True) is STRAY.get(status, Step.NOTHING)


def test_a_payment_that_is_not_as_agreed_is_refused() -> None:
    state = BookingState.AWAITING_PAYMENT
    assert step_for(state, "requires_capture", own=True, agreed=False) is Step.REFUSE
