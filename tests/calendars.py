"""Experts with calendars and bare bookings, for tests below the services."""

from itertools import count
from typing import Any

from marketplace.domain.calendar import Slot
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.transaction import Transaction

_numbers = count(1)


def add_expert(tx: Transaction, name: str, zone: str = "Europe/Paris", **settings: Any) -> int:
    """A vetted expert without hours; returns the id."""
    account = Account(
        email=f"expert{next(_numbers)}@example.org",
        name=name,
        password_hash="none",
        role="expert",
        zone=zone,
        created_at=tx.now,
        verified_at=tx.now,
    )
    tx.session.add(account)
    tx.session.flush()
    tx.session.add(Expert(id=account.id, vetting="approved", **settings))
    tx.session.flush()
    return account.id


def add_booking(tx: Transaction, expert_id: int, slot: Slot) -> int:
    """A booking of the expert by themselves, holding no time yet; returns the id."""
    offering = Offering(expert_id=expert_id, created_at=tx.now)
    tx.session.add(offering)
    tx.session.flush()
    revision = OfferingRevision(
        offering_id=offering.id,
        number=1,
        language="fr",
        title="Audit",
        outcome="",
        experience="",
        price_minor=36000,
        created_at=tx.now,
    )
    tx.session.add(revision)
    tx.session.flush()
    booking = Booking(
        reference=f"CAD-{next(_numbers):08}",
        offering_id=offering.id,
        revision_id=revision.id,
        expert_id=expert_id,
        lead_id=expert_id,
        state="awaiting_payment",
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        room=f"room-{next(_numbers)}",
        net_minor=36000,
        vat_minor=0,
        gross_minor=36000,
        commission_minor=5400,
        commission_vat_minor=1080,
        payout_minor=29520,
        policy={},
        created_at=tx.now,
        hold_until=tx.now,
    )
    tx.session.add(booking)
    tx.session.flush()
    return booking.id
