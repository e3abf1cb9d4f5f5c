"""Ratings: when they are taken in, how they stay sealed, when they open, one reply each."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from marketplace.domain.booking import RATING_WINDOW
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.rating import REPLY_LENGTH
from marketplace.services import ratings
from marketplace.services.ratings import Reply
from marketplace.store.journal import JournalRow
from tests.cast import Person
from tests.scene import Scene


@pytest.fixture
def held(scene: Scene) -> int:
    """Léa's session with Amara, over for an hour."""
    return scene.held(scene.offer())


def reply(scene: Scene, rating_id: int, by: Person, text: str = "Thank you.") -> None:
    ratings.reply(scene.work, Reply(by.actor, rating_id, text))


def both_rate(scene: Scene, booking_id: int) -> None:
    scene.rate(booking_id, scene.cast.lea)
    scene.rate(booking_id, scene.cast.amara)


def test_the_first_rating_stays_sealed_and_the_second_opens_both(scene: Scene, held: int) -> None:
    assert scene.rate(held, scene.cast.lea) is False
    assert scene.ratings(held)["lead"].revealed_at is None
    assert scene.rate(held, scene.cast.amara) is True
    assert {row.revealed_at for row in scene.ratings(held).values()} == {scene.clock()}
    assert scene.booking(held).revealed_at == scene.clock()
    assert (len(scene.events("RatingGiven")), len(scene.events("RatingsRevealed"))) == (1, 1)


def test_each_side_rates_the_other(scene: Scene, held: int) -> None:
    both_rate(scene, held)
    given = scene.ratings(held)
    assert (given["lead"].author_id, given["lead"].subject_id) == (scene.cast.lea.id, scene.cast.amara.id)
    assert (given["expert"].author_id, given["expert"].subject_id) == (scene.cast.amara.id, scene.cast.lea.id)


@pytest.mark.parametrize("who", ["lea", "amara"])
def test_a_second_rating_by_the_same_side_is_refused(scene: Scene, held: int, who: str) -> None:
    person = getattr(scene.cast, who)
    scene.rate(held, person)
    with pytest.raises(Conflict, match="already_rated"):
        scene.rate(held, person, overall=1)
    assert [row.overall for row in scene.ratings(held).values()] == [5]


