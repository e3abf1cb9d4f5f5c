"""What follows from what: the one table of events and their reactions."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from marketplace.domain import events
from marketplace.domain.events import Event
from marketplace.reactions import matching, notifications, standings
from marketplace.store.outbox import WaitingEvent, close_event, mark_reaction, postpone_event, waiting_events
from marketplace.work import Work

Reaction = Callable[[Work, Event], None]  # runs at least once, so it must do no harm the second time

TELL = notifications.tell

REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    events.AccountRegistered: (TELL,),
    events.PasswordResetAsked: (TELL,),
    events.PasswordChanged: (TELL,),
    events.ExpertApplied: (TELL,),
    events.ExpertVetted: (TELL, standings.refresh),
    events.OfferingSubmitted: (TELL,),
    events.OfferingDecided: (TELL,),
    events.OfferingPublished: (matching.match_offering,),
    events.OfferingHidden: (),
    events.BriefPublished: (matching.match_brief,),
    events.BriefMatched: (TELL,),
    events.ExpertInvited: (TELL,),
    events.ExpertProposed: (TELL,),
    events.InvitationAnswered: (TELL, standings.refresh),
    events.BookingRequested: (TELL,),
    events.BookingConfirmed: (TELL, standings.refresh),
    events.BookingEnded: (TELL, standings.refresh),
    events.SessionNear: (TELL,),
    events.SessionHeld: (TELL, standings.refresh),
    events.RatingGiven: (TELL,),
    events.RatingsRevealed: (TELL, standings.refresh),
    events.RatingReplied: (TELL,),
    events.MoneyReleased: (TELL,),
    events.PayoutBlocked: (TELL,),
    events.Alert: (TELL,),
}

BATCH = 100
ATTEMPTS = 10

log = structlog.get_logger()


def deliver(work: Work) -> int:
    """Run the reactions of all due events; returns how many events were closed."""
    with work.reading() as session:
        waiting = waiting_events(session, work.now(), BATCH)
    return sum(_react(work, item) for item in waiting)


def _react(work: Work, item: WaitingEvent) -> bool:
    for reaction in REACTIONS[type(item.event)]:
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
