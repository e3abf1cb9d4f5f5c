"""A session's states and steps in words, by who looks."""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.domain.booking import BookingState as S


@dataclass(frozen=True, slots=True)
class StateWords:
    """A state's badge, and the sentence below it for the lead and for the expert."""

    label: str | LazyString
    kind: str
    lead: str | LazyString
    expert: str | LazyString


STATES: dict[str, StateWords] = {
    S.DRAFT: StateWords(_l("Draft"), "", "", ""),
    S.AWAITING_PAYMENT: StateWords(
        _l("To be paid"), "hot", _l("The slot is kept for you while you pay."), _l("The lead is about to pay.")
    ),
    S.EXPIRED_UNPAID: StateWords(
        _l("Not paid"), "", _l("It was not paid in time. Nothing was charged."), _l("It was not paid in time.")
    ),
    S.REQUESTED: StateWords(
        _l("Waiting for the expert"),
        "warn",
        _l("Your card is authorised, nothing is charged yet. The expert answers before the deadline."),
        _l("The money is reserved on the lead’s card. Please accept or decline before the deadline."),
    ),
    S.CAPTURING: StateWords(
        _l("Being confirmed"),
        "warn",
        _l("The expert accepted; your card is being charged."),
        _l("You accepted; the card is being charged."),
    ),
    S.PAYMENT_FAILED: StateWords(
        _l("Payment refused"),
        "err",
        _l("The expert accepted, but your bank refused the payment. The slot is kept for you: please pay again."),
        _l("You accepted, but the lead’s bank refused the payment. They were asked to pay again within a day."),
    ),
    S.DECLINED: StateWords(
        _l("Declined"),
        "err",
        _l("The expert declined. Nothing was charged."),
        _l("You declined. The slot is free again."),
    ),
    S.EXPIRED: StateWords(
        _l("No answer"),
        "err",
        _l("The expert did not answer in time. Nothing was charged."),
        _l("You did not answer in time. The slot is free again."),
    ),
    S.WITHDRAWN: StateWords(
        _l("Withdrawn"),
        "",
        _l("You took the request back. Nothing was charged."),
        _l("The lead took the request back. The slot is free again."),
    ),
    S.CONFIRMED: StateWords(
        _l("Confirmed"), "ok", _l("The session will take place."), _l("The session will take place.")
    ),
    S.CANCELLED_BY_LEAD: StateWords(
        _l("Cancelled"), "err", _l("You cancelled this session."), _l("The lead cancelled this session.")
    ),
    S.CANCELLED_BY_EXPERT: StateWords(
        _l("Cancelled"),
        "err",
        _l("The expert cancelled this session. You get everything back."),
        _l("You cancelled this session. The lead gets everything back."),
    ),
    S.CANCELLED_BY_ADMIN: StateWords(
        _l("Cancelled"),
        "err",
        _l("Cadran cancelled this session. You get everything back."),
        _l("Cadran cancelled this session. The lead gets everything back."),
    ),
    S.IN_PROGRESS: StateWords(_l("Now"), "hot", _l("The session is taking place."), _l("The session is taking place.")),
    S.AWAITING_FEEDBACK: StateWords(
        _l("Held"),
        "ok",
        _l("The session was held. Please rate it."),
        _l("The session was held. Your share is sent once both have rated, after three days at the latest."),
    ),
    S.NO_SHOW_REPORTED: StateWords(
        _l("Absence reported"),
        "warn",
        _l("One side reported that the other did not come. The other side may answer for three days."),
        _l("One side reported that the other did not come. The other side may answer for three days."),
    ),
    S.NO_SHOW_EXPERT: StateWords(
        _l("Did not take place"),
        "err",
        _l("The expert did not come. You get everything back."),
        _l("You did not come. The lead gets everything back."),
    ),
    S.ON_HOLD: StateWords(
        _l("Being settled"),
        "warn",
        _l("A problem was reported. The money stays with Cadran until we have decided."),
        _l("A problem was reported. The money stays with Cadran until we have decided."),
    ),
    S.REFUNDED: StateWords(
        _l("Refunded"),
        "",
        _l("Cadran decided that you get everything back."),
        _l("Cadran decided that the lead gets everything back."),
    ),
    S.DISPUTED: StateWords(
        _l("Payment disputed"),
        "warn",
        _l("Your bank disputes the payment. Until it has decided, the money is with the bank."),
        _l("The lead’s bank disputes the payment. Your share waits until the bank has decided."),
    ),
    S.LOST: StateWords(
        _l("Payment taken back"),
        "err",
        _l("Your bank decided that the payment goes back to you."),
        _l("The lead’s bank decided that the payment goes back to the lead."),
    ),
    S.RELEASING: StateWords(
        _l("Held"), "ok", _l("The session was held."), _l("The session was held. Your share is on its way.")
    ),
    S.PAYOUT_BLOCKED: StateWords(
        _l("Held"),
        "ok",
        _l("The session was held."),
        _l("The session was held. Your share waits until your account at Stripe can receive it."),
    ),
    S.RELEASED: StateWords(
        _l("Held"), "ok", _l("The session was held."), _l("The session was held and your share was sent.")
    ),
}

