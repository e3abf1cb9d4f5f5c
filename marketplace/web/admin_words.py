"""What the machinery calls things, in words for admins."""

from typing import TypeAlias

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.domain.booking import BookingState as S
from marketplace.web.booking_words import STATES, step_words

Words: TypeAlias = str | LazyString

# Where the sides of a session need one word, admins need to tell apart.
STATE_NAMES: dict[str, Words] = {
    **{state: words.label for state, words in STATES.items()},
    S.VOIDING: _l("Hold being released"),
    S.REFUNDING: _l("Refund under way"),
    S.CANCELLED_BY_LEAD: _l("Cancelled by the lead"),
    S.CANCELLED_BY_EXPERT: _l("Cancelled by the expert"),
    S.CANCELLED_BY_ADMIN: _l("Cancelled by Cadran"),
    S.AWAITING_FEEDBACK: _l("Held, to be rated"),
    S.RELEASING: _l("Held, share being sent"),
    S.PAYOUT_BLOCKED: _l("Held, share held up"),
    S.RELEASED: _l("Held and paid out"),
    S.NO_SHOW_EXPERT: _l("Expert absent, refunded"),
    S.REFUNDED: _l("Refunded by verdict"),
    S.LOST: _l("Dispute lost"),
}

ALERTS: dict[str, Words] = {
    "payment_not_as_agreed": _l("A payment differs from what was agreed; it is sent back"),
    "late_payment_released": _l("A card was authorised for a booking that had ended; the hold is released"),
    "late_payment_returned": _l("Money came for a booking that had ended; it is sent back"),
    "payment_disputed": _l("A lead disputes a payment with their bank"),
    "ledger_breached": _l("The books are in doubt; no share is sent until that is mended"),
    "booking_stuck": _l("A session waits for Stripe, and nothing is under way"),
    "payment_questioned": _l("A bank asks about a payment; no money was taken"),
    "dispute_cost_us": _l("A lost dispute cost more than was left of the price"),
    "reversal_refused": _l("A share could not be taken back from an expert’s account; they owe it"),
    "reversal_after_verdict": _l("A share came back after the bank had decided"),
    "refund_failed": _l("A refund came back from the lead’s bank"),
    "refund_refused": _l("Stripe refuses a refund"),
    "void_refused": _l("Stripe refuses to release a hold"),
    "capture_refused": _l("Stripe refuses to charge a card; the lead is asked to pay again"),
    "checkout_refused": _l("Stripe refuses to open a payment page"),
    "transfer_refused": _l("Stripe refuses to send an expert’s share"),
    "transfer_reversed": _l("A transfer to an expert was reversed"),
    "account_refused": _l("Stripe refuses to open an expert’s account"),
    "problem_reported": _l("A problem with a session was reported; its money stands still"),
    "notice_parked": _l("A notice from Stripe belongs to nothing we know"),
    "operation_broken": _l("A call to Stripe fails on our side"),
    "deadline_broken": _l("A deadline of a booking fails on our side"),
    "reaction_parked": _l("A consequence failed again and again"),
    "letter_unanswered": _l("A letter may not have been sent"),
    "letter_unsent": _l("A letter could not be sent"),
}

GAUGES: dict[str, Words] = {
    "notices_waiting": _l("Notices from Stripe waiting"),
    "notices_parked": _l("Notices that belong to nothing we know"),
    "operations_pending": _l("Calls to Stripe waiting"),
    "operations_unknown": _l("Calls to Stripe without an answer yet"),
    "events_waiting": _l("Consequences waiting"),
    "events_parked": _l("Consequences that failed"),
    "letters_waiting": _l("Letters waiting"),
    "letters_failed": _l("Letters that could not be sent"),
}

LEDGER_ACCOUNTS: dict[str, Words] = {
    "stripe_balance": _l("Our balance at Stripe"),
    "stripe_fees": _l("Stripe’s fees"),
    "client_money": _l("Held for leads and experts"),
    "expert_payable": _l("Owed to experts"),
    "commission": _l("Our commission"),
    "vat_output": _l("VAT to hand in"),
    "disputed_funds": _l("Taken back by banks for now"),
    "dispute_fees": _l("Fees for disputes"),
    "dispute_reserve": _l("Kept until banks have decided"),
    "refund_reserve": _l("On its way back to leads"),
    "expert_receivable": _l("Owed to us by experts"),
    "bad_debt": _l("Lost"),
    "bank": _l("Our bank account"),
}

