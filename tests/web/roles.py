"""Who gets in where: one line for every rule of the application. A rule without a line fails the test.

Add a line with your route. `path` is an example address; its `{names}` come from `World.ids`. `open_to` says who gets
in; what the others meet is `otherwise`: "forbidden" (403, the role is wrong) or "missing" (404, not theirs).
People: lea and hugo (same company), marta (another company), ines and amara (experts), ada (admin).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ANYONE = frozenset({"nobody", "lea", "hugo", "marta", "ines", "amara", "ada"})
SIGNED_IN = ANYONE - {"nobody"}
LEADS = frozenset({"lea", "hugo", "marta"})
EXPERTS = frozenset({"ines", "amara"})
ADMIN = frozenset({"ada"})
AMARA = frozenset({"amara"})
UNSIGNED = "a refused form"  # what everybody meets who does not sign as Stripe does


@dataclass(frozen=True, slots=True)
class Line:
    """One rule and one method. `also`: people outside `open_to` who meet the other refusal than `otherwise`."""

    method: str
    rule: str
    open_to: frozenset[str]
    path: str = ""
    otherwise: str = "forbidden"
    missing_for: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def example(self) -> str:
        """The address to try."""
        return self.path or self.rule

    def refusal(self, who: str) -> str:
        """What somebody who does not get in meets."""
        if self.otherwise == UNSIGNED:
            return UNSIGNED
        if who == "nobody":
            return "sign-in"
        return "missing" if who in self.missing_for else self.otherwise


def line(
    method: str,
    rule: str,
    open_to: frozenset[str],
    path: str = "",
    *,
    otherwise: str = "forbidden",
    missing_for: frozenset[str] | set[str] = frozenset(),
    **fields: str,
) -> Line:
    """One line of the table. `fields` make the form complete, where an empty one would be refused before the person."""
    return Line(method, rule, open_to, path, otherwise, frozenset(missing_for), fields)


def own_webhook(method: str, rest: str) -> Line:
    """Léa's webhook: for others it does not exist, and admins have none."""
    rule = f"/account/webhooks/<int:webhook_id>{rest}"
    path = f"/account/webhooks/{{webhook}}{rest.replace('<int:delivery_id>', '{delivery}')}"
    return line(method, rule, frozenset({"lea"}), path, missing_for=(LEADS | EXPERTS) - {"lea"})


def own_offering(method: str, rest: str) -> Line:
    """A move on an offering: its expert gets in, for other experts it does not exist."""
    rule = f"/expert/offerings/<int:offering_id>{rest}"
    path = f"/expert/offerings/{{draft}}{rest}"
    return line(method, rule, frozenset({"amara"}), path, missing_for={"ines"})


def own_booking(method: str, rest: str, open_to: set[str]) -> Line:
    """Léa's booking with Amara: for others of the same roles it does not exist, for other roles the page is closed."""
    roles = [group for group in (LEADS, EXPERTS, ADMIN) if group & open_to]
    strangers = frozenset().union(*roles) - open_to
    path = f"/bookings/{{booking}}{rest}"
    return line(method, f"/bookings/<int:booking_id>{rest}", frozenset(open_to), path, missing_for=strangers)


def own_proposal(rest: str, **fields: str) -> Line:
    """The times that Amara proposes to Léa: hers to answer, and nobody's else."""
    rule = f"/bookings/<int:booking_id>/proposals/<int:proposal_id>{rest}"
    path = f"/bookings/{{booking}}/proposals/{{proposal}}{rest}"
    return line("POST", rule, frozenset({"lea"}), path, missing_for={"hugo", "marta", "ines", "amara"}, **fields)


def own_brief(method: str, rest: str, **fields: str) -> Line:
    """Léa's request: for the other leads, colleagues too, it does not exist."""
    rule, path = f"/requests/<int:brief_id>{rest}", f"/requests/{{brief}}{rest}"
    return line(method, rule, frozenset({"lea"}), path, missing_for={"hugo", "marta"}, **fields)


