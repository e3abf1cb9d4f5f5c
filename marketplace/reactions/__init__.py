"""What follows from what: the one table of events and their reactions."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from marketplace.domain import events
from marketplace.domain.events import Event
from marketplace.reactions.matching import match_brief, match_offering
from marketplace.reactions.notifications import tell
from marketplace.reactions.standings import refresh
from marketplace.store.outbox import WaitingEvent, close_event, mark_reaction, postpone_event, waiting_events
from marketplace.work import Work

Reaction = Callable[[Work, Event], None]  # runs at least once, so it must do no harm the second time

REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    events.AccountRegistered: (tell,),
    events.AddressRegisteredAgain: (tell,),
    events.PasswordResetAsked: (tell,),
    events.PasswordChanged: (tell,),
    events.ExpertApplied: (tell,),
    events.ExpertVetted: (tell, refresh),
    events.OfferingSubmitted: (tell,),
    events.OfferingDecided: (tell,),
    events.OfferingPublished: (match_offering,),
    events.OfferingHidden: (),
    events.BriefPublished: (match_brief,),
    events.BriefMatched: (tell,),
    events.ExpertInvited: (tell,),
    events.ExpertProposed: (tell,),
    events.InvitationAnswered: (tell, refresh),
    events.BookingRequested: (tell,),
    events.BookingConfirmed: (tell, refresh),
    events.BookingEnded: (tell, refresh),
    events.SessionNear: (tell,),
    events.SessionHeld: (tell, refresh),
    events.RatingGiven: (tell,),
    events.RatingsRevealed: (tell, refresh),
    events.RatingReplied: (tell,),
    events.MoneyReleased: (tell,),
    events.PayoutBlocked: (tell,),
    events.Alert: (tell,),
}

BATCH = 100
ATTEMPTS = 10

log = structlog.get_logger()


def deliver(work: Work, table: Mapping[type[Event], tuple[Reaction, ...]] = REACTIONS) -> int:
    """Run the reactions of all due events; returns how many events were closed."""
    with work.reading() as session:
        waiting = waiting_events(session, work.now(), BATCH)
    return sum(_react(work, item, table[type(item.event)]) for item in waiting)


def _react(work: Work, item: WaitingEvent, reactions: tuple[Reaction, ...]) -> bool:
    for reaction in reactions:
        name = f"{reaction.__module__.rpartition('.')[2]}.{reaction.__name__}"
        if name in item.done:
            continue
        try:
            reaction(work, item.event)
        except Exception as error:
            # One bad event must not stop the others: it waits longer each time, then a person is asked to look.
            _postpone(work, item, name, error)
            return False
        with work.transaction() as tx:
            mark_reaction(tx.session, item.outbox_id, name, tx.now)
    with work.transaction() as tx:
        close_event(tx.session, item.outbox_id, tx.now)
    return True


def _postpone(work: Work, item: WaitingEvent, name: str, error: Exception) -> None:
    log.exception("reaction.failed", outbox_id=item.outbox_id, reaction=name, attempt=item.attempts + 1)
    with work.transaction() as tx:
        last = item.attempts + 1 >= ATTEMPTS
        until = None if last else tx.now + timedelta(seconds=2**item.attempts)
        postpone_event(tx.session, item.outbox_id, until, tx.now, f"{name}: {type(error).__name__}")
        if last and not isinstance(item.event, events.Alert):
            tx.emit(events.Alert("reaction_parked", f"outbox:{item.outbox_id}"))
