"""Webhooks: which events programs may hear of, how often a delivery is tried, and when we stop trying."""

from datetime import UTC, datetime, timedelta
from typing import Final

from marketplace.domain import events
from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.events import Event
from marketplace.domain.tokens import Scope, scopes_of

MOST_ENDPOINTS: Final = 5  # an account
LONGEST_ADDRESS: Final = 500
ATTEMPT_WITHIN: Final = timedelta(minutes=2)  # longer than any call: then its process died in the middle
GIVE_UP_ENDPOINT: Final = timedelta(days=3)  # of nothing but failures
KEPT: Final = timedelta(days=30)
BOTH_SECRETS: Final = timedelta(days=1)  # after a renewal, messages carry the old signature, too
MOST_BY_HAND: Final = 20  # tests and repetitions of one endpoint that wait: we are nobody's cannon
TEST: Final = "webhook.test"  # what a person sends to see it arrive; nobody subscribes to it

# Between the tries of one delivery; after the last it has failed, until somebody replays it.
PAUSES: Final = tuple(
    timedelta(**span)
    for span in (
        {"seconds": 5},
        {"minutes": 1},
        {"minutes": 5},
        {"minutes": 30},
        {"hours": 2},
        {"hours": 8},
        {"days": 1},
    )
)

# What programs call an event, and the scope that a token needs to subscribe to it.
NAMES: Final[dict[type[Event], tuple[str, Scope]]] = {
    events.OfferingDecided: ("offering.decided", Scope.OFFERINGS),
    events.BriefMatched: ("request.matched", Scope.REQUESTS),
    events.ExpertInvited: ("invitation.received", Scope.REQUESTS),
    events.ExpertProposed: ("proposal.received", Scope.REQUESTS),
    events.InvitationAnswered: ("invitation.answered", Scope.REQUESTS),
    events.BookingRequested: ("booking.requested", Scope.BOOKINGS),
    events.BookingConfirmed: ("booking.confirmed", Scope.BOOKINGS),
    events.BookingEnded: ("booking.ended", Scope.BOOKINGS),
    events.SessionHeld: ("booking.held", Scope.BOOKINGS),
    events.RatingsRevealed: ("ratings.revealed", Scope.RATINGS),
    events.MoneyReleased: ("money.released", Scope.MONEY),
}
SCOPES: Final[dict[str, Scope]] = dict(NAMES.values())


def checked_events(wished: tuple[str, ...]) -> tuple[str, ...]:
    """The names in their order; `Invalid` for none and for one that there is not."""
    if not wished:
        raise Invalid("webhook_events_missing", field="events")
    if not set(wished) <= set(SCOPES):
        raise Invalid("webhook_event_unknown", field="events")
    return tuple(name for name in SCOPES if name in wished)


def check_room(endpoints: int) -> None:
    """`Conflict` when an account has as many as it may."""
    if endpoints >= MOST_ENDPOINTS:
        raise Conflict("too_many_webhooks", most=MOST_ENDPOINTS)


def check_by_hand(waiting: int) -> None:
    """`Conflict` when enough messages wait for an endpoint already."""
    if waiting >= MOST_BY_HAND:
        raise Conflict("too_many_deliveries", most=MOST_BY_HAND)


def events_of(role: Role) -> tuple[str, ...]:
    """The events that somebody of this role can hear of."""
    return tuple(name for name, scope in SCOPES.items() if scope in scopes_of(role))


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many tries; None when it is enough."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def stamp(moment: datetime) -> str:
    """A moment as messages tell it: RFC 3339 in UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
