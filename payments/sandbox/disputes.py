"""Disputes: a bank takes a charge's money back, and may have to return it."""

from payments.sandbox import balance, bookings, charges
from payments.sandbox.balance import Movement
from payments.sandbox.desk import Desk, new_id
from payments.sandbox.dispute_forms import ANSWER, evidence, evidence_details
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Text

# What Stripe takes for a dispute in the euro area.
FEE_MINOR = 2000

ANSWER_WITHIN_SECONDS = 9 * 86400
VERDICT_AFTER_SECONDS = 86400

_UNANSWERED = ("needs_response", "warning_needs_response")
_CLOSED = ("won", "lost", "warning_closed", "prevented")
# What Stripe's test mode takes for proof.
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_as_expected(desk: Desk, charge: Json) -> None:
    """The test card does what it is known for."""
    card = charges.card_of(desk, charge)
    if card.dispute is not None and not charge["disputed"]:
        open_on(desk, charge, reason=card.dispute, inquiry=card.inquiry)


def open_on(desk: Desk, charge: Json, *, reason: str, inquiry: bool = False, amount: int | None = None) -> Json:
    """Dispute a captured charge: an inquiry moves no money, a chargeback takes it with a fee."""
    if not charge["captured"] or charge["disputed"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed.")
    bookings.settle_now(desk, charge)
    desk.save(charge | {"disputed": True, "_charged_back": not inquiry})
    dispute = desk.add(_dispute(desk, charge, reason, amount or charge["amount_captured"], inquiry=inquiry))
    desk.tell("charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(desk, dispute)
    return dispute


def escalate(desk: Desk, dispute: Json) -> Json:
    """An inquiry that was not settled becomes a chargeback."""
    if not dispute["status"].startswith("warning") or dispute["status"] in _CLOSED:
        raise invalid(f"Dispute {dispute['id']} is no open inquiry.")
    desk.save(charges.find(desk, dispute["charge"]) | {"_charged_back": True})
    due = desk.now + ANSWER_WITHIN_SECONDS
    dispute |= {"status": "needs_response", "is_charge_refundable": False, "_due": due, "_fate_due": due}
    dispute["evidence_details"]["due_by"] = due
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    desk.save(dispute)
    desk.tell("charge.dispute.updated", dispute)
    _withdraw(desk, dispute)
    return dispute


def decide(desk: Desk, dispute: Json, outcome: str, *, fee_returned: bool = False) -> Json:
    """Close it: a win gives the amount back, and only rarely the fee."""
    if dispute["status"] in _CLOSED:
        raise invalid(f"Dispute {dispute['id']} is already closed.")
    bookings.settle_now(desk, dispute)
    ending = "warning_closed" if dispute["status"].startswith("warning") else outcome
    dispute |= {"status": ending, "_due": None, "_fate_due": None}
    dispute["evidence_details"]["due_by"] = None
    desk.save(dispute)
    if ending == "won":
        _reinstate(desk, dispute, fee_returned=fee_returned)
        # The payment is the merchant's again, to be refunded like any other (live).
        desk.save(charges.find(desk, dispute["charge"]) | {"_charged_back": False})
    desk.tell("charge.dispute.closed", dispute)
    return dispute


def act(desk: Desk, dispute: Json) -> None:
    """The bank decides; a dispute that nobody answered is lost."""
    if dispute["status"] in _CLOSED:
        return
    text = dispute["evidence"]["uncategorized_text"]
    decide(desk, dispute, _VERDICTS.get(text or "", "lost"))


def find(desk: Desk, identifier: str) -> Json:
    """The dispute of a path, or 404."""
    dispute = desk.find("dispute", identifier)
    if dispute is None:
        raise missing_object("dispute", identifier, param="dispute")
    return dispute


def _retrieve(desk: Desk, call: Call) -> Json:
    return _as_of_now(desk, find(desk, call.identifier))


def _list(desk: Desk, call: Call) -> Json:
    found = listing(desk, "dispute", call.params, "/v1/disputes", by=("charge", "payment_intent"))
    return found | {"data": [_as_of_now(desk, dispute) for dispute in found["data"]]}


def _answer(desk: Desk, call: Call) -> Json:
    dispute = find(desk, call.identifier)
    if dispute["status"] not in _UNANSWERED:
        raise invalid(f"This dispute is {dispute['status']}: evidence can no longer be given.")
    dispute["evidence"] |= call.params.get("evidence", {})
    dispute["metadata"] |= call.params.get("metadata", {})
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"].values())
    if "evidence" in call.params and call.params.get("submit", True):
        _submit(desk, dispute)
    desk.save(dispute)
    desk.tell("charge.dispute.updated", dispute)
    return _as_of_now(desk, dispute)


def _submit(desk: Desk, dispute: Json) -> None:
    dispute["status"] = "warning_under_review" if dispute["status"].startswith("warning") else "under_review"
    dispute["evidence_details"]["submission_count"] += 1
    verdict = desk.now + VERDICT_AFTER_SECONDS
    dispute |= {"_due": verdict, "_fate_due": verdict}


def _close(desk: Desk, call: Call) -> Json:
    dispute = find(desk, call.identifier)
    return _as_of_now(desk, decide(desk, dispute, "lost"))


def _withdraw(desk: Desk, dispute: Json) -> None:
    _book(desk, dispute, -dispute["amount"], FEE_MINOR, "dispute", "Chargeback withdrawal")


def _reinstate(desk: Desk, dispute: Json, *, fee_returned: bool) -> None:
    fee = -FEE_MINOR if fee_returned else 0
    _book(desk, dispute, dispute["amount"], fee, "dispute_reversal", "Chargeback reversal")


def _book(desk: Desk, dispute: Json, amount: int, fee: int, category: str, words: str) -> None:
    movement = Movement(
        kind="adjustment",
        amount=amount,
        currency=dispute["currency"],
        source=dispute["id"],
        available=desk.now,
        fee=fee,
        category=category,
        description=f"{words} for {dispute['charge']}",
    )
    bookings.enter(desk, dispute, movement)
    if dispute.get("_movement") is None:
        verb = "withdrawn" if amount < 0 else "reinstated"
        desk.tell(f"charge.dispute.funds_{verb}", dispute)


def _as_of_now(desk: Desk, dispute: Json) -> Json:
    entries = [balance.as_of_now(desk, entry) for entry in dispute["balance_transactions"]]
    late = dispute["evidence_details"]["due_by"]
    details = dispute["evidence_details"] | {"past_due": late is not None and late < desk.now}
    return dispute | {"balance_transactions": entries, "evidence_details": details}


def _dispute(desk: Desk, charge: Json, reason: str, amount: int, *, inquiry: bool) -> Json:
    due = desk.now + ANSWER_WITHIN_SECONDS
    brand = charge["payment_method_details"]["card"]["brand"]
    case = {"brand": brand, "case_type": "inquiry" if inquiry else "chargeback"}
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence(charge["billing_details"]["email"]),
        "evidence_details": evidence_details(due),
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": {**case, "network_reason_code": "10.4"}, "type": "card"},
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
        "_due": due,
        "_fate_due": due,
    }


_LISTING = {**DATED_LIST_FIELDS, "charge": Text(), "payment_intent": Text()}

OPERATIONS = (
    Operation("GET", "/v1/disputes/<identifier>", _retrieve),
    Operation("GET", "/v1/disputes", _list, _LISTING),
    Operation("POST", "/v1/disputes/<identifier>", _answer, ANSWER),
    Operation("POST", "/v1/disputes/<identifier>/close", _close),
)
