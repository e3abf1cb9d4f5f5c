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
HOURS = {"week": {}, "min_notice_hours": 24, "horizon_days": 60, "buffer_before": 0, "buffer_after": 15}
REQUEST = {"title": "A chatbot", "problem": "Two thousand advisers should use a chatbot, and compliance blocks it."}
BOOKING = {"offering_id": "{offering}", "starts_at": "2026-11-09T14:00:00Z", "objective": "A list of questions."}
ABOUT = "Four banks, eleven years, three core systems taken apart while they ran: I know where it hurts, and when."
PROFILE = {"headline": "Core banking, taken apart", "bio": ABOUT, "languages": ["en"], "vat_scheme": "franchise"}
APPLICATION = {"motivation": ABOUT, "references": ABOUT, "teaching": ABOUT}
WEBHOOK = {"url": "https://hooks.example.org/", "events": ["booking.held"]}
RATING = {
    "overall": 5,
    "dimensions": {"depth": 5, "clarity": 5, "preparation": 5, "usefulness": 5, "punctuality": 5},
    "recommend": True,
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


def own_request(method: str, rest: str, scope: Scope, body: Mapping[str, Any] | None = None) -> Line:
    """Léa's request: for the other leads, colleagues too, it does not exist."""
    rule, path = f"/requests/<int:request_id>{rest}", f"/requests/{{brief}}{rest}"
    return line(method, rule, frozenset({"lea"}), scope, path, body, {"hugo", "marta"})


def own_search(method: str, rest: str, body: Mapping[str, Any] | None = None) -> Line:
    """Léa's saved search."""
    rule, path = f"/me/searches/<int:search_id>{rest}", f"/me/searches/{{saved}}{rest}"
    return line(method, rule, frozenset({"lea"}), Scope.REQUESTS, path, body, (LEADS | EXPERTS) - {"lea"})


def waiting_text(rest: str) -> Line:
    """Moves on the text that waits in the queue."""
    rule, path = f"/moderation/offerings/<int:offering_id>{rest}", f"/moderation/offerings/{{waiting}}{rest}"
    return line("POST", rule, ADMIN, Scope.MODERATION, path)


def applicant(method: str, rest: str, body: Mapping[str, Any] | None = None) -> Line:
    """Jeanne's application."""
    rule, path = f"/moderation/experts/<int:expert_id>{rest}", f"/moderation/experts/{{applicant}}{rest}"
    return line(method, rule, ADMIN, Scope.MODERATION, path, body)


def own_booking(
    method: str,
    rest: str,
    open_to: set[str],
    scope: Scope,
    body: Mapping[str, Any] | None = None,
    **headers: str,
) -> Line:
    """Léa's booking with Amara: for others of the same roles it does not exist."""
    strangers = frozenset().union(*(group for group in (LEADS, EXPERTS, ADMIN) if group & open_to)) - open_to
    rule, path = f"/bookings/<int:booking_id>{rest}", f"/bookings/{{booking}}{rest}"
    return line(method, rule, frozenset(open_to), scope, path, body, strangers, **headers)


def own_webhook(method: str, rest: str, scope: Scope = Scope.BOOKINGS) -> Line:
    """Léa's: for everybody else it does not exist."""
    rule = f"/me/webhooks/<int:webhook_id>{rest}"
    path = f"/me/webhooks/{{webhook}}{rest.replace('<int:delivery_id>', '{delivery}')}"
    return line(method, rule, frozenset({"lea"}), scope, path, missing_for=(LEADS | EXPERTS) - {"lea"})


def own_proposal(rest: str, body: Mapping[str, Any] | None = None, side: str = "lea") -> Line:
    """Amara's proposal to Léa: one side answers it, the other takes it back."""
    rule = f"/bookings/<int:booking_id>/proposals/<int:proposal_id>{rest}"
    path = f"/bookings/{{booking}}/proposals/{{proposal}}{rest}"
    return line("POST", rule, frozenset({side}), Scope.BOOKINGS, path, body, (LEADS | EXPERTS) - {side})


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
    own_offering("POST", "/deletion"),
    line("GET", "/me/profile", EXPERTS, Scope.READ),
    line("PUT", "/me/profile", EXPERTS, Scope.OFFERINGS, body=PROFILE, If_Match="*"),
    line("POST", "/me/application", EXPERTS, Scope.OFFERINGS, body=APPLICATION),
    line("GET", "/offerings/<int:offering_id>/slots", ANYONE, None, "/offerings/{offering}/slots"),
    line("GET", "/experts/<int:expert_id>", ANYONE, None, "/experts/{expert}"),
    line("GET", "/offerings/<int:offering_id>/ratings", ANYONE, None, "/offerings/{offering}/ratings"),
    # the admins' desk
    line("GET", "/moderation/queue", ADMIN, Scope.MODERATION),
    line("GET", "/moderation/offerings/<int:offering_id>", ADMIN, Scope.MODERATION, "/moderation/offerings/{waiting}"),
    line(
        "POST",
        "/moderation/offerings/<int:offering_id>/verdict",
        ADMIN,
        Scope.MODERATION,
        "/moderation/offerings/{waiting}/verdict",
        {"decision": "approve"},
    ),
    waiting_text("/claim"),
    waiting_text("/release"),
    applicant("GET", ""),
    applicant("POST", "/claim"),
    applicant("POST", "/release"),
    applicant("POST", "/verdict", {"decision": "approve"}),
    # hours
    line("GET", "/me/availability", EXPERTS, Scope.READ),
    line("PUT", "/me/availability", EXPERTS, Scope.OFFERINGS, body=HOURS, If_Match="*"),
    line("GET", "/me/exceptions", EXPERTS, Scope.READ),
    line("POST", "/me/exceptions", EXPERTS, Scope.OFFERINGS, body={"day": "2026-12-31"}),
    line(
        "DELETE",
        "/me/exceptions/<string:day>",
        AMARA,
        Scope.OFFERINGS,
        "/me/exceptions/2026-12-24",
        missing_for={"ines"},
    ),
    line("GET", "/me/calendar", AMARA, Scope.READ, missing_for={"ines"}),
    line("POST", "/me/calendar", EXPERTS, Scope.OFFERINGS, body={"url": "https://calendar.example/x.ics"}),
    line("POST", "/me/calendar/reading", AMARA, Scope.OFFERINGS, missing_for={"ines"}),
    line("DELETE", "/me/calendar", AMARA, Scope.OFFERINGS, missing_for={"ines"}),
    # saved searches
    line("GET", "/me/searches", LEADS | EXPERTS, Scope.READ),
    line("POST", "/me/searches", LEADS | EXPERTS, Scope.REQUESTS, body={"q": "cloud"}),
    own_search("POST", "/alerts", {"on": False}),
    own_search("DELETE", ""),
    # requests
    line("POST", "/requests", LEADS, Scope.REQUESTS, body=REQUEST),
    line("GET", "/requests", LEADS, Scope.READ),
    line(
        "GET",
        "/requests/<int:request_id>",
        frozenset({"lea", "amara"}),
        Scope.READ,
        "/requests/{brief}",
        missing_for={"hugo", "marta", "ines"},
    ),
    own_request("GET", "/matches", Scope.READ),
    own_request("POST", "/invitations", Scope.REQUESTS, {"offering_id": "{offering}"}),
    own_request("POST", "/closing", Scope.REQUESTS),
    line(
        "POST",
        "/requests/<int:request_id>/proposals",
        AMARA,
        Scope.REQUESTS,
        "/requests/{brief}/proposals",
        {"offering_id": "{offering}"},
        {"ines"},
    ),
    line("GET", "/me/requests", EXPERTS, Scope.READ),
    line(
        "POST",
        "/invitations/<int:invitation_id>/answer",
        AMARA,
        Scope.REQUESTS,
        "/invitations/{invitation}/answer",
        {"accept": True},
        {"lea", "hugo", "marta", "ines"},
    ),
    # sessions
    line("POST", "/bookings", LEADS, Scope.BOOKINGS, body=BOOKING),
    line("GET", "/bookings", LEADS | EXPERTS, Scope.READ),
    own_booking("GET", "", {"lea", "amara", "ada"}, Scope.READ),
    own_booking("POST", "/acceptance", {"amara"}, Scope.BOOKINGS),
    own_booking("POST", "/refusal", {"amara"}, Scope.BOOKINGS, {}),
    own_booking("POST", "/withdrawal", {"lea"}, Scope.BOOKINGS, {}),
    own_booking("POST", "/cancellation", {"lea", "amara", "ada"}, Scope.BOOKINGS, {}),
    own_booking("POST", "/payment", {"lea"}, Scope.BOOKINGS),
    own_booking("POST", "/release", {"lea"}, Scope.BOOKINGS),
    own_booking("POST", "/rating", {"lea", "amara"}, Scope.RATINGS, RATING),
    line(
        "POST",
        "/ratings/<int:rating_id>/reply",
        AMARA,
        Scope.RATINGS,
        "/ratings/{rating}/reply",
        {"text": "Thank you."},
        {"lea", "hugo", "marta", "ines"},
    ),
    own_booking("POST", "/reschedule", {"lea"}, Scope.BOOKINGS, {"starts_at": "2026-11-10T14:00:00Z"}),
    own_booking("POST", "/problem", {"lea", "amara"}, Scope.BOOKINGS, {"words": "Nobody was in the room."}),
    own_booking("GET", "/absence", {"lea", "amara", "ada"}, Scope.READ),
    own_booking("POST", "/absence", {"lea", "amara"}, Scope.BOOKINGS, {"words": "Nobody came."}),
    own_booking("POST", "/absence/answer", {"lea", "amara"}, Scope.BOOKINGS, {"words": "I was there."}),
    own_booking("POST", "/absence/retraction", {"lea", "amara"}, Scope.BOOKINGS),
    own_booking("GET", "/note", {"lea", "amara", "ada"}, Scope.READ),
    own_booking("PUT", "/note", {"lea", "amara"}, Scope.BOOKINGS, {"text": "To do."}, If_Match="*"),
    line("GET", "/me/feed", LEADS | EXPERTS, Scope.BOOKINGS),
    line("POST", "/me/feed/renewal", LEADS | EXPERTS, Scope.BOOKINGS),
    line("DELETE", "/me/feed", frozenset({"lea"}), Scope.BOOKINGS, missing_for=(LEADS | EXPERTS) - {"lea"}),
    own_booking("POST", "/problem/answer", {"lea", "amara"}, Scope.BOOKINGS, {"words": "I was there."}),
    own_booking("GET", "/proposals", {"lea", "amara", "ada"}, Scope.READ),
    own_booking("POST", "/proposals", {"lea", "amara"}, Scope.BOOKINGS, {"starts": ["2026-11-10T14:00:00Z"]}),
    own_proposal("/acceptance", {"starts_at": "2026-11-22T08:00:00Z"}),
    own_proposal("/refusal"),
    own_proposal("/withdrawal", side="amara"),
    line("GET", "/me/standing", LEADS | EXPERTS, Scope.READ),
    # programs that hear of events
    line("GET", "/me/webhooks", LEADS | EXPERTS, Scope.READ),
    line("POST", "/me/webhooks", LEADS | EXPERTS, Scope.BOOKINGS, body=WEBHOOK),
    own_webhook("DELETE", ""),
    own_webhook("POST", "/enabling"),
    own_webhook("POST", "/secret"),
    own_webhook("POST", "/test"),
    own_webhook("GET", "/deliveries", Scope.READ),
    own_webhook("POST", "/deliveries/<int:delivery_id>/replay"),
    line("GET", "/me/earnings", EXPERTS, Scope.MONEY),
    line("GET", "/health/live", ANYONE, None),
    line("GET", "/health/ready", ANYONE, None),
)
