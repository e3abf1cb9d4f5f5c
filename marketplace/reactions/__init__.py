"""What follows from what: the one table of events and their reactions."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from marketplace.domain import events
from marketplace.domain.events import Event
from marketplace.reactions.matching import match_brief, match_offering
from marketplace.reactions.next_slots import look_again
from marketplace.reactions.notifications import tell
from marketplace.reactions.programs import tell_programs
from marketplace.reactions.standings import refresh
from marketplace.store.money import raise_alert
from marketplace.store.outbox import (
    Happened,
    WaitingEvent,
    close_event,
    mark_reaction,
    postpone_event,
    waiting_events,
)
from marketplace.work import Work

Reaction = Callable[[Work, Happened], None]  # runs at least once, so it must do no harm the second time

Table = Mapping[type[Event], tuple[Reaction, ...]]

REACTIONS: Table = {
    events.AccountRegistered: (tell,),
    events.AddressRegisteredAgain: (tell,),
    events.PasswordResetAsked: (tell,),
    events.PasswordChanged: (tell,),
    events.ExpertApplied: (tell,),
    events.ExpertVetted: (tell, refresh),
    events.OfferingSubmitted: (tell,),
    events.OfferingDecided: (tell, tell_programs),
    events.OfferingPublished: (match_offering,),
    events.OfferingHidden: (),
    events.BriefPublished: (match_brief,),
    events.BriefMatched: (tell, tell_programs),
    events.SearchNews: (tell,),
    events.ExpertInvited: (tell, tell_programs),
    events.ExpertProposed: (tell, tell_programs),
    events.InvitationAnswered: (tell, refresh, tell_programs),
    events.InvitationExpired: (refresh,),
    events.BookingRequested: (tell, look_again, tell_programs),
    events.BookingConfirmed: (tell, refresh, tell_programs),
    events.BookingEnded: (tell, refresh, look_again, tell_programs),
    events.BookingMoved: (tell, look_again),
    events.TimesProposed: (tell,),
    events.ProposalEnded: (tell,),
    events.SessionNear: (tell,),
    events.SessionHeld: (tell, refresh, tell_programs),
    events.NoShow: (tell, refresh),
    events.RatingGiven: (tell,),
    events.RatingsRevealed: (tell, refresh, tell_programs),
    events.RatingReplied: (tell,),
    events.MoneyReleased: (tell, tell_programs),
    events.PayoutBlocked: (tell,),
    events.ProblemReported: (tell,),
    events.ProblemAnswered: (tell,),
    events.ProblemSettled: (tell, refresh),
    events.PaymentDisputed: (tell, refresh),
    events.DisputeClosed: (tell, refresh),
    events.RefundedBeyondPolicy: (tell,),
    events.WebhookDisabled: (tell,),
    events.Alert: (tell,),
}

BATCH = 100
ATTEMPTS = 10

log = structlog.get_logger()


def deliver(work: Work, table: Table = REACTIONS) -> int:
    """Run the reactions of all due events; returns how many events were closed."""
    with work.reading() as session:
        waiting = waiting_events(session, work.now(), BATCH)
    return sum(_react(work, item, table) for item in waiting)


def _react(work: Work, item: WaitingEvent, table: Table) -> bool:
    try:
        happened = item.happened()
        reactions = table[type(happened.event)]
    except (KeyError, TypeError) as error:
        return _postpone(work, item, f"unreadable: {type(error).__name__}")
    failures = [failure for reaction in reactions if (failure := _failure(work, item, happened, reaction))]
    if failures:
        return _postpone(work, item, ", ".join(failures))
    with work.transaction() as tx:
        close_event(tx.session, item.outbox_id, tx.now)
    return True


def _failure(work: Work, item: WaitingEvent, happened: Happened, reaction: Reaction) -> str:
    """Run the reaction unless it ran already; returns what went wrong, '' for nothing."""
    name = f"{reaction.__module__.rpartition('.')[2]}.{reaction.__name__}"
    if name in item.done:
        return ""
    try:
        reaction(work, happened)
    except Exception as error:
        # One bad event must not stop the others, and one bad reaction not the event's others.
        log.exception("reaction.failed", outbox_id=item.outbox_id, reaction=name, attempt=item.attempts + 1)
        return f"{name}: {type(error).__name__}"
    with work.transaction() as tx:
        mark_reaction(tx.session, item.outbox_id, name, tx.now)
    return ""


def _postpone(work: Work, item: WaitingEvent, error: str) -> bool:
    """Wait longer each time, then park the event and ask a person to look. Always False: nothing was closed."""
    with work.transaction() as tx:
        last = item.attempts + 1 >= ATTEMPTS
        until = None if last else tx.now + timedelta(seconds=2**item.attempts)
        postpone_event(tx.session, item.outbox_id, until, tx.now, error)
        if last and item.name != events.Alert.__name__:
            raise_alert(tx, "reaction_parked", f"outbox:{item.outbox_id}", error)
    return False
