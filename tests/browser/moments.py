"""Sessions at every moment of their life, so that a browser can look at each: Léa's, with Amara."""

from datetime import timedelta
from typing import Any

from marketplace.domain.booking import RATING_WINDOW, BookingState
from marketplace.domain.calendar import Slot, quarters
from marketplace.services.bookings import Absence, Problem, Propose, propose, report_no_show, report_problem
from marketplace.store.calendars import occupy
from tests.scene import Scene

S = BookingState
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def put_on_stage(scene: Scene, offering_id: int) -> dict[str, int]:
    """One booking per moment; the name of the moment -> its id. All in the room's hours start ten minutes from now."""
    now = scene.clock()
    soon, began, over = now + timedelta(minutes=10), now - HOUR, now - 5 * HOUR
    moments: dict[str, dict[str, Any]] = {
        "unpaid": {"state": S.AWAITING_PAYMENT, "hold_until": now + timedelta(minutes=12), "checkout_url": "/x"},
        "card refused": {"state": S.PAYMENT_FAILED, "hold_until": now + DAY, "accepted_at": now},
        "confirmed": {"state": S.CONFIRMED, "starts_at": now + 10 * DAY},
        "moved": {"state": S.CONFIRMED, "starts_at": now + 11 * DAY, "moves": 2, "moved_at": now},
        "half back": {"state": S.CONFIRMED, "starts_at": now + 2 * DAY},
        "room open": {"state": S.CONFIRMED, "starts_at": soon},
        "running": {"state": S.IN_PROGRESS, "starts_at": began},
        "over": {"state": S.AWAITING_FEEDBACK, "starts_at": over, "rate_by": now + RATING_WINDOW},
        "lead said absent": {"state": S.AWAITING_FEEDBACK, "starts_at": over, "rate_by": now + RATING_WINDOW},
        "expert said absent": {"state": S.AWAITING_FEEDBACK, "starts_at": over, "rate_by": now + RATING_WINDOW},
        "problem": {"state": S.AWAITING_FEEDBACK, "starts_at": over, "rate_by": now + RATING_WINDOW},
        "cancelled": {"state": S.CANCELLED_BY_EXPERT, "ended_at": now, "ended_reason": "I am ill."},
        "declined": {"state": S.DECLINED, "ended_at": now, "ended_reason": "Not my subject."},
    }  # fmt: skip
    found = {}
    for name, facts in moments.items():
        paid = {"payment_intent_id": f"pi_{name.replace(' ', '_')}"} if facts["state"] != S.AWAITING_PAYMENT else {}
        start = facts.pop("starts_at", now + 12 * DAY)
        found[name] = scene.session(offering_id, starts_at=start)
        scene.set_booking(found[name], **facts, **paid)
    _complain(scene, found)
    _propose(scene, found["confirmed"])
    return found


def sell(scene: Scene, offering_id: int, slot: Slot) -> None:
    """Hugo is faster."""
    booking_id = scene.session(offering_id, lead=scene.cast.hugo, starts_at=slot.starts_at)
    with scene.work.transaction() as tx:
        occupy(tx.session, scene.cast.amara.id, quarters(slot, 0, 0), booking_id)


def _complain(scene: Scene, moments: dict[str, int]) -> None:
    lea, amara = scene.cast.lea.actor, scene.cast.amara.actor
    report_no_show(scene.work, Absence(amara, moments["lead said absent"], "I waited for forty minutes."))
    report_no_show(scene.work, Absence(lea, moments["expert said absent"], "Nobody was in the room."))
    report_problem(scene.work, Problem(lea, moments["problem"], "The line broke down twice."))


def _propose(scene: Scene, booking_id: int) -> None:
    starts = tuple(scene.clock().replace(minute=0) + days * DAY for days in (13, 14, 15))
    propose(scene.work, Propose(scene.cast.amara.actor, booking_id, starts))
