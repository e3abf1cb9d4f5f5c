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
COMPLAIN = timedelta(hours=72)  # after the end: until then a problem can be reported and freezes the money
NO_SHOW_GRACE = timedelta(minutes=15)  # after the start: before that nobody is absent
CONTEST = timedelta(hours=72)  # after a no-show was reported: silence decides
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
    NO_SHOW_REPORTED = "no_show_reported"  # one side says that the other did not come; the other may contest
    NO_SHOW_EXPERT = "no_show_expert"  # the expert did not come: everything went back
    AWAITING_FEEDBACK = "awaiting_feedback"
    ON_HOLD = "on_hold"  # a problem is open: the money is frozen until an admin's verdict
    REFUNDED = "refunded"  # the session's time was over, the verdict gave everything back
    RELEASING = "releasing"
    PAYOUT_BLOCKED = "payout_blocked"
    RELEASED = "released"
    DISPUTED = "disputed"  # the lead's bank took the money back for now; `disputed_from` says where the booking stood
    LOST = "lost"  # the bank keeps it


S = BookingState
_LEAD = frozenset({Role.LEAD})
_EXPERT = frozenset({Role.EXPERT})
_ADMIN = frozenset({Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})
_SIDES = frozenset({Role.LEAD, Role.EXPERT})
_ANYBODY = _SIDES | _ADMIN
_BEFORE_RELEASE = (S.CONFIRMED, S.IN_PROGRESS, S.AWAITING_FEEDBACK)
# Paid, whatever became of it: a bank may still take the money back.
DISPUTABLE = (
    S.CONFIRMED,
    S.IN_PROGRESS,
    S.NO_SHOW_REPORTED,
    S.AWAITING_FEEDBACK,
    S.ON_HOLD,
    S.REFUNDING,
    S.CANCELLED_BY_LEAD,
    S.CANCELLED_BY_EXPERT,
    S.CANCELLED_BY_ADMIN,
    S.NO_SHOW_EXPERT,
    S.REFUNDED,
    S.RELEASING,
    S.PAYOUT_BLOCKED,
    S.RELEASED,
)
# Where an admin may give back more than the policy does.
BEYOND_POLICY = (
    S.CONFIRMED,
    S.AWAITING_FEEDBACK,
    S.CANCELLED_BY_LEAD,
    S.PAYOUT_BLOCKED,
    S.RELEASED,
)

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
        Move(S.REFUNDING, "refunded_no_show", _SYSTEM, S.NO_SHOW_EXPERT),
        Move(S.REFUNDING, "refunded_all", _SYSTEM, S.REFUNDED),
        # A part went back, and the booking goes on from where it stood.
        Move(S.REFUNDING, "refunded_confirmed", _SYSTEM, S.CONFIRMED),
        Move(S.REFUNDING, "refunded_held", _SYSTEM, S.AWAITING_FEEDBACK),
        Move(S.REFUNDING, "refunded_part", _SYSTEM, S.RELEASING),
        Move(S.REFUNDING, "refunded_blocked", _SYSTEM, S.PAYOUT_BLOCKED),
        Move(S.REFUNDING, "refunded_released", _SYSTEM, S.RELEASED),
        *rows("refund_beyond", BEYOND_POLICY, _ADMIN, S.REFUNDING),
        Move(S.CONFIRMED, "start", _SYSTEM, S.IN_PROGRESS),
        Move(S.IN_PROGRESS, "finish", _SYSTEM, S.AWAITING_FEEDBACK),
        # The clock may be late: whoever waits alone can say so whether or not it has begun the session.
        *rows("report_no_show", _BEFORE_RELEASE, _SIDES, S.NO_SHOW_REPORTED),
        Move(S.NO_SHOW_REPORTED, "retract_no_show", _SIDES, S.IN_PROGRESS),
        Move(S.NO_SHOW_REPORTED, "contest_no_show", _ANYBODY, S.ON_HOLD),
        Move(S.NO_SHOW_REPORTED, "lead_absent", _SYSTEM, S.RELEASING),
        Move(S.NO_SHOW_REPORTED, "expert_absent", _SYSTEM, S.REFUNDING),
        Move(S.AWAITING_FEEDBACK, "report_problem", _ANYBODY, S.ON_HOLD),
        Move(S.ON_HOLD, "pay_expert", _ADMIN, S.RELEASING),
        Move(S.ON_HOLD, "refund_lead", _ADMIN, S.REFUNDING),
        Move(S.AWAITING_FEEDBACK, "release", _SYSTEM, S.RELEASING),
        Move(S.RELEASING, "block", _SYSTEM, S.PAYOUT_BLOCKED),
        Move(S.PAYOUT_BLOCKED, "unblock", _SYSTEM, S.RELEASING),
        Move(S.RELEASING, "pay_out", _SYSTEM, S.RELEASED),
        *rows("dispute", DISPUTABLE, _SYSTEM, S.DISPUTED),
        # Won: back to where it was.
        *(Move(S.DISPUTED, f"won_{state}", _SYSTEM, state) for state in DISPUTABLE),
        Move(S.DISPUTED, "lose", _SYSTEM, S.LOST),
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
    S.NO_SHOW_EXPERT: "refunded_no_show",
    S.REFUNDED: "refunded_all",
    S.CONFIRMED: "refunded_confirmed",
    S.AWAITING_FEEDBACK: "refunded_held",
    S.RELEASING: "refunded_part",
    S.PAYOUT_BLOCKED: "refunded_blocked",
    S.RELEASED: "refunded_released",
}

