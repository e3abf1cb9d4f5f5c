"""The catalogue in memory is the database's, and its slots are never older than a minute."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace.domain.calendar import Slot, quarters
from marketplace.queries import kept_catalogue as module
from marketplace.queries.catalogue import Catalogue
from marketplace.queries.kept_catalogue import current_catalogue
from marketplace.services import next_slots, offerings, people
from marketplace.services.offerings import OwnOffering
from marketplace.store.calendars import occupy, set_weekly_hours
from marketplace.store.experts import Standing
from tests.scene import BANKS, CHATBOTS, Scene, statements

NEVER = ((),) * 7


def catalogue(scene: Scene) -> Catalogue:
    with scene.work.reading() as session:
        return current_catalogue(scene.work, session)


def next_slot(scene: Scene, offering_id: int) -> datetime | None:
    kept = catalogue(scene)
    with scene.work.reading() as session:
        return kept.next_slot(session, kept.place[offering_id], scene.clock())


def on_the_market(scene: Scene) -> list[int]:
    kept = catalogue(scene)
    return sorted(kept.ids[kept.everything].tolist())


def test_an_unchanged_market_is_read_once(scene: Scene) -> None:
    scene.offer()
    first = catalogue(scene)
    with statements(scene.work.database) as asked:
        assert catalogue(scene) is first
    assert len(asked) == 1


def test_it_notices_what_comes_and_goes(scene: Scene) -> None:
    offering_id = scene.offer(by=scene.cast.ines)
    own = OwnOffering(scene.cast.ines.actor, offering_id)
    assert on_the_market(scene) == [offering_id]
    offerings.pause_offering(scene.work, own)
    assert on_the_market(scene) == []
    offerings.resume_offering(scene.work, own)
    assert on_the_market(scene) == [offering_id]
    people.suspend(scene.work, people.Suspend(scene.cast.ada.actor, scene.cast.ines.id, "Fake references."))
    assert on_the_market(scene) == []
    people.let_back_in(scene.work, people.LetBackIn(scene.cast.ada.actor, scene.cast.ines.id))
    assert on_the_market(scene) == [offering_id]


def test_it_notices_held_sessions_and_ratings(scene: Scene) -> None:
    offering_id = scene.offer()
    assert catalogue(scene).columns.held_sessions[0] == 0
    booking_id = scene.held(offering_id)
    scene.rate(booking_id, scene.cast.lea, 4)
    scene.rate(booking_id, scene.cast.amara)
    scene.settle()
    fresh = catalogue(scene)
    assert (fresh.columns.held_sessions[0], fresh.columns.mean_stars[0]) == (1, 4.0)


def test_columns_say_which_offerings_have_what(scene: Scene) -> None:
    both = scene.offer(format="both", city="Lyon")
    remote = scene.offer(by=scene.cast.ines, topic_ids=(BANKS,))
    kept = catalogue(scene)
    columns, lyon = kept.columns, kept.cities.index("Lyon")
    assert columns.formats[[kept.place[both], kept.place[remote]]].tolist() == [3, 1]
    assert columns.languages[[kept.place[both], kept.place[remote]]].tolist() == [3, 1], "Inès speaks French only"
    assert columns.cities[[kept.place[both], kept.place[remote]]].tolist() == [lyon, -1]
    assert CHATBOTS in kept.topics_at(kept.place[both])
    assert kept.topics_at(kept.place[remote]) == (BANKS,)


def test_what_changed_is_laid_over_what_was_read_before(scene: Scene) -> None:
    """After any change the catalogue is the one that a fresh process would build."""
    first = scene.offer(by=scene.cast.ines)
    others = [scene.offer(f"Chatbots in banks, part {number}", city="Lyon", format="both") for number in range(3)]
    kept = catalogue(scene)
    offerings.pause_offering(scene.work, OwnOffering(scene.cast.ines.actor, first))
    late = scene.offer("Chatbots that fail", by=scene.cast.ines, topic_ids=(BANKS,), city="Nice", format="onsite")
    assert same_as_built_anew(scene)
    offerings.resume_offering(scene.work, OwnOffering(scene.cast.ines.actor, first))
    next_slots.look_at_all(scene.work)
    assert same_as_built_anew(scene)
    assert on_the_market(scene) == sorted([first, *others, late])
    assert kept.ids.tolist() == [first, *others], "a request that is under way keeps what it began with"


def same_as_built_anew(scene: Scene) -> bool:
    grown = catalogue(scene)
    with scene.work.reading() as session:
        anew = module._built(session, grown.version)
    return facts_of(grown) == facts_of(anew)


def facts_of(kept: Catalogue) -> list[tuple[object, ...]]:
    columns = kept.columns
    return sorted(
        (
            columns.ids[place], columns.expert_ids[place], columns.price_minor[place], columns.languages[place],
            columns.formats[place], (*kept.cities, "")[columns.cities[place]], kept.topics_at(place),
            str(columns.mean_stars[place]), str(kept.slots[place]),
        )
        for place in kept.everything.tolist()
    )  # fmt: skip


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


def test_many_slots_are_asked_for_in_a_fixed_number_of_questions(scene: Scene) -> None:
    for number in range(6):
        scene.offer(f"Chatbots in banks, part {number}", by=(scene.cast.amara, scene.cast.ines)[number % 2])
    kept = catalogue(scene)
    with scene.work.reading() as session, statements(scene.work.database) as asked:
        kept.next_slots(session, kept.everything, scene.clock())
    assert len(asked) <= 6


def test_where_the_worker_has_been_no_calendar_is_asked(scene: Scene) -> None:
    offering_id = scene.offer()
    first = next_slot(scene, offering_id)
    next_slots.look_at_all(scene.work)
    kept = catalogue(scene)
    with scene.work.reading() as session, statements(scene.work.database) as asked:
        assert kept.next_slot(session, kept.place[offering_id], scene.clock()) == first
    assert asked == []


def test_the_worker_notes_only_what_changed(scene: Scene) -> None:
    scene.offer()
    assert next_slots.look_at_all(scene.work) == 1
    assert next_slots.look_at_all(scene.work) == 0
    with scene.work.transaction() as tx:
        set_weekly_hours(tx.session, scene.cast.amara.id, NEVER)
    assert next_slots.look_at(scene.work, scene.cast.amara.id) == 1
    kept = catalogue(scene)
    assert kept.slots.tolist() == [float("inf")]


def test_the_worker_looks_at_every_expert_once_a_minute(scene: Scene) -> None:
    scene.offer()
    changed = 0
    for _ in range(next_slots.BUCKETS):
        changed += next_slots.look_around(scene.work)
        scene.clock.advance(seconds=int(next_slots.EVERY.total_seconds()))
    assert changed == 1


def test_standings_that_changed_in_one_moment_are_read_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole market was reckoned anew at noon: each approval after noon reads what it brought, not the market."""
    read: list[int] = []
    facts_of = module.facts_of
    monkeypatch.setattr(module, "facts_of", lambda session, ids: read.append(len(ids)) or facts_of(session, ids))
    first = scene.offer()
    booking_id = scene.held(first)
    scene.rate(booking_id, scene.cast.lea, 4)
    scene.rate(booking_id, scene.cast.amara)
    scene.settle()
    assert first in on_the_market(scene)
    monkeypatch.setattr(module, "changed_since", lambda session, version: set())
    scene.offer(by=scene.cast.ines)
    catalogue(scene)
    assert read[-1:] == [0], "no standing changed since"
    with scene.work.transaction() as tx:
        for row in tx.session.scalars(select(Standing)):
            row.updated_at = tx.now + timedelta(seconds=1)
    catalogue(scene)
    assert read[-1] >= 1, "they did"
