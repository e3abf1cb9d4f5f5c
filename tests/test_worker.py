"""The worker goes round, whatever fails, until it is asked to stop."""

import os
import signal
from threading import Event as Signal
from threading import Timer, current_thread
from time import monotonic

import pytest
from structlog.testing import capture_logs

from marketplace import worker
from marketplace.store.outbox import last_beat
from marketplace.work import Work
from tests.scene import Scene


class Steps:
    """Steps that say what they did, and stop the worker after so many rounds."""

    def __init__(self, rounds: int = 1) -> None:
        self.stop, self.rounds, self.done = Signal(), rounds, [0, 0]

    def first(self, _work: Work) -> int:
        self.done[0] += 1
        raise OSError("disk full: /home/somebody")

    def second(self, _work: Work) -> int:
        self.done[1] += 1
        if self.done[1] == self.rounds:
            self.stop.set()
        return int(self.done[1] < self.rounds)

    def table(self) -> tuple[tuple[str, worker.Step], ...]:
        return (("first", self.first), ("second", self.second))


def test_a_failing_step_does_not_stop_the_others(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(rounds=3)
    monkeypatch.setattr(worker, "STEPS", steps.table())
    with capture_logs() as logged:
        worker.run(work, steps.stop)
    assert steps.done == [3, 3]
    assert {line["step"] for line in logged if line["event"] == "worker.step_failed"} == {"first"}


def test_it_beats_at_the_beginning_and_every_quarter_minute(
    work: Work, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = []

    def note(_work: Work) -> int:
        with work.reading() as session:
            beats.append(last_beat(session, "worker"))
        scene.clock.advance(seconds=10)
        if len(beats) == 4:
            stop.set()
        return 1

    stop = Signal()
    began = scene.clock()
    monkeypatch.setattr(worker, "STEPS", (("note", note),))
    worker.run(work, stop)
    assert [(beat - began).total_seconds() if beat else None for beat in beats] == [0, 0, 20, 20]


def test_a_heart_that_cannot_beat_does_not_stop_the_work(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("database is locked")

    steps = Steps()
    monkeypatch.setattr(worker, "STEPS", steps.table())
    monkeypatch.setattr(worker, "beat", broken)
    worker.run(work, steps.stop)
    assert steps.done == [1, 1]


def test_settling_goes_round_until_nothing_is_due(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(rounds=5)
    monkeypatch.setattr(worker, "STEPS", (("second", steps.second),))
    worker.settle(work)
    assert steps.done[1] == 5
    steps = Steps(rounds=1_000)
    monkeypatch.setattr(worker, "STEPS", (("second", steps.second),))
    worker.settle(work, most=7)
    assert steps.done[1] == 7


def test_idle_rounds_wait_but_a_stop_is_heard_at_once(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STEPS", (("nothing", lambda _work: 0),))
    monkeypatch.setattr(worker, "IDLE", 60)
    stop = Signal()
    Timer(0.05, stop.set).start()
    began = monotonic()
    worker.run(work, stop)
    assert monotonic() - began < worker.IDLE / 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_and_ctrl_c_ask_it_to_stop_and_are_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with worker.stopping() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(5)
    assert signal.getsignal(number) is before


def test_the_real_round_takes_a_new_offering_to_the_search_and_to_the_mailbox(work: Work, scene: Scene) -> None:
    """All the worker's own steps, Stripe being away."""
    offering_id = scene.offer()
    worker.settle(work)
    assert [hit.id for hit in work.index.search("chatbot", 5).hits] == [offering_id]
    assert "sent" in {row.state for row in scene.letters("offering_decided")}


def test_the_index_is_tended_beside_the_rounds_and_a_failure_does_not_end_it(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, tended = Signal(), []

    def tend() -> int:
        tended.append(current_thread().name)
        if len(tended) == 3:
            stop.set()
        if len(tended) == 1:
            raise OSError("disk full")
        return 1

    monkeypatch.setattr(worker, "STEPS", ())
    monkeypatch.setattr(worker, "NOW_AND_THEN", ())
    monkeypatch.setattr(worker, "TENDED", 0.01)
    monkeypatch.setattr(type(work.index), "tend", lambda _: tend())
    worker.run(work, stop)
    assert tended == ["tending"] * 3


def test_changes_that_keep_coming_are_written_together(work: Work) -> None:
    """Readers pay for each commit: the first change is written at once, the next ones after a rest."""
    now, written = [0.0], []
    paced = worker.Paced(lambda _: written.append(now[0]) or 1, seconds=2.0, clock=lambda: now[0])
    for now[0] in (0.0, 0.5, 1.9, 2.0, 2.5, 4.0):
        paced(work)
    assert written == [0.0, 2.0, 4.0]


def test_where_nothing_was_due_nobody_rests(work: Work) -> None:
    due = iter((0, 0, 3, 5))
    paced = worker.Paced(lambda _: next(due), clock=lambda: 0.0)
    assert [paced(work) for _ in range(4)] == [0, 0, 3, 0]
