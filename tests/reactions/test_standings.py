"""Standings follow revealed ratings and conduct, and the next search follows them."""

from datetime import timedelta

from marketplace.domain.events import ExpertVetted, RatingsRevealed
from marketplace.queries.filters import Ask
from marketplace.queries.search import search_page
from marketplace.store.experts import Standing
from marketplace.store.offerings import Offering
from tests.cast import Person
from tests.scene import PARIS, Scene


def places(scene: Scene) -> list[int]:
    page = search_page(scene.work, Ask(words="chatbot bank"), None, "en", PARIS)
    return [card.offering_id for card in page.cards]


def rated(scene: Scene, offering_id: int, expert: Person, overall: int, recommend: bool = True) -> int:
    """A session that both have rated."""
    booking_id = scene.held(offering_id)
    scene.rate(booking_id, expert)
    scene.rate(booking_id, scene.cast.lea, overall, recommend)
    scene.clock.advance(seconds=1)
    scene.settle()
    return booking_id


def test_a_sealed_rating_moves_nothing_and_revealed_ones_do(scene: Scene) -> None:
    booking_id = scene.held(scene.offer())
    scene.settle()
    scene.rate(booking_id, scene.cast.lea, 1)
    scene.settle()
    with scene.work.reading() as session:
        assert session.get(Standing, scene.cast.amara.id) is None
    scene.rate(booking_id, scene.cast.amara, 5)
    scene.settle()
    amara, lea = scene.standing(scene.cast.amara), scene.standing(scene.cast.lea)
    assert (amara.ratings, amara.mean_stars) == (1, 1.0)
    assert (lea.ratings, lea.mean_stars) == (1, 5.0)


def test_recomputing_changes_nothing_but_the_moment(scene: Scene) -> None:
    booking_id = rated(scene, scene.offer(), scene.cast.amara, 5)
    before = scene.standing(scene.cast.amara)
    scene.tell(RatingsRevealed(booking_id))
    scene.settle()
    after = scene.standing(scene.cast.amara)
    assert (after.stars, after.recommend, after.reliability) == (before.stars, before.recommend, before.reliability)


def test_good_ratings_lift_an_offering_above_its_equal_and_bad_ones_let_it_sink(scene: Scene) -> None:
    amaras, ineses = scene.offer(), scene.offer(by=scene.cast.ines)
    scene.set_expert(scene.cast.ines, headline="Data teams in regulated firms")  # the same words as Amara's
    scene.settle()
    for _ in range(6):
        rated(scene, amaras, scene.cast.amara, 5)
        rated(scene, ineses, scene.cast.ines, 2, recommend=False)
    assert places(scene) == [amaras, ineses]
    for _ in range(12):
        rated(scene, amaras, scene.cast.amara, 1, recommend=False)
        rated(scene, ineses, scene.cast.ines, 5)
    assert places(scene) == [ineses, amaras]


def test_held_sessions_are_counted_for_each_offering(scene: Scene) -> None:
    first, second = scene.offer("Chatbots in banks"), scene.offer("Chatbots in insurance")
    rated(scene, first, scene.cast.amara, 4)
    rated(scene, first, scene.cast.amara, 4)
    with scene.work.reading() as session:
        held = {each: session.get_one(Offering, each).held_sessions for each in (first, second)}
    assert held == {first: 2, second: 0}


def test_cancellations_count_against_the_expert_always_and_the_lead_when_late(scene: Scene) -> None:
    offering_id = scene.offer()
    for state, refunded in (("cancelled_by_expert", 90_000), ("cancelled_by_lead", 90_000), ("cancelled_by_lead", 0)):
        scene.session(offering_id, state, refunded_minor=refunded)
    rated(scene, offering_id, scene.cast.amara, 5)
    assert scene.standing(scene.cast.amara).late_cancellations == 1
    assert scene.standing(scene.cast.lea).late_cancellations == 1


def test_silence_lowers_the_response(scene: Scene) -> None:
    offering_id = scene.offer()
    rated(scene, offering_id, scene.cast.amara, 5)
    before = scene.standing(scene.cast.amara).response
    scene.session(offering_id, "expired")
    rated(scene, offering_id, scene.cast.amara, 5)
    assert scene.standing(scene.cast.amara).response < before


def test_sessions_ahead_fill_the_calendar(scene: Scene) -> None:
    offering_id = scene.offer()
    scene.session(offering_id, "confirmed", starts_at=scene.clock() + timedelta(days=2))
    scene.session(offering_id, "confirmed", starts_at=scene.clock() + timedelta(days=40))
    rated(scene, offering_id, scene.cast.amara, 5)
    assert scene.standing(scene.cast.amara).load == 1 / 12


def test_a_new_expert_starts_with_a_standing_of_their_own(scene: Scene) -> None:
    scene.tell(ExpertVetted(scene.cast.ines.id, approved=True))
    scene.settle()
    row = scene.standing(scene.cast.ines)
    assert (row.ratings, row.mean_stars, row.held) == (0, None, 0)


def test_a_lead_with_a_bad_record_weighs_less(scene: Scene) -> None:
    """Hugo and Marta give the same stars to two experts alike; Hugo has cancelled late thirty times."""
    amaras, ineses = scene.offer(), scene.offer(by=scene.cast.ines)
    rated(scene, amaras, scene.cast.amara, 5)
    rated(scene, ineses, scene.cast.ines, 5)
    for _ in range(30):
        scene.session(ineses, "cancelled_by_lead", scene.cast.hugo, refunded_minor=0)
    given = [scene.held(amaras, scene.cast.marta), scene.held(ineses, scene.cast.hugo)]
    for booking_id, lead, expert in zip(
        given, (scene.cast.marta, scene.cast.hugo), (scene.cast.amara, scene.cast.ines), strict=True
    ):
        scene.rate(booking_id, lead, 1)
        scene.rate(booking_id, expert, 5)
    scene.settle()
    for booking_id in given:  # once more, so that both stand at the same platform mean
        scene.tell(RatingsRevealed(booking_id))
    scene.settle()
    assert scene.standing(scene.cast.hugo).reliability < scene.standing(scene.cast.marta).reliability / 2
    assert scene.standing(scene.cast.amara).stars < scene.standing(scene.cast.ines).stars
