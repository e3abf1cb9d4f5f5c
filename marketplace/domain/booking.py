"""A booking's life as one table, and the deadlines that drive it."""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.domain.access import Role
from marketplace.domain.lifecycle import Lifecycle, Move, rows

HOLD = timedelta(minutes=15)  # the slot waits this long for the payment
HELD_AT_ONCE = 3  # unpaid slots one lead may keep from others
PAY_AGAIN = timedelta(hours=24)  # the slot is kept this long when a capture failed
ANSWER = timedelta(hours=72)
ANSWER_BEFORE_HOLD_ENDS = timedelta(hours=12)
ANSWER_BEFORE_START = timedelta(hours=24)
ANSWER_AT_LEAST = timedelta(hours=1)
ROOM_OPENS = timedelta(minutes=15)
RATING_WINDOW = timedelta(days=14)
RELEASE_AFTER = timedelta(hours=72)
DAY_REMINDER = timedelta(hours=24)
HOUR_REMINDER = timedelta(hours=1)


class BookingState(StrEnum):
    """Where a booking stands."""

    DRAFT = "draft"
    AWAITING_PAYMENT = "awaiting_payment"
    EXPIRED_UNPAID = "expired_unpaid"
    REQUESTED = "requested"
    CAPTURING = "capturing"
    PAYMENT_FAILED = "payment_failed"
    VOIDING = "voiding"  # the card's hold is being released; `ending` says what the booking becomes then
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"
    REFUNDING = "refunding"  # money is on its way back; `ending` says what the booking becomes then
    CANCELLED_BY_LEAD = "cancelled_by_lead"
    CANCELLED_BY_EXPERT = "cancelled_by_expert"
    CANCELLED_BY_ADMIN = "cancelled_by_admin"
    IN_PROGRESS = "in_progress"
    AWAITING_FEEDBACK = "awaiting_feedback"
    RELEASING = "releasing"
    PAYOUT_BLOCKED = "payout_blocked"
    RELEASED = "released"


S = BookingState
_LEAD = frozenset({Role.LEAD})
_EXPERT = frozenset({Role.EXPERT})
_ADMIN = frozenset({Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})
_BEFORE_RELEASE = (S.CONFIRMED, S.IN_PROGRESS, S.AWAITING_FEEDBACK)

LIFECYCLE: Lifecycle[BookingState] = Lifecycle(
    "booking",
    (
        Move(S.DRAFT, "hold", _LEAD, S.AWAITING_PAYMENT),
        Move(S.AWAITING_PAYMENT, "authorise", _SYSTEM, S.REQUESTED),
        # The expert had accepted before the first card failed: no second question.
        Move(S.AWAITING_PAYMENT, "authorise_again", _SYSTEM, S.CAPTURING),
        *rows("lapse", (S.AWAITING_PAYMENT, S.PAYMENT_FAILED), _SYSTEM, S.EXPIRED_UNPAID),
        *rows("give_up", (S.AWAITING_PAYMENT, S.PAYMENT_FAILED), _LEAD, S.EXPIRED_UNPAID),
        Move(S.AWAITING_PAYMENT, "refuse_money", _SYSTEM, S.VOIDING),
        Move(S.REQUESTED, "accept", _EXPERT, S.CAPTURING),
        Move(S.REQUESTED, "decline", _EXPERT, S.VOIDING),
        Move(S.REQUESTED, "withdraw", _LEAD, S.VOIDING),
        Move(S.REQUESTED, "expire", _SYSTEM, S.VOIDING),
        Move(S.VOIDING, "voided_unpaid", _SYSTEM, S.EXPIRED_UNPAID),
        Move(S.VOIDING, "voided_declined", _SYSTEM, S.DECLINED),
        Move(S.VOIDING, "voided_withdrawn", _SYSTEM, S.WITHDRAWN),
        Move(S.VOIDING, "voided_expired", _SYSTEM, S.EXPIRED),
        Move(S.CAPTURING, "capture", _SYSTEM, S.CONFIRMED),
        Move(S.CAPTURING, "capture_failed", _SYSTEM, S.PAYMENT_FAILED),
        Move(S.PAYMENT_FAILED, "pay_again", _LEAD, S.AWAITING_PAYMENT),
        Move(S.CONFIRMED, "cancel_as_lead", _LEAD, S.REFUNDING),
        Move(S.CONFIRMED, "cancel_as_expert", _EXPERT, S.REFUNDING),
        *rows("cancel_as_admin", _BEFORE_RELEASE, _ADMIN, S.REFUNDING),
        Move(S.REFUNDING, "refunded_lead", _SYSTEM, S.CANCELLED_BY_LEAD),
        Move(S.REFUNDING, "refunded_expert", _SYSTEM, S.CANCELLED_BY_EXPERT),
        Move(S.REFUNDING, "refunded_admin", _SYSTEM, S.CANCELLED_BY_ADMIN),
        Move(S.CONFIRMED, "start", _SYSTEM, S.IN_PROGRESS),
        Move(S.IN_PROGRESS, "finish", _SYSTEM, S.AWAITING_FEEDBACK),
        Move(S.AWAITING_FEEDBACK, "release", _SYSTEM, S.RELEASING),
        Move(S.RELEASING, "block", _SYSTEM, S.PAYOUT_BLOCKED),
        Move(S.PAYOUT_BLOCKED, "unblock", _SYSTEM, S.RELEASING),
        Move(S.RELEASING, "pay_out", _SYSTEM, S.RELEASED),
    ),
)

