"""Who gets in where through the API: one line for every operation, as tests/web/roles.py for the pages.

Besides the people: every scope but the one that the operation needs is refused (test_roles.py tries that by itself).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.domain.tokens import Scope

ANYONE = frozenset({"nobody", "lea", "hugo", "marta", "ines", "amara", "ada"})
SIGNED_IN = ANYONE - {"nobody"}
LEADS = frozenset({"lea", "hugo", "marta"})
EXPERTS = frozenset({"ines", "amara"})
ADMIN = frozenset({"ada"})
AMARA = frozenset({"amara"})

OFFERING = {
    "language": "en",
    "title": "Chatbots that survive compliance",
    "outcome": "You leave with the list of questions that your compliance team will ask, and answers.",
    "experience": "For four years I rolled out assistants in two banks; three launches were blocked, one held.",
    "topics": [1],
    "price_minor": 45_000,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One operation: who gets in, and for whom of the right role it does not exist. `scope` None: open to everybody."""

    method: str
    rule: str
    open_to: frozenset[str]
    scope: Scope | None
    path: str = ""
    body: Mapping[str, Any] | None = None
    missing_for: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def example(self) -> str:
        """The address to try."""
        return self.path or self.rule

    def refusal(self, who: str) -> int:
        """The status that somebody who does not get in meets."""
        if who == "nobody":
            return 401
        return 404 if who in self.missing_for else 403


def line(
    method: str,
    rule: str,
    open_to: frozenset[str],
    scope: Scope | None,
    path: str = "",
    body: Mapping[str, Any] | None = None,
    missing_for: frozenset[str] | set[str] = frozenset(),
    **headers: str,
) -> Line:
    """One line of the table."""
    return Line(method, rule, open_to, scope, path, body, frozenset(missing_for), headers)


def own_offering(method: str, rest: str, body: Mapping[str, Any] | None = None, **headers: str) -> Line:
    """A move on Amara's draft: for other experts it does not exist."""
    rule, path = f"/offerings/<int:offering_id>{rest}", f"/offerings/{{draft}}{rest}"
    return line(method, rule, AMARA, Scope.OFFERINGS, path, body, {"ines"}, **headers)


LINES: tuple[Line, ...] = (
    line("GET", "/openapi.json", ANYONE, None),
    line("GET", "/me", SIGNED_IN, Scope.READ),
    line("GET", "/search", ANYONE, None),
    # offerings and experts
    line("GET", "/me/offerings", EXPERTS, Scope.READ),
    line("POST", "/offerings", EXPERTS, Scope.OFFERINGS, body=OFFERING),
    line("GET", "/offerings/<int:offering_id>", ANYONE, None, "/offerings/{offering}"),
    own_offering("PATCH", "", {"price_minor": 50_000}, If_Match="*"),
    own_offering("POST", "/submission"),
    own_offering("POST", "/recall"),
    own_offering("POST", "/pause"),
    own_offering("POST", "/resumption"),
    own_offering("POST", "/withdrawal"),
    line("GET", "/offerings/<int:offering_id>/slots", ANYONE, None, "/offerings/{offering}/slots"),
    line("GET", "/experts/<int:expert_id>", ANYONE, None, "/experts/{expert}"),
)
