"""The worker goes on whatever fails, and finds everything again in the database."""

import os
import signal
from threading import Event, Thread

import pytest

from marketplace import worker
from marketplace.store.accounts import SignedIn
from marketplace.store.outbox import Heartbeat
from marketplace.work import Work
from tests.cast import Cast, StillClock


def run_until(work: Work, done: "Event", stop: "Event") -> None:
    thread = Thread(target=worker.run, args=(work, stop))
    thread.start()
    assert done.wait(20)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def test_it_stops_when_told(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    done, stop = Event(), Event()

    def step(_work: Work) -> int:
        done.set()
        return 0

    monkeypatch.setattr(worker, "STEPS", (("step", step),))
    run_until(work, done, stop)


def test_a_failing_step_does_not_stop_the_others(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_work: Work) -> int:
        raise OSError("the disk is away")

    monkeypatch.setattr(worker, "STEPS", (("broken", broken), ("sound", lambda _work: 3)))
    assert worker.go_round(work) == 3


def test_it_says_that_it_is_alive_every_fifteen_seconds(work: Work, clock: StillClock) -> None:
    ran: dict[str, object] = {}
    worker._keep_time(work, ran)  # type: ignore[arg-type]
    first = _beat(work)
    clock.advance(seconds=14)
    worker._keep_time(work, ran)  # type: ignore[arg-type]
    assert _beat(work) == first
    clock.advance(seconds=1)
    worker._keep_time(work, ran)  # type: ignore[arg-type]
    assert _beat(work) == clock()


def test_sessions_that_ran_out_are_swept_away(work: Work, cast: Cast, clock: StillClock) -> None:
    with work.transaction() as tx:
        tx.session.add(
            SignedIn(token_hash="0" * 64, account_id=cast.lea.id, created_at=clock(), seen_at=clock(), device="")
        )
    clock.advance(days=8)
    worker._keep_time(work, {})
    with work.reading() as session:
        assert session.query(SignedIn).count() == 0


def test_settling_ends_when_nothing_is_due(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter([5, 2, 0])
    monkeypatch.setattr(worker, "STEPS", (("step", lambda _work: next(left)),))
    worker.settle(work)
    assert next(left, None) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_round_finish(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with worker.stopping() as stop:
        os.kill(os.getpid(), number)
        assert stop.wait(5)
    assert signal.getsignal(number) is before


def _beat(work: Work) -> object:
    with work.reading() as session:
        return session.query(Heartbeat).one().at
