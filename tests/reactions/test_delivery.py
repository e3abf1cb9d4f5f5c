"""The outbox: every event meets its reactions at least once, and one failure stops nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.domain import events
from marketplace.domain.events import Event
from marketplace.reactions import ATTEMPTS, REACTIONS, deliver
from marketplace.store.money import AlertRow
from marketplace.store.outbox import Happened, OutboxRow, ReactionDone
from marketplace.work import Work
from tests.scene import Scene

MATCHED, SHOWN = events.BriefMatched(1, 2), events.OfferingHidden(7)


class Recorder:
    """Reactions that note what they saw, and fail when told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.broken: set[str] = set()

    def reaction(self, name: str) -> Callable[[Work, Happened], None]:
        def react(_work: Work, happened: Happened) -> None:
            self.seen.append((name, happened.outbox_id))
            if name in self.broken:
                raise RuntimeError("secret words of somebody")

        react.__name__ = name
        return react

    def table(self) -> dict[type[Event], tuple[Callable[[Work, Happened], None], ...]]:
        both = (self.reaction("first"), self.reaction("second"))
        return {events.BriefMatched: both, events.OfferingHidden: both, events.Alert: (self.reaction("alert"),)}


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def rows(scene: Scene) -> list[OutboxRow]:
    with scene.work.reading() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def test_every_event_has_its_line_in_the_table() -> None:
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)}
    assert set(REACTIONS) == kinds - {Event}


def test_each_reaction_runs_once_and_the_event_is_closed(scene: Scene, recorder: Recorder) -> None:
    scene.tell(MATCHED)
    assert deliver(scene.work, recorder.table()) == 1
    assert deliver(scene.work, recorder.table()) == 0
    assert [name for name, _ in recorder.seen] == ["first", "second"]
    assert rows(scene)[0].done_at == scene.clock()


def test_a_failing_reaction_stops_neither_the_events_others_nor_other_events(scene: Scene, recorder: Recorder) -> None:
    recorder.broken = {"first"}
    scene.tell(MATCHED)
    scene.tell(SHOWN)
    assert deliver(scene.work, recorder.table()) == 0
    assert [name for name, _ in recorder.seen] == ["first", "second"] * 2


def test_what_ran_does_not_run_again_when_another_one_is_tried_again(scene: Scene, recorder: Recorder) -> None:
    recorder.broken = {"first"}
    scene.tell(MATCHED)
    deliver(scene.work, recorder.table())
    recorder.broken, recorder.seen = set(), []
    scene.clock.advance(seconds=1)
    assert deliver(scene.work, recorder.table()) == 1
    assert [name for name, _ in recorder.seen] == ["first"]
    with scene.work.reading() as session:
        assert session.scalars(select(ReactionDone)).all() == []


def test_a_failure_is_told_by_its_kind_never_by_its_words(scene: Scene, recorder: Recorder) -> None:
    recorder.broken = {"first"}
    scene.tell(MATCHED)
    deliver(scene.work, recorder.table())
    assert rows(scene)[0].error == "test_delivery.first: RuntimeError"


def test_each_failure_waits_twice_as_long(scene: Scene, recorder: Recorder) -> None:
    recorder.broken = {"first"}
    scene.tell(MATCHED)
    for attempt in range(ATTEMPTS - 1):
        deliver(scene.work, recorder.table())
        wait = timedelta(seconds=2**attempt)
        assert rows(scene)[0].next_at == scene.clock() + wait
        seen = len(recorder.seen)
        scene.clock.advance(seconds=wait.total_seconds() - 0.1)
        deliver(scene.work, recorder.table())
        assert len(recorder.seen) == seen, "too early"
        scene.clock.advance(seconds=0.1)


def test_after_ten_failures_the_event_is_parked_and_a_person_is_asked(scene: Scene, recorder: Recorder) -> None:
    recorder.broken = {"first"}
    scene.tell(MATCHED)
    for _ in range(ATTEMPTS + 3):
        deliver(scene.work, recorder.table())
        scene.clock.advance(hours=1)
    parked = rows(scene)[0]
    assert (parked.attempts, parked.parked_at is not None, parked.done_at) == (ATTEMPTS, True, None)
    with scene.work.reading() as session:
        alert = session.scalars(select(AlertRow)).one()
    assert (alert.code, alert.subject) == ("reaction_parked", f"outbox:{parked.id}")
    assert [name for name, _ in recorder.seen].count("alert") == 1


def test_an_alert_that_fails_raises_no_alert_about_itself(scene: Scene, recorder: Recorder) -> None:
    recorder.broken = {"alert"}
    scene.tell(events.Alert("something", "somewhere"))
    for _ in range(ATTEMPTS + 3):
        deliver(scene.work, recorder.table())
        scene.clock.advance(hours=1)
    assert len(rows(scene)) == 1
    assert rows(scene)[0].parked_at is not None


@pytest.mark.parametrize(("name", "payload"), [("OfTomorrow", {}), ("BriefMatched", {"brief_id": 1, "colour": "red"})])
def test_an_event_of_another_version_waits_and_stops_nothing(
    scene: Scene, recorder: Recorder, name: str, payload: dict[str, object]
) -> None:
    with scene.work.transaction() as tx:
        tx.session.add(OutboxRow(event=name, payload=payload, at=tx.now, next_at=tx.now))
    scene.tell(SHOWN)
    assert deliver(scene.work, recorder.table()) == 1
    assert rows(scene)[0].error.startswith("unreadable")
