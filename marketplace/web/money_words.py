"""Movements of a session's money in words: what happened, and why."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.web.values import money

# kind -> (icon, sentence)
STEPS: dict[str, tuple[str, LazyString]] = {
    "authorised": ("lock", _l("%(amount)s authorised on the card")),
    "released": ("undo", _l("%(amount)s released on the card; nothing is charged")),
    "capture": ("card", _l("%(amount)s charged to the card")),
    "refund": ("undo", _l("%(amount)s refunded to the card; banks take 5 to 10 days to show it")),
    "refund_pending": ("clock", _l("%(amount)s is on its way back to the card")),
    "refund_undone": ("warning", _l("%(amount)s did not get through to the card’s bank; we are looking after it")),
    "taken_by_bank": ("warning", _l("%(amount)s taken back by the bank: the payment is disputed there")),
    "returned_by_bank": ("undo", _l("%(amount)s given back by the bank")),
    "transfer": ("wallet", _l("%(amount)s sent to the expert")),
    "reversal": ("undo", _l("%(amount)s taken back from the expert’s account")),
}

WHY: dict[str, LazyString] = {
    "cancel_as_lead": _l("The lead cancelled; the policy agreed at booking decides."),
    "cancel_as_expert": _l("The expert cancelled."),
    "cancel_as_admin": _l("Cadran cancelled."),
    "expert_absent": _l("The expert did not come."),
    "refund_lead": _l("Decided after a problem was reported."),
    "refund_beyond": _l("Cadran gives back more than the policy."),
    "refuse_money": _l("The payment was not what had been agreed."),
    "decline": _l("The expert declined."),
    "withdraw": _l("The lead took the request back."),
    "expire": _l("No answer in time."),
}


def money_icon(kind: str) -> str:
    """The icon of a movement."""
    return STEPS[kind][0]


def money_words(kind: str, amount: int, currency: str) -> str:
    """The movement as a sentence; `amount` in cents."""
    return str(STEPS[kind][1]) % {"amount": money(amount, currency)}


def why_words(move: str) -> str:
    """Why it was moved; '' where no decision stands behind it."""
    return str(WHY.get(move, ""))
