"""What the listing shows can be booked and nothing else, through the services, in the hours around clock changes."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.calendar import Span
from marketplace.domain.errors import Conflict, Unavailable
from marketplace.queries.slots import next_slots
from marketplace.services.bookings import Reserve, reserve
from marketplace.store.accounts import Account
from marketplace.store.calendars import occupy, set_weekly_hours
from tests.scene import Scene

CHANGES = {
    "Europe/Paris": (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/Montreal": (datetime(2027, 3, 14, 7, tzinfo=UTC), datetime(2027, 11, 7, 6, tzinfo=UTC)),
    "Indian/Reunion": (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)),  # none of its own
    "Australia/Lord_Howe": (datetime(2027, 4, 3, 15, tzinfo=UTC), datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
    "America/Havana": (datetime(2027, 3, 14, 5, tzinfo=UTC), datetime(2027, 11, 7, 5, tzinfo=UTC)),
}
NEAR = timedelta(hours=6)
CASES = [(zone, moment) for zone, moments in CHANGES.items() for moment in moments if moment.year == 2027]


def stands_open(scene: Scene, zone: str, **settings: object) -> int:
    """Amara, open day and night in that zone, a start every half hour; her offering."""
    offering = scene.offer()
    scene.set_expert(scene.cast.amara, min_notice_hours=0, start_step=30, **settings)
    with scene.work.transaction() as tx:
        tx.session.get_one(Account, scene.cast.amara.id).zone = zone
        set_weekly_hours(tx.session, scene.cast.amara.id, ((Span(0, 150), Span(180, 1440)),) * 7)
    return offering


def books(scene: Scene, offering_id: int, start: datetime) -> bool:
    """Whether the slot is held; Stripe is away in these tests, so that it is free again at once."""
    command = Reserve(scene.cast.lea.actor, offering_id, start, "remote", "Know what compliance will ask.", ("Me.",))
    try:
        reserve(scene.work, command)
    except Unavailable:
        return True
    except Conflict as refused:
        if refused.code != "slot_not_offered":
            raise
    return False


@pytest.mark.parametrize(("zone", "change"), CASES)
def test_around_a_clock_change_exactly_the_listed_slots_can_be_booked(scene: Scene, clock, zone: str, change: datetime):
    offering = stands_open(scene, zone)
    clock.advance(seconds=(change - NEAR - timedelta(days=1) - clock()).total_seconds())
    with scene.work.reading() as session:
        listed = next_slots(session, {scene.cast.amara.id: 180}, clock(), 3)[scene.cast.amara.id]
    assert all(slot.minutes == 180 for slot in listed)
    assert len(set(listed)) == len(listed)
    starts = [change - NEAR + timedelta(minutes=30) * step for step in range(24)]
    expected = [slot.starts_at for slot in listed if change - NEAR <= slot.starts_at < change + NEAR]
    assert expected
    assert [start for start in starts if books(scene, offering, start)] == expected


def test_a_full_day_is_neither_listed_nor_booked_and_the_next_one_is(scene: Scene, clock):
    offering = stands_open(scene, "Europe/Paris", max_per_day=1)
    morning = datetime(2026, 11, 5, 8, tzinfo=UTC)
    assert books(scene, offering, morning)
    held = scene.session(offering, starts_at=morning)
    with scene.work.transaction() as tx:
        occupy(tx.session, scene.cast.amara.id, [int(morning.timestamp()) // 900], held)
    assert not books(scene, offering, morning + timedelta(hours=6))
    assert books(scene, offering, morning + timedelta(days=1))
