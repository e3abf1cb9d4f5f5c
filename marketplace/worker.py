"""The worker: consequences of events, the index, notices, deadlines and letters, in one loop."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import inf
from threading import Event as Signal
from threading import Thread
from time import monotonic
from types import FrameType

import structlog

from marketplace import reactions
from marketplace.reactions import indexing, saved_searches
from marketplace.services import (
    answers,
    audits,
    bookings,
    briefs,
    busy_times,
    clockwork,
    impressions,
    letters,
    next_slots,
    notices,
    ratings,
    signing_in,
    webhooks,
)
from marketplace.store.outbox import beat
from marketplace.work import Work

Step = Callable[[Work], int]  # does what is due, says how much that was

STEPS: tuple[tuple[str, Step], ...] = (
    ("notices", notices.handle_due),
    ("deadlines", clockwork.tick),
    ("proposals", bookings.expire_due),
    ("absences", bookings.decide_due),
    ("audits", audits.tick),
    ("requests", briefs.expire_due),
    ("ratings", ratings.open_windows_shut),
    ("reactions", reactions.deliver),
    ("index", indexing.catch_up),
    ("letters", letters.send_due),
    ("webhooks", webhooks.send_due),
    ("calendars", busy_times.read_due),
)
COMMITTED = 3.0  # seconds between commits to the index while changes keep coming: every process takes each one in
TENDED = 2.0  # seconds between looks whether segments of the index should be merged
IDLE = 0.5  # seconds between looks when nothing was due

log = structlog.get_logger()


def run(work: Work, stop: Signal) -> None:
    """Go round until `stop` is set. Whatever is unfinished then is found again in the database."""
    ran: dict[str, datetime] = {}
    # A merge of many offerings takes seconds, and the next approval must not wait for it. A killed one loses nothing.
    Thread(target=_tend_the_index, args=(work, stop), name="tending", daemon=True).start()
    steps = tuple((name, Paced(step) if step is indexing.catch_up else step) for name, step in STEPS)
    while not stop.is_set():
        _keep_time(work, ran)
        if go_round(work, steps) == 0:
            stop.wait(IDLE)


def follow(work: Work, stop: Signal) -> None:
    """Keep this machine's own index in step until `stop` is set: all that a second machine has to do."""
    Thread(target=_tend_the_index, args=(work, stop), name="tending", daemon=True).start()
    catch_up = Paced(indexing.catch_up)
    while not stop.is_set():
        if _safely("index", catch_up, work) == 0:
            stop.wait(IDLE)


class Paced:
    """A step that rests after it did something: what comes meanwhile is done together."""

    def __init__(self, step: Step, seconds: float = COMMITTED, clock: Callable[[], float] = monotonic) -> None:
        self._step, self._seconds, self._clock = step, seconds, clock
        self._did = -inf

    def __call__(self, work: Work) -> int:
        """Do what is due, unless something was done a moment ago."""
        if self._clock() - self._did < self._seconds:
            return 0
        done = self._step(work)
        if done:
            self._did = self._clock()
        return done


def go_round(work: Work, steps: Sequence[tuple[str, Step]] | None = None) -> int:
    """Each step once; returns how much was done. A failing step does not stop the others."""
    return sum(_safely(name, step, work) for name, step in steps or STEPS)


def settle(work: Work, most: int = 100) -> None:
    """Go round until nothing is due any more: for tests and for the demo's beginning."""
    for _ in range(most):
        if go_round(work) == 0:
            return


@contextmanager
def stopping() -> Iterator[Signal]:
    """A signal that SIGTERM and Ctrl-C set, so that the round under way is finished first."""
    stop = Signal()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tend_the_index(work: Work, stop: Signal) -> None:
    while not stop.is_set():
        if _safely("tending", lambda work: work.index.tend(), work) == 0:
            stop.wait(TENDED)


def _keep_time(work: Work, ran: dict[str, datetime]) -> None:
    """Do what is done now and then; `ran` remembers when each was last tried."""
    for name, every, step in NOW_AND_THEN:
        if name not in ran or work.now() - ran[name] >= every:
            ran[name] = work.now()
            _safely(name, step, work)


def _safely(name: str, step: Step, work: Work) -> int:
    try:
        return step(work)
    except Exception:
        # The database, the disk or Stripe may be away for a while; the next round tries again.
        log.exception("worker.step_failed", step=name)
        return 0


def _beat(work: Work) -> int:
    with work.transaction() as tx:
        beat(tx.session, "worker", tx.now)
    return 1


# Not driven by deadlines in the database: (name, how often, what).
NOW_AND_THEN: tuple[tuple[str, timedelta, Step], ...] = (
    ("heartbeat", timedelta(seconds=15), _beat),
    ("saved searches", timedelta(minutes=5), saved_searches.look_for_news),
    ("next slots", next_slots.EVERY, next_slots.look_around),
    ("sweep", timedelta(days=1), signing_in.sweep),
    ("impressions", timedelta(days=1), impressions.sweep),
    ("api-sweep", timedelta(hours=1), answers.sweep),
    ("log", timedelta(days=1), indexing.compact),
    ("webhook-sweep", timedelta(days=1), webhooks.sweep),
)
