"""Where Stripe's newer version differs from the published description: each difference with its reason.

The description is of 2026-05-27.dahlia; the library that we use speaks 2026-10-28.endive.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One change, made to the description in place, and why."""

    reason: str
    apply: Callable[[Node], None]


def changed(spec: Node) -> Node:
    """The description with every difference applied."""
    for difference in DIFFERENCES:
        difference.apply(spec)
    return spec


def _form(spec: Node, path: str) -> Node:
    content = spec["paths"][path]["post"]["requestBody"]["content"]
    (only,) = content.values()
    schema: Node = only["schema"]
    return schema


def _without_payment_method_types(spec: Node) -> None:
    for path in ("/v1/checkout/sessions", "/v1/payment_intents", "/v1/payment_intents/{intent}/confirm"):
        del _form(spec, path)["properties"]["payment_method_types"]


def _links_without_configurations(spec: Node) -> None:
    answered = spec["components"]["schemas"]["v2.core.account_link"]
    for link in (_form(spec, "/v2/core/account_links"), answered):
        onboarding = link["properties"]["use_case"]["properties"]["account_onboarding"]
        onboarding["required"].remove("configurations")
        del onboarding["properties"]["configurations"]


def _null_in_v2(spec: Node) -> None:
    for name in ("v2.core.account", "v2.core.event"):
        _let_optional_be_null(spec["components"]["schemas"][name])


def _let_optional_be_null(schema: Node) -> None:
    for name, part in schema.get("properties", {}).items():
        _let_optional_be_null(part)
        if name not in schema.get("required", []):
            part["nullable"] = True
    if isinstance(schema.get("items"), dict):
        _let_optional_be_null(schema["items"])


DIFFERENCES = (
    Difference(
        "endive: payment_method_types can no longer be sent on PaymentIntents and Checkout Sessions;"
        " the methods on offer are chosen in the dashboard",
        _without_payment_method_types,
    ),
    Difference(
        "endive: v2 Account Links no longer take configurations; they follow from the account",
        _links_without_configurations,
    ),
    Difference(
        "v2 answers null for every part that is not there or was not included (docs: 'include'), where the description"
        " says only that it is optional; the library's classes have Optional for exactly these",
        _null_in_v2,
    ),
)