LINES: tuple[Line, ...] = (
    # health, language
    line("GET", "/health/live", ANYONE),
    line("GET", "/health/ready", ANYONE),
    line("POST", "/language", ANYONE),
    # signing in
    line("GET", "/sign-in", ANYONE),
    line("POST", "/sign-in", ANYONE),
    line("POST", "/sign-out", ANYONE),
    line("GET", "/password/forgotten", ANYONE),
    line("POST", "/password/forgotten", ANYONE),
    line("GET", "/password/sent", ANYONE),
    line("GET", "/password/reset/<token>", ANYONE, "/password/reset/{reset_token}"),
    line("POST", "/password/reset/<token>", ANYONE, "/password/reset/{reset_token}"),
    line("GET", "/account/password", SIGNED_IN),
    line("POST", "/account/password", SIGNED_IN),
    # accounts
    line("GET", "/register", ANYONE),
    line("GET", "/register/lead", ANYONE),
    line("POST", "/register/lead", ANYONE),
    line("GET", "/register/expert", ANYONE),
    line("POST", "/register/expert", ANYONE),
    line("GET", "/registered", ANYONE),
    line("GET", "/verification", SIGNED_IN),
    line("POST", "/verification", SIGNED_IN),
    line("GET", "/verification/<token>", ANYONE, "/verification/{verification_token}"),
    line("POST", "/verification/<token>", ANYONE, "/verification/{verification_token}"),
    line("GET", "/account", SIGNED_IN),
    line("POST", "/account/preferences", SIGNED_IN),
    line(
        "POST",
        "/account/sessions/<int:session_id>/ending",
        frozenset({"lea"}),
        "/account/sessions/{session}/ending",
        otherwise="missing",
    ),
    line("POST", "/account/sessions/others/ending", SIGNED_IN),
    line("GET", "/account/tokens/new", SIGNED_IN),
    line("POST", "/account/tokens/new", SIGNED_IN),
    line(
        "POST",
        "/account/tokens/<int:token_id>/revocation",
        frozenset({"lea"}),
        "/account/tokens/{token}/revocation",
        otherwise="missing",
    ),
    line("GET", "/account/webhooks", LEADS | EXPERTS),
    line("GET", "/account/webhooks/new", LEADS | EXPERTS),
    line("POST", "/account/webhooks/new", LEADS | EXPERTS),
    own_webhook("GET", ""),
    own_webhook("POST", "/test"),
    own_webhook("POST", "/secret"),
    own_webhook("POST", "/enabling"),
    own_webhook("POST", "/deletion"),
    own_webhook("POST", "/deliveries/<int:delivery_id>/replay"),
    # the API's page for people; its operations are in tests/api/roles.py
    line("GET", "/api/docs", ANYONE),
    # offerings and experts
    line("GET", "/offerings/<int:offering_id>", ANYONE, "/offerings/{offering}"),
    line("GET", "/offerings/<int:offering_id>-<string:slug>", ANYONE, "/offerings/{offering}-some-words"),
    line("GET", "/experts/<int:expert_id>", ANYONE, "/experts/{expert}"),
    line("GET", "/expert/profile", EXPERTS),
    line("POST", "/expert/profile", EXPERTS),
    line("GET", "/expert/application", EXPERTS),
    line("POST", "/expert/application", EXPERTS),
    line("GET", "/expert/offerings", EXPERTS),
    line("GET", "/expert/offerings/new", EXPERTS),
    line("POST", "/expert/offerings/new", EXPERTS),
    own_offering("GET", ""),
    own_offering("POST", ""),
    own_offering("GET", "/preview"),
    own_offering("POST", "/submission"),
    own_offering("POST", "/recall"),
    own_offering("POST", "/pause"),
    own_offering("POST", "/resumption"),
    own_offering("GET", "/withdrawal"),
    own_offering("POST", "/withdrawal"),
    own_offering("GET", "/deletion"),
    own_offering("POST", "/deletion"),
    # the calendar, and choosing a slot
    line("GET", "/expert/availability", EXPERTS),
    line("POST", "/expert/availability/week", EXPERTS),
    line("POST", "/expert/availability/rules", EXPERTS),
    line("POST", "/expert/availability/dates", EXPERTS),
    line(
        "POST",
        "/expert/availability/dates/<day>/removal",
        frozenset({"amara"}),
        "/expert/availability/dates/2026-12-24/removal",
        missing_for={"ines"},
    ),
    line("POST", "/expert/availability/calendar", EXPERTS),
    line("POST", "/expert/availability/calendar/reading", AMARA, missing_for={"ines"}),
    line("POST", "/expert/availability/calendar/removal", AMARA, missing_for={"ines"}),
    line("GET", "/offerings/<int:offering_id>/booking", LEADS, "/offerings/{offering}/booking"),
    line("POST", "/offerings/<int:offering_id>/booking", LEADS, "/offerings/{offering}/booking"),
    # the admins' desk
    line("GET", "/admin/queue", ADMIN),
    line("GET", "/admin/queue/<string:kind>/<int:item_id>", ADMIN, "/admin/queue/offering/{revision}"),
    line("POST", "/admin/queue/<string:kind>/<int:item_id>/claim", ADMIN, "/admin/queue/offering/{revision}/claim"),
    line("POST", "/admin/queue/<string:kind>/<int:item_id>/release", ADMIN, "/admin/queue/offering/{revision}/release"),
    line("POST", "/admin/queue/<string:kind>/<int:item_id>/verdict", ADMIN, "/admin/queue/offering/{revision}/verdict"),
    line("GET", "/admin/journal", ADMIN),
    line("GET", "/admin/people", ADMIN),
    line("GET", "/admin/people/<int:account_id>", ADMIN, "/admin/people/{lead}"),
    line("POST", "/admin/people/<int:account_id>/suspension", ADMIN, "/admin/people/{lead}/suspension"),
    line("POST", "/admin/people/<int:account_id>/return", ADMIN, "/admin/people/{lead}/return"),
    # sessions, their money, and Stripe's notices
    line("GET", "/bookings", LEADS | EXPERTS),
    own_booking("GET", "", {"lea", "amara", "ada"}),
    own_booking("GET", "/return", {"lea"}),
    own_booking("POST", "/acceptance", {"amara"}),
    own_booking("GET", "/refusal", {"amara"}),
    own_booking("POST", "/refusal", {"amara"}),
    own_booking("GET", "/problem", {"lea", "amara"}),
    own_booking("POST", "/problem", {"lea", "amara"}),
    own_booking("GET", "/problem/answer", {"lea", "amara"}),
    own_booking("POST", "/problem/answer", {"lea", "amara"}),
    own_booking("GET", "/note", {"lea", "amara"}),
    own_booking("POST", "/note", {"lea", "amara"}),
    own_booking("GET", "/withdrawal", {"lea"}),
    own_booking("POST", "/withdrawal", {"lea"}),
    own_booking("GET", "/cancellation", {"lea", "amara", "ada"}),
    own_booking("POST", "/cancellation", {"lea", "amara", "ada"}),
    own_booking("POST", "/payment", {"lea"}),
    own_booking("POST", "/release", {"lea"}),
    line("GET", "/expert/earnings", EXPERTS),
    line("GET", "/expert/earnings.csv", EXPERTS),
    line("GET", "/expert/payouts", EXPERTS),
    line("POST", "/expert/payouts", EXPERTS),
    line("GET", "/expert/payouts/fresh", EXPERTS),
    line("POST", "/expert/payouts/dashboard", EXPERTS),
    line("GET", "/admin/bookings", ADMIN),
    line("GET", "/admin/bookings/<int:booking_id>", ADMIN, "/admin/bookings/{booking}"),
    line("GET", "/admin/cases", ADMIN),
    line("GET", "/admin/bookings/<int:booking_id>/verdict", ADMIN, "/admin/bookings/{booking}/verdict"),
    line("POST", "/admin/bookings/<int:booking_id>/verdict", ADMIN, "/admin/bookings/{booking}/verdict"),
    line("GET", "/admin/bookings/<int:booking_id>/refund", ADMIN, "/admin/bookings/{booking}/refund"),
    line("POST", "/admin/bookings/<int:booking_id>/refund", ADMIN, "/admin/bookings/{booking}/refund"),
    line(
        "POST",
        "/admin/bookings/<int:booking_id>/refund/repetition",
        ADMIN,
        "/admin/bookings/{booking}/refund/repetition",
    ),
    line(
        "POST",
        "/admin/bookings/<int:booking_id>/disputes/<dispute_id>/settlement",
        ADMIN,
        "/admin/bookings/{booking}/disputes/{dispute}/settlement",
        note="We bear it.",
    ),
    line("GET", "/admin/health", ADMIN),
    line("GET", "/admin/stripe-lines/<line_id>", ADMIN, "/admin/stripe-lines/{line}"),
    line("POST", "/admin/stripe-lines/<line_id>", ADMIN, "/admin/stripe-lines/{line}", account="bank", note="Ours."),
    line("GET", "/admin/unmet-demand", ADMIN),
    line("GET", "/searches", LEADS | EXPERTS),
    line("POST", "/searches", LEADS | EXPERTS, query="q=cloud"),
    line("POST", "/searches/<int:saved_id>/alerts", frozenset(), "/searches/999/alerts", missing_for=LEADS | EXPERTS),
    line(
        "POST", "/searches/<int:saved_id>/deletion", frozenset(), "/searches/999/deletion", missing_for=LEADS | EXPERTS
    ),
    line("GET", "/searches/stop/<token>", ANYONE, "/searches/stop/{stop_key}"),
    line("POST", "/searches/stop/<token>", ANYONE, "/searches/stop/{stop_key}"),
    line("POST", "/admin/operations/<int:operation_id>/retry", ADMIN, "/admin/operations/{operation}/retry"),
    line("POST", "/admin/notices/<notice_id>/retry", ADMIN, "/admin/notices/{notice}/retry"),
    line("POST", "/admin/books", ADMIN),
    line("POST", "/admin/alerts/<int:alert_id>/settlement", ADMIN, "/admin/alerts/{alert}/settlement"),
    line("POST", "/notices/stripe/<string:endpoint>", frozenset(), "/notices/stripe/platform", otherwise=UNSIGNED),
    # home, and pages to read
    line("GET", "/", ANYONE),
    line("GET", "/how-it-works", ANYONE),
    line("GET", "/how-ranking-works", ANYONE),
    line("GET", "/help", ANYONE),
    line("GET", "/terms", ANYONE),
    line("GET", "/privacy", ANYONE),
    line("GET", "/accessibility", ANYONE),
    line("GET", "/security", ANYONE),
    line("GET", "/dashboard", SIGNED_IN),
    # search, and Léa's request, to which Amara is invited
    line("GET", "/search", ANYONE),
    line("GET", "/search/suggestions", ANYONE, "/search/suggestions?q=chat"),
    line("GET", "/requests", LEADS),
    line("GET", "/requests/new", LEADS),
    line("POST", "/requests/new", LEADS),
    own_brief("GET", ""),
    own_brief("POST", "/closing"),
    own_brief("POST", "/invitations", offering_id="{offering}"),
    line("GET", "/expert/requests", EXPERTS),
    line("GET", "/expert/requests/<int:brief_id>", AMARA, "/expert/requests/{brief}", missing_for={"ines"}),
    line(
        "POST",
        "/expert/requests/<int:brief_id>/proposals",
        AMARA,
        "/expert/requests/{brief}/proposals",
        missing_for={"ines"},  # it is not her offering
        offering_id="{offering}",
    ),
    line(
        "POST",
        "/invitations/<int:invitation_id>/answer",
        AMARA,
        "/invitations/{invitation}/answer",
        missing_for={"lea", "hugo", "marta", "ines"},
        answer="accept",
    ),
    # ratings: Léa rated Amara after an earlier session
    line(
        "GET",
        "/bookings/<int:booking_id>/calendar.ics",
        frozenset({"lea", "amara"}),
        "/bookings/{held}/calendar.ics",
        missing_for={"hugo", "marta", "ines"},
    ),
    line("GET", "/calendar/<key>.ics", ANYONE, "/calendar/{feed_key}.ics"),
    line("GET", "/calendar", LEADS | EXPERTS),
    line("POST", "/calendar/renewal", LEADS | EXPERTS),
    line("POST", "/calendar/removal", frozenset({"lea"}), missing_for={"hugo", "marta", "ines", "amara"}),
    own_booking("GET", "/time", {"lea"}),
    own_booking("POST", "/time", {"lea"}),
    own_booking("GET", "/proposal", {"lea", "amara"}),
    own_booking("POST", "/proposal", {"lea", "amara"}),
    own_proposal("/acceptance", slot="2026-11-22T08:00Z"),
    own_proposal("/refusal"),
    line(
        "POST",
        "/bookings/<int:booking_id>/proposals/<int:proposal_id>/withdrawal",
        AMARA,
        "/bookings/{booking}/proposals/{proposal}/withdrawal",
        missing_for={"lea", "hugo", "marta", "ines"},
    ),
    own_booking("GET", "/absence", {"lea", "amara"}),
    own_booking("POST", "/absence", {"lea", "amara"}),
    own_booking("GET", "/absence/answer", {"lea", "amara"}),
    own_booking("POST", "/absence/answer", {"lea", "amara"}),
    own_booking("POST", "/absence/retraction", {"lea", "amara"}),
    own_booking("GET", "/rating", {"lea", "amara"}),
    own_booking("POST", "/rating", {"lea", "amara"}),
    line(
        "POST",
        "/ratings/<int:rating_id>/reply",
        AMARA,
        "/ratings/{rating}/reply",
        missing_for={"lea", "hugo", "marta", "ines"},
        text="Thank you, it was a pleasure.",
    ),
    line("GET", "/standing", LEADS | EXPERTS),
    # the demo's letters and clock: nothing of the kind in production
    line("GET", "/mailbox", ANYONE),
    line("GET", "/mailbox/<name>", ANYONE, "/mailbox/{letter}"),
    line("GET", "/mailbox/<name>/calendar.ics", ANYONE, "/mailbox/{letter}/calendar.ics"),
    line("POST", "/demo/clock", ANYONE),
)
