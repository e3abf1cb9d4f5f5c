"""A whole installation in processes of its own: sandbox, site (gunicorn with two workers) and worker, on a database of
its own with experts to book and leads to book them. Time is the real one: what is measured here waits for nobody."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import requests

from marketplace.demo.running import ROOT
from marketplace.domain.access import Role
from marketplace.domain.calendar import free_slots
from marketplace.hashing import hash_password
from marketplace.post.file_post import FilePost
from marketplace.store.accounts import Account
from marketplace.store.calendars import load_calendars
from marketplace.store.experts import Expert
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.cast import PASSWORD, Person, StillClock
from tests.till import KEY, publish

EXPERTS = 20
LENGTH = 180  # minutes
PATIENCE = 120.0  # seconds that a part may take to answer on a busy machine
CLOCK_AIR = timedelta(hours=1)  # a slot that is offered now is still offered when the run comes to it


@dataclass(frozen=True, slots=True)
class Bookable:
    """A time of an offering that nobody else is given; `expert` is the address of whom it belongs to."""

    expert: str
    offering_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Market:
    """Who books what; everybody signs in with the cast's password."""

    leads: tuple[str, ...]  # addresses; every other one reads English
    slots: tuple[Bookable, ...]  # in turn of all experts


@dataclass(frozen=True, slots=True)
class Premises:
    """Where the parts answer. `log` holds what site and worker say."""

    site: str
    market: Market
    log: Path
    worker: "subprocess.Popen[bytes]"


def furnish(database: Database, folder: Path, leads: int, experts: int = EXPERTS) -> Market:
    """Migrate an empty database and put experts with hours and verified leads into it."""
    migrate(database)
    now = datetime.now(UTC)
    nothing = cast("Any", None)  # neither index nor Stripe has a part in this
    work = Work(database, StillClock(now), nothing, nothing, FilePost(folder / "letters", "no-reply@localhost"), "", "")
    people = _people(database, now, leads, experts)
    offerings = {expert: publish(work, expert) for expert in people[:experts]}
    return Market(tuple(person.email for person in people[experts:]), _slots(work, offerings, now + CLOCK_AIR))


@contextmanager
def opened(url: str, folder: Path, port: int, leads: int, experts: int = EXPERTS) -> Iterator[Premises]:
    """Everything runs until the block ends; the sandbox takes the port after `port`."""
    database = Database(url)
    market = furnish(database, folder, leads, experts)
    database.close()
    env = _environment(url, folder, port)
    with ExitStack() as parts:
        parts.enter_context(_process(_sandbox_command(folder, env), env, folder / "sandbox.log"))
        parts.enter_context(_process(_site_command(port), env, folder / "log"))
        cadran = [sys.executable, "-c", "from marketplace.app import main; main()"]
        worker = parts.enter_context(_process([*cadran, "worker"], env, folder / "log"))
        _wait(f"{env['STRIPE_API']}/_sandbox/health")
        _wait(f"{env['CADRAN_BASE_URL']}/health/ready")
        yield Premises(env["CADRAN_BASE_URL"], market, folder / "log", worker)


def _people(database: Database, now: datetime, leads: int, experts: int) -> list[Person]:
    """Experts first, then leads."""
    hashed = hash_password(PASSWORD)
    with database.transaction(now) as tx:
        rows = [_account("expert", number, now, hashed) for number in range(experts)]
        rows += [_account("lead", number, now, hashed) for number in range(leads)]
        tx.session.add_all(rows)
        tx.session.flush()
        vetted: dict[str, Any] = {"city": "Paris", "vetting": "approved", "applied_at": now, "vetted_at": now}
        for row in rows[:experts]:
            tx.session.add(Expert(id=row.id, languages=["en"], headline="Clusters that hold", **vetted))
    return [Person(row.id, row.name, row.email, Role(row.role)) for row in rows]


def _account(role: str, number: int, now: datetime, hashed: str) -> Account:
    return Account(
        email=f"{role}{number}@example.org", name=f"{role.title()} {number}", password_hash=hashed, role=role,
        language=("fr", "en")[number % 2], created_at=now, verified_at=now,
    )  # fmt: skip


def _slots(work: Work, offerings: Mapping[Person, int], now: datetime) -> tuple[Bookable, ...]:
    """Hours from nine to six and starts every three hours: what is free does not overlap."""
    end = now + timedelta(days=60)
    with work.reading() as session:
        calendars = load_calendars(session, [expert.id for expert in offerings], now, end)
    in_turn = zip(*(free_slots(calendars[expert.id], LENGTH, now, end, now) for expert in offerings), strict=False)
    return tuple(
        Bookable(expert.email, offering_id, slot.starts_at)
        for slots in in_turn
        for (expert, offering_id), slot in zip(offerings.items(), slots, strict=True)
    )


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    ours = {
        "CADRAN_ENV": "demo",
        "CADRAN_SECRET": "x" * 40,
        "CADRAN_BASE_URL": f"http://127.0.0.1:{port}",
        "CADRAN_DATABASE_URL": url,
        "CADRAN_DATA_DIR": str(folder),
        "STRIPE_KEY": KEY,
        "STRIPE_API": f"http://127.0.0.1:{port + 1}",
        "STRIPE_WEBHOOK_SECRETS": "whsec_platform",
        "STRIPE_WEBHOOK_SECRETS_V2": "whsec_v2",
    }
    return {**os.environ, **ours}


def _sandbox_command(folder: Path, env: Mapping[str, str]) -> Sequence[str]:
    door = f"{env['CADRAN_BASE_URL']}/notices/stripe"
    return [
        *(sys.executable, "-m", "payments.sandbox", "--port", env["STRIPE_API"].rpartition(":")[2]),
        *("--state", str(folder / "sandbox.db"), "--key", KEY),
        *("--webhook", f"{door}/platform=whsec_platform", "--webhook-v2", f"{door}/v2=whsec_v2"),
    ]


def _site_command(port: int) -> Sequence[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "wsgi:app", "--chdir", str(ROOT), "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--log-level", "warning"),
        "--no-control-socket",
    ]


@contextmanager
def _process(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as out:
        child = subprocess.Popen(command, env=env, cwd=ROOT, start_new_session=True, stdout=out, stderr=out)
    try:
        yield child
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")