CANCELLED = frozenset({S.CANCELLED_BY_LEAD, S.CANCELLED_BY_EXPERT, S.CANCELLED_BY_ADMIN})
# Nothing was ever ours: money that arrives now goes back.
NEVER_PAID = frozenset({S.EXPIRED_UNPAID, S.DECLINED, S.EXPIRED, S.WITHDRAWN})
# Ended without a session that counts.
DEAD = NEVER_PAID | CANCELLED | {S.NO_SHOW_EXPERT, S.REFUNDED}
ENDING = frozenset({S.VOIDING, S.REFUNDING})
# The session's time is over; it was held if the booking also has a `rate_by`, which only the end of a session sets.
HELD = frozenset({S.AWAITING_FEEDBACK, S.ON_HOLD, S.RELEASING, S.PAYOUT_BLOCKED, S.RELEASED, S.DISPUTED, S.LOST})
UNPAID = frozenset({S.DRAFT, S.AWAITING_PAYMENT, S.PAYMENT_FAILED})
# The money is ours to keep for the expert: the session takes place, takes place now, or took place.
SECURED = (frozenset({S.CONFIRMED, S.IN_PROGRESS, S.NO_SHOW_REPORTED}) | HELD) - {S.LOST}
# The money stands still until a person or a bank has decided.
FROZEN = frozenset({S.NO_SHOW_REPORTED, S.ON_HOLD, S.REFUNDING, S.DISPUTED})
# Nothing more happens by itself, and nothing is held for anybody.
FINISHED = DEAD | {S.RELEASED, S.LOST}


def accept_deadline(requested_at: datetime, capture_before: datetime | None, starts_at: datetime) -> datetime:
    """Until when the expert may answer: 72 hours, earlier when the card's hold or the start is near.

    At least one hour, for sessions booked shortly before they start, but never after the start (payments.md).
    """
    near_start = max(starts_at - ANSWER_BEFORE_START, requested_at + ANSWER_AT_LEAST)
    limits = [requested_at + ANSWER, near_start, starts_at]
    if capture_before is not None:
        limits.append(capture_before - ANSWER_BEFORE_HOLD_ENDS)
    return min(limits)


def may_report_problem(ends_at: datetime, now: datetime) -> bool:
    """Whether a problem with a session can still be reported: until 72 hours after its end."""
    return ends_at <= now <= ends_at + COMPLAIN


def may_report_no_show(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether one side can say that the other did not come: from 15 minutes after the start to 72 hours after the
    end."""
    return starts_at + NO_SHOW_GRACE <= now <= ends_at + COMPLAIN


def outcome_of(state: str, ending: str) -> str:
    """What people are told: the state, or what it becomes as soon as Stripe has confirmed that."""
    return ending if state in ENDING else state


def room_is_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether the video room's link is shown: from 15 minutes before the start to the end."""
    return starts_at - ROOM_OPENS <= now <= ends_at
