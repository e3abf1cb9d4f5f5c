"""What can be said in answer to a dispute."""

from payments.sandbox.faults import Json
from payments.sandbox.shapes import Flag, Group, Shape, Text, Words

_TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
_FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation",
    "receipt", "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip

ANSWER: dict[str, Shape] = {
    "evidence": Group({name: Text() for name in _TEXTS}),
    "metadata": Words(),
    "submit": Flag(),
}


def evidence(email: str | None) -> Json:
    """Nothing given yet but what the charge itself tells."""
    return {**dict.fromkeys((*_TEXTS, *_FILES)), "customer_email_address": email, "enhanced_evidence": {}}


def evidence_details(due: int) -> Json:
    """Where the answer stands."""
    return {
        "due_by": due,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
    }
