"""A slot is held while the lead pays."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.cashier.moves import move
from marketplace.cashier.queue import queue_checkout
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import HELD_AT_ONCE, HOLD, BookingState
from marketplace.domain.calendar import ExpertCalendar, Slot, free_slots, is_bookable, is_in_the_way, nearest, quarters
from marketplace.domain.cancellation import STANDARD
from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from marketplace.domain.price import quote
from marketplace.services.bookings.paying import Reserved, let_go, page_or_wait, payment_page
from marketplace.store.accounts import Account, locked_account
from marketplace.store.bookings import Booking, booking_to_change, own_hold, unpaid_holds
from marketplace.store.briefs import Brief
from marketplace.store.calendars import load_calendars, lock_calendar, occupy
from marketplace.store.offerings import LiveOffering, live_offering
from marketplace.store.transaction import Transaction
from marketplace.work import Work

REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is mistaken for another
LONGEST_TEXT = 2_000
LONGEST_PO_NUMBER = 50
AROUND = timedelta(days=14)  # where the nearest free slots are looked for
PROPOSED = 3


@dataclass(frozen=True, slots=True)
class Reserve:
    """A lead wants this slot. `starts_at` is aware; `format` is 'remote' or 'onsite'; one answer per question;
    `shown_gross_minor` is the price that the page had shown, in cents."""

    actor: Actor
    offering_id: int
    starts_at: datetime
    format: str
    objective: str
    answers: tuple[str, ...] = ()
    po_number: str = ""
    brief_id: int | None = None
    shown_gross_minor: int | None = None


def reserve(work: Work, command: Reserve) -> Reserved:
    """Hold a slot for 15 minutes and open the payment page.

    Raises `Conflict` "slot_taken" or "slot_not_offered" (both with `nearest`, the nearest free slots), "slot_past",
    "too_many_holds" or "price_changed"; `Forbidden` "not_verified"; `Invalid` for a text or format; `NotFound` for the
    offering or request; `Unavailable` "stripe_unavailable", after which the slot is free again.
    """
    require(command.actor, Role.LEAD)
    command = replace(command, starts_at=_utc(command.starts_at))
    if (held := _own_hold(work, command)) is not None:
        return _second_tab(work, command, held)
    try:
        booking_id = _hold(work, command)
    except Conflict:
        # Two clicks at once: whoever lost to themselves has not lost.
        if (held := _own_hold(work, command)) is None:
            raise
        return _second_tab(work, command, held)
    try:
        return payment_page(work, booking_id)
    except Unavailable:
        if let_go(work, booking_id):
            raise
        return page_or_wait(work, booking_id)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Invalid("slot_unreadable", field="slot")
    return moment.astimezone(UTC)


def _own_hold(work: Work, command: Reserve) -> int | None:
    with work.reading() as session:
        return own_hold(session, command.actor.id, command.offering_id, command.starts_at)


def _second_tab(work: Work, command: Reserve, booking_id: int) -> Reserved:
    """The same hold and the same payment page; what the lead has written last is what counts."""
    with work.transaction() as tx:
        booking = booking_to_change(tx.session, booking_id)
        if booking is not None and booking.state == BookingState.AWAITING_PAYMENT and booking.accepted_at is None:
            _reword(tx, command, booking)
    try:
        return payment_page(work, booking_id)
    except Unavailable:
        return page_or_wait(work, booking_id)


def _reword(tx: Transaction, command: Reserve, booking: Booking) -> None:
    offering = _offering(tx, command.offering_id)
    if offering.revision_id != booking.revision_id:
        return  # its questions are others by now
    _check_wishes(tx, command, offering)
    written = _written(command)
    changed = [name for name, value in written.items() if getattr(booking, name) != value]
    for name in changed:
        setattr(booking, name, written[name])
    if changed:
        tx.journal(command.actor, "booking.reworded", ("booking", booking.id), new={"changed": changed})


def _hold(work: Work, command: Reserve) -> int:
    try:
        # Beside others: the lead's row is locked before holds are counted, the expert's where caps count, and the key
        # of the quarters decides the rest.
        with work.transaction(beside=True) as tx:
            return _hold_slot(work, tx, command)
    except Conflict as lost:
        if lost.code not in ("slot_taken", "slot_not_offered"):
            raise
        raise Conflict(lost.code, nearest=_nearest(work, command)) from None


def _hold_slot(work: Work, tx: Transaction, command: Reserve) -> int:
    offering = _offering(tx, command.offering_id)
    lead = _lead(tx, command)
    _check_wishes(tx, command, offering)
    slot = Slot(command.starts_at, command.starts_at + timedelta(minutes=offering.length_minutes))
    lock_calendar(tx.session, offering.expert_id)
    calendar = load_calendars(tx.session, [offering.expert_id], slot.starts_at, slot.ends_at)[offering.expert_id]
    _check_slot(calendar, slot, tx.now)
    booking = _booking(tx, command, offering, slot)
    # The primary key of the quarters decides between two who have come this far at once.
    occupy(tx.session, offering.expert_id, _quarters(calendar, slot), booking.id)
    move(tx, command.actor, booking, "hold")
    queue_checkout(work, tx, booking, offering.title, lead)
    return booking.id


def _offering(tx: Transaction, offering_id: int) -> LiveOffering:
    offering = live_offering(tx.session, offering_id)
    if offering is None or not offering.vetted:
        raise NotFound("offering_not_found")
    return offering


def _lead(tx: Transaction, command: Reserve) -> Account:
    lead = locked_account(tx.session, command.actor.id)
    if lead.verified_at is None:
        raise Forbidden("not_verified")
    if unpaid_holds(tx.session, lead.id, tx.now) >= HELD_AT_ONCE:
        raise Conflict("too_many_holds", most=HELD_AT_ONCE)
    return lead


def _check_wishes(tx: Transaction, command: Reserve, offering: LiveOffering) -> None:
    if command.format not in (("remote", "onsite") if offering.format == "both" else (offering.format,)):
        raise Invalid("format_not_offered", field="format")
    if not command.objective.strip():
        raise Invalid("objective_missing", field="objective")
    if len(command.answers) > len(offering.questions):
        raise Invalid("too_many_answers", field="answers")
    if max(len(text) for text in (command.objective, *command.answers)) > LONGEST_TEXT:
        raise Invalid("text_too_long", field="objective", most=LONGEST_TEXT)
    if len(command.po_number) > LONGEST_PO_NUMBER:
        raise Invalid("po_number_too_long", field="po_number", most=LONGEST_PO_NUMBER)
    if command.brief_id is not None:
        _check_brief(tx, command, command.brief_id)


def _check_brief(tx: Transaction, command: Reserve, brief_id: int) -> None:
    brief = tx.session.get(Brief, brief_id)
    if brief is None or brief.lead_id != command.actor.account_id:
        raise NotFound("brief_not_found")


def _check_slot(calendar: ExpertCalendar, slot: Slot, now: datetime) -> None:
    if slot.starts_at <= now:
        raise Conflict("slot_past")
    if is_bookable(calendar, slot, now):
        return
    raise Conflict("slot_taken" if is_in_the_way(calendar, slot) else "slot_not_offered")


def _quarters(calendar: ExpertCalendar, slot: Slot) -> range:
    return quarters(slot, calendar.buffer_before, calendar.buffer_after)


def _booking(tx: Transaction, command: Reserve, offering: LiveOffering, slot: Slot) -> Booking:
    price = quote(offering.price_minor, offering.vat_scheme)
    if command.shown_gross_minor not in (None, price.gross):
        raise Conflict("price_changed")
    booking = Booking(
        reference="CAD-" + "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8)),
        offering_id=offering.offering_id,
        revision_id=offering.revision_id,
        expert_id=offering.expert_id,
        lead_id=command.actor.id,
        company_id=command.actor.company_id,
        state=BookingState.DRAFT,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        **_written(command),
        room=secrets.token_urlsafe(20),
        net_minor=price.net,
        vat_minor=price.vat,
        gross_minor=price.gross,
        commission_minor=price.commission,
        commission_vat_minor=price.commission_vat,
        payout_minor=price.payout,
        currency=offering.currency,
        policy=STANDARD.as_json(),
        created_at=tx.now,
        hold_until=tx.now + HOLD,
    )
    tx.session.add(booking)
    tx.session.flush()
    return booking


def _written(command: Reserve) -> dict[str, Any]:
    """What the lead says of the session."""
    return {
        "brief_id": command.brief_id,
        "format": command.format,
        "objective": command.objective.strip(),
        "answers": [answer.strip() for answer in command.answers],
        "po_number": command.po_number.strip(),
    }


def _nearest(work: Work, command: Reserve) -> tuple[Slot, ...]:
    """The free slots nearest to the wanted one, for whoever came second."""
    start, end = command.starts_at - AROUND, command.starts_at + AROUND
    with work.reading() as session:
        offering = live_offering(session, command.offering_id)
        if offering is None:
            return ()
        calendar = load_calendars(session, [offering.expert_id], start, end)[offering.expert_id]
    free = free_slots(calendar, offering.length_minutes, start, end, work.now())
    return nearest(free, command.starts_at, PROPOSED)