STEPS: dict[str, str | LazyString] = {
    "hold": _l("Slot reserved"),
    "reworded": _l("Text changed by the lead before paying"),
    "authorise": _l("Card authorised, request sent to the expert"),
    "authorise_again": _l("Card authorised again"),
    "lapse": _l("Not paid in time, slot freed"),
    "give_up": _l("Slot let go by the lead"),
    "refuse_money": _l("Payment not as agreed, sent back"),
    "accept": _l("Accepted by the expert"),
    "decline": _l("Declined by the expert"),
    "withdraw": _l("Taken back by the lead"),
    "expire": _l("No answer in time"),
    "voided_unpaid": _l("Hold on the card released"),
    "voided_declined": _l("Hold on the card released"),
    "voided_withdrawn": _l("Hold on the card released"),
    "voided_expired": _l("Hold on the card released"),
    "capture": _l("Card charged, session confirmed"),
    "capture_failed": _l("Payment refused by the bank"),
    "pay_again": _l("The lead pays again"),
    "cancel_as_lead": _l("Cancelled by the lead"),
    "cancel_as_expert": _l("Cancelled by the expert"),
    "cancel_as_admin": _l("Cancelled by Cadran"),
    "refunded_lead": _l("Refund settled"),
    "refunded_expert": _l("Refund settled"),
    "refunded_admin": _l("Refund settled"),
    "refunded_no_show": _l("Refund settled"),
    "refunded_all": _l("Refund settled"),
    "refunded_confirmed": _l("Refund settled"),
    "refunded_held": _l("Refund settled"),
    "refunded_part": _l("Refund settled"),
    "refunded_blocked": _l("Refund settled"),
    "refunded_released": _l("Refund settled"),
    "refund_beyond": _l("Cadran gives back more than the policy"),
    "report_no_show": _l("Absence reported"),
    "retract_no_show": _l("Report of an absence taken back"),
    "contest_no_show": _l("Absence contested"),
    "lead_absent": _l("The lead did not come"),
    "expert_absent": _l("The expert did not come"),
    "report_problem": _l("Problem reported"),
    "problem_answered": _l("The other side has answered"),
    "pay_expert": _l("Decided: the expert is paid"),
    "refund_lead": _l("Decided: the lead gets money back"),
    "dispute": _l("Payment disputed at the bank"),
    "lose": _l("Dispute lost"),
    "start": _l("Session begins"),
    "finish": _l("Session held"),
    "release": _l("Money settled"),
    "block": _l("Payout waits for the expert’s account"),
    "unblock": _l("Payout tried again"),
    "pay_out": _l("Share sent to the expert"),
    "moved": _l("Moved to another time"),
    "times_proposed": _l("Other times proposed"),
    "proposal_accepted": _l("A proposed time was taken"),
    "proposal_countered": _l("Other times proposed in turn"),
    "proposal_refused": _l("The proposed times were refused"),
    "proposal_withdrawn": _l("The proposed times were taken back"),
    "proposal_expired": _l("The proposed times ran out"),
    "proposal_overtaken": _l("The proposed times were overtaken by events"),
    "rating.revealed": _l("Both ratings opened"),
}


def state_label(outcome: str) -> str:
    """The badge's words."""
    return str(STATES[outcome].label)


def state_kind(outcome: str) -> str:
    """The badge's colour."""
    return STATES[outcome].kind


def state_sentence(outcome: str, role: str) -> str:
    """What the state means for the one who looks; admins read the lead's."""
    words = STATES[outcome]
    return str(words.expert if role == "expert" else words.lead)


def step_words(move: str) -> str:
    """A step of the timeline; one we have no words for shows its own name."""
    return str(_l("Dispute won") if move.startswith("won_") else STEPS.get(move, move))
