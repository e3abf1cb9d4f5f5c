"""The catalogue in memory is the database's, and its slots are never older than a minute."""

from datetime import timedelta

import pytest

from marketplace.domain.calendar import Slot, quarters
from marketplace.queries.catalogue import Catalogue, current_catalogue
from marketplace.services import offerings, people
from marketplace.services.offerings import OwnOffering
from marketplace.store.calendars import occupy, set_weekly_hours
from tests.scene import BANKS, CHATBOTS, Scene, statements

NEVER = ((),) * 7


def catalogue(scene: Scene) -> Catalogue:
    with scene.work.reading() as session:
        return current_catalogue(scene.work, session)


def next_slot(scene: Scene, offering_id: int):  # type: ignore[no-untyped-def]
    kept = catalogue(scene)
    with scene.work.reading() as session:
        return kept.next_slots(session, [kept.place[offering_id]], scene.clock())[kept.place[offering_id]]


def test_an_unchanged_market_is_read_once(scene: Scene) -> None:
    scene.offer()
    first = catalogue(scene)
    with statements(scene.work.database) as asked:
        assert catalogue(scene) is first
    assert len(asked) == 1


def test_it_notices_what_comes_and_goes(scene: Scene) -> None:
    offering_id = scene.offer(by=scene.cast.ines)
    own = OwnOffering(scene.cast.ines.actor, offering_id)
    assert list(catalogue(scene).ids) == [offering_id]
    offerings.pause_offering(scene.work, own)
    assert list(catalogue(scene).ids) == []
    offerings.resume_offering(scene.work, own)
    assert list(catalogue(scene).ids) == [offering_id]
    people.suspend(scene.work, people.Suspend(scene.cast.ada.actor, scene.cast.ines.id, "Fake references."))
    assert list(catalogue(scene).ids) == []
    people.let_back_in(scene.work, people.LetBackIn(scene.cast.ada.actor, scene.cast.ines.id))
    assert list(catalogue(scene).ids) == [offering_id]


def test_it_notices_held_sessions_and_ratings(scene: Scene) -> None:
    offering_id = scene.offer()
    assert catalogue(scene).facts[0].held_sessions == 0
    booking_id = scene.held(offering_id)
    scene.rate(booking_id, scene.cast.lea, 4)
    scene.rate(booking_id, scene.cast.amara)
    scene.settle()
    fresh = catalogue(scene)
    assert (fresh.facts[0].held_sessions, fresh.mean_stars[0]) == (1, 4.0)


def test_masks_say_which_offerings_have_what(scene: Scene) -> None:
    both = scene.offer(format="both", city="Lyon")
    remote = scene.offer(by=scene.cast.ines, topic_ids=(BANKS,))
    kept = catalogue(scene)
    assert kept.ids_in(kept.formats["onsite"]) == [both]
    assert kept.ids_in(kept.formats["remote"]) == [both, remote]
    assert kept.ids_in(kept.languages["en"]) == [both], "Inès speaks French only"
    assert kept.ids_in(kept.cities["Lyon"]) == [both]
    assert kept.ids_in(kept.topics[CHATBOTS]) == [both]
    assert kept.ids_in(kept.mask_of([remote, 999])) == [remote]


def test_the_next_slot_respects_notice_and_what_is_taken(scene: Scene) -> None:
    offering_id = scene.offer()
    first = next_slot(scene, offering_id)
    booking_id = scene.session(offering_id)
    with scene.work.transaction() as tx:
        taken = quarters(Slot(first, first + timedelta(hours=3)), 0, 0)
        occupy(tx.session, scene.cast.amara.id, taken, booking_id)
    scene.clock.advance(seconds=61)
    assert next_slot(scene, offering_id) > first


@pytest.mark.parametrize(("seconds", "is_asked_again"), [(0, False), (60, False), (61, True), (-1, True)])
def test_a_slot_is_kept_for_a_minute_of_a_clock_that_goes_forward(
    scene: Scene, seconds: int, is_asked_again: bool
) -> None:
    """Also when the demo's clock leaps by days, and when a clock is put back."""
    offering_id = scene.offer()
    assert next_slot(scene, offering_id) is not None
    with scene.work.transaction() as tx:
        set_weekly_hours(tx.session, scene.cast.amara.id, NEVER)
    scene.clock.advance(seconds=seconds)
    assert (next_slot(scene, offering_id) is None) is is_asked_again


def test_many_slots_are_asked_for_in_four_questions(scene: Scene) -> None:
    for number in range(6):
        scene.offer(f"Chatbots in banks, part {number}", by=(scene.cast.amara, scene.cast.ines)[number % 2])
    kept = catalogue(scene)
    with scene.work.reading() as session, statements(scene.work.database) as asked:
        kept.next_slots(session, range(6), scene.clock())
    assert len(asked) == 4