OPERATIONS: dict[str, Words] = {
    "account": _l("Open an account"),
    "checkout": _l("Open a payment page"),
    "capture": _l("Charge the card"),
    "void": _l("Release the hold"),
    "refund": _l("Refund"),
    "transfer": _l("Send the share"),
    "expire": _l("Shut the payment page"),
    "reversal": _l("Take the share back"),
}

OPERATION_STATES: dict[str, Words] = {
    "pending": _l("Waiting"),
    "unknown": _l("No answer yet"),
    "done": _l("Done"),
    "failed": _l("Failed"),
}

ENTRIES: dict[str, Words] = {
    "capture": _l("Card charged"),
    "fee": _l("Stripe’s fee"),
    "refund": _l("Refund"),
    "refund_undone": _l("Refund come back"),
    "settle": _l("Shared out"),
    "transfer": _l("Share sent"),
    "reversal": _l("Share taken back"),
    "reversal_refused": _l("Share could not be taken back"),
    "unsettle": _l("Put in reserve for a refund"),
    "reserve": _l("Share kept for a dispute"),
    "dispute": _l("Dispute at the bank"),
    "won": _l("Dispute won"),
    "lost": _l("Dispute lost"),
    "written_off": _l("Written off"),
    "own": _l("About no booking"),
}

PARTS: dict[str, Words] = {
    "step": _l("Step"),
    "call": _l("Call to Stripe"),
    "entry": _l("Posting"),
    "notice": _l("Notice"),
    "letter": _l("Letter"),
}

LETTER_STATES: dict[str, Words] = {
    "waiting": _l("Waiting"),
    "sending": _l("Being sent"),
    "sent": _l("Sent"),
    "dropped": _l("Not needed any more"),
    "failed": _l("Failed"),
    "parked": _l("Belongs to nothing we know"),
}

DISPUTES: dict[str, Words] = {
    "warning_needs_response": _l("Inquiry, to be answered"),
    "warning_under_review": _l("Inquiry, being looked at"),
    "warning_closed": _l("Inquiry closed"),
    "needs_response": _l("To be answered"),
    "under_review": _l("Being looked at"),
    "won": _l("Won"),
    "lost": _l("Lost"),
}

CASES: dict[str, Words] = {
    "problem": _l("Problem with the session"),
    "no_show": _l("Somebody did not come"),
    "dispute": _l("Dispute at the bank"),
    "refund_failed": _l("A refund that did not get through"),
    "refund_beyond": _l("Refund beyond the policy"),
}

# Invariants of the ledger, by the name of the check.
CHECKS: dict[str, Words] = {
    "entries_uneven": _l("Entries that do not sum to zero"),
    "captures_without_lines": _l("Charges without postings"),
    "client_money_in_debit": _l("Sessions that gave back more than came in"),
    "client_money_left_over": _l("Finished sessions that still hold money"),
    "bookings_uneven": _l("Sessions whose price is not shared out to the cent"),
    "sent_otherwise": _l("Sessions whose transfers are not what was sent"),
    "lines_foreign": _l("Movements at Stripe that our ledger does not know"),
    "fees_missing": _l("Stripe’s fees that our ledger does not know"),
    "lines_unequal": _l("Movements at Stripe with another amount"),
    "entries_unknown_to_stripe": _l("Entries that Stripe does not know"),
    "stripe_difference_minor": _l("Unexplained difference from Stripe’s balance, in cents"),
    "own_money_minor": _l("Earned and not yet paid out to ourselves, in cents"),
}

BEATS: dict[str, Words] = {
    "worker": _l("Worker"),
    "stuck_bookings": _l("Search for stuck sessions"),
    "ending_holds": _l("Look at cards whose reservation ends"),
    "books": _l("Comparison with Stripe’s book"),
    "stripe_polled": _l("Question to Stripe for lost notices"),
}


def named(table: dict[str, Words], name: str) -> str:
    """The words, or the name itself where we have none."""
    return str(table.get(name, name.replace("_", " ")))


def story_words(part: str, name: str) -> str:
    """A line of a booking's story."""
    if part == "step":
        return step_words(name)
    return named(_STORY[part], name) if part in _STORY else name


def story_state(part: str, state: str) -> str:
    """How a line of the story stands; '' where that says nothing."""
    return named(OPERATION_STATES | LETTER_STATES, state) if state and part != "step" else ""


_STORY = {"call": OPERATIONS, "entry": ENTRIES}