def test_the_database_itself_refuses_a_second_rating(scene: Scene, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.rate(held, scene.cast.lea)
    monkeypatch.setattr(ratings, "sides_in", lambda *_: frozenset())
    with pytest.raises(Conflict, match="already_rated"):
        scene.rate(held, scene.cast.lea)


@pytest.mark.parametrize("state", ["requested", "confirmed", "in_progress"])
def test_before_the_session_was_held_it_is_too_early(scene: Scene, state: str) -> None:
    booking_id = scene.session(scene.offer(), state)
    with pytest.raises(Conflict, match="rating_too_early"):
        scene.rate(booking_id, scene.cast.lea)


@pytest.mark.parametrize("state", ["declined", "withdrawn", "cancelled_by_lead", "cancelled_by_expert", "refunding"])
def test_what_did_not_take_place_is_not_rated(scene: Scene, state: str) -> None:
    booking_id = scene.session(scene.offer(), state)
    with pytest.raises(Conflict, match="rating_not_held"):
        scene.rate(booking_id, scene.cast.lea)


@pytest.mark.parametrize(("seconds", "is_late"), [(-1, False), (0, True), (1, True)])
def test_the_window_shuts_after_14_days_to_the_second(scene: Scene, held: int, seconds: int, is_late: bool) -> None:
    left = RATING_WINDOW - timedelta(hours=1) + timedelta(seconds=seconds)
    scene.clock.advance(seconds=left.total_seconds())
    if is_late:
        with pytest.raises(Conflict, match="rating_closed"):
            scene.rate(held, scene.cast.lea)
    else:
        scene.rate(held, scene.cast.lea)


def test_strangers_find_nothing_to_rate(scene: Scene, held: int) -> None:
    for stranger in (scene.cast.hugo, scene.cast.ines, scene.cast.ada):
        with pytest.raises(NotFound):
            scene.rate(held, stranger)
    with pytest.raises(NotFound):
        scene.rate(999, scene.cast.lea)


def test_an_incomplete_rating_is_refused(scene: Scene, held: int) -> None:
    with pytest.raises(Invalid, match="rating_incomplete"):
        scene.rate(held, scene.cast.lea, dimensions={"depth": 5})


def test_when_the_window_shuts_the_one_rating_opens(scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea)
    scene.clock.advance(days=14)
    assert ratings.open_windows_shut(scene.work) == 1
    assert scene.ratings(held)["lead"].revealed_at == scene.clock()
    assert len(scene.events("RatingsRevealed")) == 1
    assert ratings.open_windows_shut(scene.work) == 0


def test_a_window_without_ratings_shuts_silently(scene: Scene, held: int) -> None:
    scene.clock.advance(days=14)
    assert ratings.open_windows_shut(scene.work) == 1
    assert scene.booking(held).revealed_at == scene.clock()
    assert scene.events("RatingsRevealed") == []
    with pytest.raises(Conflict, match="rating_closed"):
        scene.rate(held, scene.cast.lea)


def test_a_sealed_rating_of_a_session_that_was_refunded_stays_sealed(scene: Scene, held: int) -> None:
    """Where the platform failed there is no rating."""
    scene.rate(held, scene.cast.lea)
    scene.set_booking(held, state="cancelled_by_admin")
    scene.clock.advance(days=15)
    assert ratings.open_windows_shut(scene.work) == 0
    assert scene.ratings(held)["lead"].revealed_at is None


def test_what_was_opened_meanwhile_is_not_opened_twice(
    scene: Scene, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_rate(scene, held)
    monkeypatch.setattr(ratings, "windows_shut", lambda *_: (held, 999))
    ratings.open_windows_shut(scene.work)
    assert len(scene.events("RatingsRevealed")) == 1


def test_both_sides_at_the_same_moment_open_exactly_once(scene: Scene) -> None:
    """Two connections, ten sessions, released by a barrier."""
    sessions = [scene.held(scene.offer(f"Chatbots in banks, part {number}")) for number in range(10)]
    for booking_id in sessions:
        barrier = Barrier(2)
        opened: list[bool] = []

        def give(person: Person, booking_id: int = booking_id, barrier: Barrier = barrier) -> None:
            barrier.wait()
            opened.append(scene.rate(booking_id, person))  # noqa: B023 - the threads end within the round

        threads = [Thread(target=give, args=(person,)) for person in (scene.cast.lea, scene.cast.amara)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(opened) == [False, True]
        assert all(row.revealed_at for row in scene.ratings(booking_id).values())
    assert len(scene.events("RatingsRevealed")) == len(sessions)


def test_the_control_two_sides_that_do_not_see_each_other_open_nothing(
    scene: Scene, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the row's lock prevents: both read before either has written."""
    monkeypatch.setattr(ratings, "sides_in", lambda *_: frozenset())
    assert [scene.rate(held, person) for person in (scene.cast.lea, scene.cast.amara)] == [False, False]
    assert not any(row.revealed_at for row in scene.ratings(held).values())


def test_the_journal_says_who_rated_but_never_what(scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea, overall=2)
    with scene.work.reading() as session:
        row = session.scalars(select(JournalRow).where(JournalRow.what == "rating.given")).one()
    assert (row.actor_id, row.new) == (scene.cast.lea.id, {"side": "lead"})


def test_whom_a_rating_is_about_replies_once(scene: Scene, held: int) -> None:
    both_rate(scene, held)
    about_amara, about_lea = scene.ratings(held)["lead"].id, scene.ratings(held)["expert"].id
    reply(scene, about_amara, scene.cast.amara, "  Gladly again.  ")
    reply(scene, about_lea, scene.cast.lea)
    assert scene.ratings(held)["lead"].reply == "Gladly again."
    with pytest.raises(Conflict, match="already_replied"):
        reply(scene, about_amara, scene.cast.amara, "And another thing.")


def test_a_sealed_rating_and_somebody_elses_cannot_be_replied_to(scene: Scene, held: int) -> None:
    scene.rate(held, scene.cast.lea)
    rating_id = scene.ratings(held)["lead"].id
    with pytest.raises(NotFound):
        reply(scene, rating_id, scene.cast.amara)
    scene.rate(held, scene.cast.amara)
    for stranger in (scene.cast.lea, scene.cast.ines, scene.cast.ada):
        with pytest.raises(NotFound):
            reply(scene, rating_id, stranger)
    with pytest.raises(NotFound):
        reply(scene, 999, scene.cast.amara)


@pytest.mark.parametrize("text", ["", "   ", "r" * (REPLY_LENGTH + 1)])
def test_a_reply_says_something_and_has_an_end(scene: Scene, held: int, text: str) -> None:
    both_rate(scene, held)
    with pytest.raises(Invalid, match="reply_length"):
        reply(scene, scene.ratings(held)["lead"].id, scene.cast.amara, text)
