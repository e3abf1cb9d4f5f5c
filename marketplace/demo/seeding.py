"""The demo's past, told through the services from eleven months ago to today."""

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select

from marketplace.clock import Clock, real_clock
from marketplace.config import Settings
from marketplace.demo import joining, meetings, present
from marketplace.demo.history import PAST
from marketplace.demo.people import EXPERTS, LEADS
from marketplace.demo.shapes import DemoExpert
from marketplace.demo.stage import Stage
from marketplace.demo.stripe_pages import StripePages
from marketplace.demo.timeline import LENGTH, StoryClock, Timeline
from marketplace.hashing import hashing_once
from marketplace.logs import only_warnings
from marketplace.reactions import indexing
from marketplace.store.money import AlertRow, Posting
from marketplace.store.operations import UNFINISHED, Operation
from marketplace.store.outbox import OutboxRow
from marketplace.store.transaction import Database
from marketplace.work import Work

EVERYBODY = frozenset(expert.key for expert in EXPERTS)

Echo = Callable[[str], None]


class SeedingFailed(Exception):
    """The story did not come out as it should; the message says what is left over."""


def _say(line: str) -> None:
    print(line, flush=True)


def seed(
    work: Work,
    settings: Settings,
    *,
    echo: Echo = _say,
    only: Collection[str] = EVERYBODY,
    real: Clock = real_clock,
) -> None:
    """Fill an empty database and a sandbox whose clock was set back by `LENGTH`; both end at the real time.

    `only` names the experts of a shorter story. Raises `SeedingFailed` or `SandboxFailed`.
    """
    database = Database(settings.database_url, durable=False)
    stripe = StripePages(settings.stripe_api, settings.stripe_key, behind=LENGTH)
    try:
        stripe.check(real())
        with hashing_once(), only_warnings(), _rare_collections():
            stage = _stage(replace(work, database=database), stripe, real)
            _tell(stage, frozenset(only), echo)
            stripe.arrive()
            indexing.rebuild(stage.work)
            _check(stage.work)
    finally:
        stripe.close()
        database.close()


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Hardly anything that a telling makes is a ring: looking for rings takes an eighth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _stage(work: Work, stripe: StripePages, real: Clock) -> Stage:
    now = real()
    clock = StoryClock(now - LENGTH)
    return Stage(replace(work, clock=clock), clock, Timeline(clock), stripe, real, now)


def _tell(stage: Stage, only: frozenset[str], echo: Echo) -> None:
    joining.open_market(stage)
    for lead in LEADS:
        joining.join_as_lead(stage, lead)
    for expert in EXPERTS:
        if expert.key in only:
            _plan_arrival(stage, expert)
    for past in PAST:
        if past.expert in only:
            meetings.plan(stage, past)
    present.plan_requests(stage)
    present.plan_coming(stage, only)
    if "ines" in only:
        present.plan_change(stage)
    _play_by_months(stage, Counter(_month(stage.now - timedelta(days=past.days_ago)) for past in PAST), echo)
    stage.finish()


def _plan_arrival(stage: Stage, expert: DemoExpert) -> None:
    """Some weeks before the first session; those without one have come lately."""
    chance = Random(expert.key)  # noqa: S311 - a story, no secret
    first = max((past.days_ago for past in PAST if past.expert == expert.key), default=None)
    days_ago = chance.uniform(45, 75) if first is None else first + chance.uniform(20, 40)
    waits = expert.key in present.NEWCOMERS
    moment = stage.now - (timedelta(hours=30) if waits else timedelta(days=days_ago))
    stage.timeline.at(moment, joining.join_as_expert, stage, expert, waits=waits)


def _play_by_months(stage: Stage, sessions: Counter[str], echo: Echo) -> None:
    while stage.clock() < stage.now:
        month = _month(stage.clock())
        stage.timeline.play(min(_next_month(stage.clock()), stage.now))
        echo(f"{month}: {sessions[month]} sessions")


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _next_month(moment: datetime) -> datetime:
    return (moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)


def _check(work: Work) -> None:
    with work.reading() as session:
        left = {
            "unfinished operations": session.scalar(
                select(func.count()).select_from(Operation).where(Operation.status.in_(UNFINISHED))
            ),
            "alerts": session.scalar(select(func.count()).select_from(AlertRow)),
            "waiting events": session.scalar(
                select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
            ),
            "cents too many in the ledger": session.scalar(select(func.sum(Posting.amount_minor))),
        }
    wrong = {what: number for what, number in left.items() if number}
    if wrong:
        raise SeedingFailed(f"the demo's story ended with {wrong}")