# The last move of an ending that Stripe must confirm first, by what the booking becomes.
LAST_MOVE: dict[BookingState, str] = {
    S.EXPIRED_UNPAID: "voided_unpaid",
    S.DECLINED: "voided_declined",
    S.WITHDRAWN: "voided_withdrawn",
    S.EXPIRED: "voided_expired",
    S.CANCELLED_BY_LEAD: "refunded_lead",
    S.CANCELLED_BY_EXPERT: "refunded_expert",
    S.CANCELLED_BY_ADMIN: "refunded_admin",
}

CANCELLED = frozenset({S.CANCELLED_BY_LEAD, S.CANCELLED_BY_EXPERT, S.CANCELLED_BY_ADMIN})
# Ended without a session: money that arrives now goes back.
DEAD = frozenset({S.EXPIRED_UNPAID, S.DECLINED, S.EXPIRED, S.WITHDRAWN}) | CANCELLED
ENDING = frozenset({S.VOIDING, S.REFUNDING})
# The session's time is over and it was held.
HELD = frozenset({S.AWAITING_FEEDBACK, S.RELEASING, S.PAYOUT_BLOCKED, S.RELEASED})
UNPAID = frozenset({S.DRAFT, S.AWAITING_PAYMENT, S.PAYMENT_FAILED})
# The money is ours to keep for the expert: the session takes place, takes place now, or took place.
SECURED = frozenset({S.CONFIRMED, S.IN_PROGRESS}) | HELD


def accept_deadline(requested_at: datetime, capture_before: datetime | None, starts_at: datetime) -> datetime:
    """Until when the expert may answer: 72 hours, earlier when the card's hold or the start is near.

    At least one hour, for sessions booked shortly before they start, but never after the start (payments.md).
    """
    near_start = max(starts_at - ANSWER_BEFORE_START, requested_at + ANSWER_AT_LEAST)
    limits = [requested_at + ANSWER, near_start, starts_at]
    if capture_before is not None:
        limits.append(capture_before - ANSWER_BEFORE_HOLD_ENDS)
    return min(limits)


def outcome_of(state: str, ending: str) -> str:
    """What people are told: the state, or what it becomes as soon as Stripe has confirmed that."""
    return ending if state in ENDING else state


def room_is_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether the video room's link is shown: from 15 minutes before the start to the end."""
    return starts_at - ROOM_OPENS <= now <= ends_at
