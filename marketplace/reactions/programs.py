"""Which programs hear that something happened: those of the people whom it concerns."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from marketplace.domain import events
from marketplace.domain.events import Event
from marketplace.domain.webhooks import NAMES, stamp
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Brief, Invitation
from marketplace.store.offerings import Offering
from marketplace.store.outbox import Happened
from marketplace.store.webhooks import has_delivery, listeners, new_delivery
from marketplace.work import Work

Concerned = tuple[set[int], dict[str, Any]]  # accounts, and what is told: ids and states, to be asked for by the API


def tell_programs(work: Work, happened: Happened) -> None:
    """Put the event on its way to every endpoint of the people concerned that asked for it."""
    name, _ = NAMES[type(happened.event)]
    with work.transaction() as tx:
        accounts, told = _CONCERNED[type(happened.event)](tx.session, happened.event)
        payload = {"type": name, "timestamp": stamp(tx.now), "data": told}
        for hook in listeners(tx.session, accounts, name):
            key = f"{hook.id}:{happened.outbox_id}"
            if not has_delivery(tx.session, key):
                tx.session.add(new_delivery(hook.id, key, name, payload, tx.now))


def _offering(session: Session, event: Any) -> Concerned:
    offering = session.get_one(Offering, event.offering_id)
    return {offering.expert_id}, {"offering_id": offering.id, "decision": event.decision}


def _matched(session: Session, event: Any) -> Concerned:
    brief = session.get_one(Brief, event.brief_id)
    return {brief.lead_id}, {"request_id": brief.id, "offering_id": event.offering_id}


def _invited(session: Session, event: Any) -> Concerned:
    invitation = session.get_one(Invitation, event.invitation_id)
    return {invitation.expert_id}, _about(invitation)


def _proposed(session: Session, event: Any) -> Concerned:
    invitation = session.get_one(Invitation, event.invitation_id)
    return {session.get_one(Brief, invitation.brief_id).lead_id}, _about(invitation)


def _answered(session: Session, event: Any) -> Concerned:
    """Whoever asked hears the answer."""
    invitation = session.get_one(Invitation, event.invitation_id)
    lead_id = session.get_one(Brief, invitation.brief_id).lead_id
    asked = lead_id if invitation.kind == "invitation" else invitation.expert_id
    return {asked}, {**_about(invitation), "accepted": event.accepted}


def _booking(session: Session, event: Any) -> Concerned:
    """Both sides; the expert only of what was authorised: before that, they know nothing of it."""
    booking = session.get_one(Booking, event.booking_id)
    accounts = {booking.lead_id} | ({booking.expert_id} if booking.requested_at is not None else set())
    return accounts, {"booking_id": booking.id, "reference": booking.reference}


def _ended(session: Session, event: Any) -> Concerned:
    accounts, told = _booking(session, event)
    return accounts, {**told, "state": event.state}


def _money(session: Session, event: Any) -> Concerned:
    booking = session.get_one(Booking, event.booking_id)
    return {booking.expert_id}, {"booking_id": booking.id, "reference": booking.reference}


def _about(invitation: Invitation) -> dict[str, Any]:
    return {
        "invitation_id": invitation.id,
        "request_id": invitation.brief_id,
        "offering_id": invitation.offering_id,
    }


_CONCERNED: Mapping[type[Event], Callable[[Session, Any], Concerned]] = {
    events.OfferingDecided: _offering,
    events.BriefMatched: _matched,
    events.ExpertInvited: _invited,
    events.ExpertProposed: _proposed,
    events.InvitationAnswered: _answered,
    events.BookingRequested: _booking,
    events.BookingConfirmed: _booking,
    events.BookingEnded: _ended,
    events.SessionHeld: _booking,
    events.RatingsRevealed: _booking,
    events.MoneyReleased: _money,
}
