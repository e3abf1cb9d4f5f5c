"""SIGKILL at random while people book, pay, accept and cancel: `python -m tests.bench.money_kills --kills 300`.

The sandbox, the site (gunicorn) and the worker run as processes of their own; a worker of either kind is killed again
and again while leads, experts and an admin use the site over HTTP and time passes quickly: every other time when Stripe
has moved money and we have not heard of it (half of these are power cuts: everybody at once), else at a random moment
after money has moved. In the end everything is worked off, and the auditor of the random walks compares our books with
Stripe's. Whatever the site had acknowledged must be there. `--without-keys` takes the guard away, for the control:
every call to Stripe has a key of its own then.
"""

import argparse
import json
import logging
import multiprocessing
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import requests
import structlog
from sqlalchemy import text

from marketplace import worker
from marketplace.app import build_work
from marketplace.clock import DemoClock
from marketplace.config import settings_from
from marketplace.demo.running import ROOT, advance_sandbox
from marketplace.services import audits, clockwork, notices
from payments import stripe_gateway
from payments.sandbox.state import State
from tests.bench.money_crowd import Crowd
from tests.bench.money_market import Market, open_market, pay_for
from tests.cast import StillClock
from tests.money import books
from tests.money.stall import Blueprint, Stall, draw_up, memory_folder, open_stall
from tests.till import KEY

SITE, SANDBOX = "http://127.0.0.1:{port}", "http://127.0.0.1:{port}"
WEB_EVERY = 10  # of so many kills one is the site's: its processes need some seconds to be back
POWER_CUT_EVERY = 4  # and of so many one is everybody's
PASSES = timedelta(days=13)  # in many small jumps: past the sessions and past their payouts
MOVED = "SELECT count(*) FROM operation WHERE status = 'done'"
MOVED_THERE = "SELECT count(*) FROM objects WHERE kind = 'balance_transaction'"  # at Stripe, before we hear of it
AGAIN = "SELECT kind, count(*) FROM operation WHERE attempts > 1 GROUP BY kind"
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["marketplace.app", "tests.money.stall"])


def main(arguments: Sequence[str]) -> int:
    """Kill, work off, check; the last line is JSON, 1 for a breach (0 for one with `--without-keys`)."""
    given = _parser().parse_args(arguments)
    _need_free(given.port, given.port + 1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    random.seed(given.seed)
    began = time.monotonic()
    with memory_folder() as folder:
        blueprint = draw_up(folder)
        data = folder / "data"
        data.mkdir()
        with open_stall(data, blueprint, clock=StillClock(datetime.now(UTC))) as stall:
            market = open_market(stall, given.experts)
            paid = pay_for(stall, market, given.bookings)
        report = {"paid_before": paid} | _under_fire(data, market, given)
        report |= _worked_off(data, blueprint, report.pop("acknowledged"))
        if given.keep and report["breaches"]:
            shutil.copytree(data, given.keep)
    report |= {"seconds": round(time.monotonic() - began, 1), "seed": given.seed}
    breaches = report["breaches"]
    sys.stdout.write(
        f"{report['kills']} kills, {report['acknowledged']} acknowledged acts, {report['bookings']} bookings, "
        f"{report['entries']} entries\n"
        f"moved at Stripe under fire {report['under_fire']}, in the end {report['at_stripe']}\n"
        f"sent more than once: {report['sent_again']}\n"
        f"{len(breaches)} breaches in {report['seconds']} s\n"
    )
    sys.stdout.write("".join(f"  {breach}\n" for breach in breaches[:20]) + json.dumps(report) + "\n")
    return int(bool(breaches) is not given.without_keys)


def _under_fire(data: Path, market: Market, given: argparse.Namespace) -> dict[str, Any]:
    env = _environment(data, given.port)
    site = env["CADRAN_BASE_URL"]
    killed: Counter[str] = Counter()
    with ExitStack() as parts:
        parts.enter_context(_process(_sandbox_command(data, env), env))
        gunicorn = parts.enter_context(_process(_site_command(given.port, given.without_keys), env))
        _wait(f"{site}/health/ready", gunicorn)
        hand = parts.enter_context(_Worker(env, without_keys=given.without_keys))
        crowd = parts.enter_context(Crowd(site, data / "cadran.db", market))
        clock = DemoClock(data / "clock")
        jump = PASSES / (given.kills - given.kills // 3)
        for number in range(given.kills):
            if number > given.kills // 3:  # no time passes before: the experts answer
                clock.advance(jump)
                advance_sandbox(env["STRIPE_API"], KEY, jump)
            if number % 2:
                _wait_for_growth(data / "sandbox.db", MOVED_THERE, given.pause)
            else:
                _wait_for_growth(data / "cadran.db", MOVED, given.pause)
                time.sleep(random.uniform(0, given.pause / 3))
            if number % POWER_CUT_EVERY == 1:
                killed["web"] += _kill_children(gunicorn.pid, 2)
            if number % WEB_EVERY == 0:
                killed["web"] += _kill_children(gunicorn.pid, 1)
            else:
                hand.kill()
                killed["worker"] += 1
            _wait(f"{site}/health/live", gunicorn)  # however slow the machine is: nobody acts while the site is away
    (data / "ahead").write_text(str(clock.offset().total_seconds()))
    moved = _at_stripe(State(data / "sandbox.db"))
    done, promised = dict(crowd.done.most_common()), crowd.acknowledged
    return {"kills": dict(killed), "under_fire": moved, "done": done, "acknowledged": promised}


def _wait_for_growth(database: Path, question: str, pause: float) -> None:
    """Until the question's answer is another one; not for ever."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as reading:
        before = reading.execute(question).fetchone()
        patience = time.monotonic() + 3 * pause
        while time.monotonic() < patience and reading.execute(question).fetchone() == before:
            time.sleep(0.002)


def _at_stripe(state: State) -> dict[str, int]:
    """How many charges were captured, and how many refunds, transfers and reversals made."""
    with state.desk() as desk:
        charges = sum(charge["captured"] for charge in desk.every("charge"))
        rest = {f"{kind}s": len(desk.every(kind)) for kind in ("refund", "transfer", "transfer_reversal")}
    return {"charges": charges, **rest}


def _worked_off(data: Path, blueprint: Blueprint, acknowledged: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Everything is mended and time passes; then the books of both sides are compared."""
    ahead = float((data / "ahead").read_text())
    now = datetime.now(UTC) + timedelta(seconds=ahead + 61)
    with open_stall(data, blueprint, clock=StillClock(now), ahead_seconds=ahead) as stall:
        doubts_under_fire = list(_doubts(stall))
        for hours in (0, 1, *[24] * 30):
            stall.clock.advance(hours=hours)
            for _ in range(20):
                if not clockwork.tick(stall.work) + notices.handle_due(stall.work):
                    break
            audits.tick(stall.work)  # what was in doubt for a moment under fire is looked at again the next day
        breaches = [*books.at_rest(stall), *_doubts(stall), *_lost(stall, acknowledged)]
        with stall.work.reading() as session:
            states = dict(map(tuple, session.execute(text("select state, count(*) from booking group by state"))))
            entries = session.scalar(text("select count(*) from ledger_entry"))
            again = dict(map(tuple, session.execute(text(AGAIN))))
        return {
            "acknowledged": len(acknowledged), "bookings": sum(states.values()), "states": states,
            "entries": entries, "doubts_under_fire": doubts_under_fire, "sent_again": again,
            "at_stripe": _at_stripe(stall.state), "breaches": breaches,
        }  # fmt: skip


def _doubts(stall: Stall) -> Iterator[str]:
    """What the books themselves believe to be wrong: it would hold the experts' money back."""
    with stall.work.reading() as session:
        for row in session.execute(text("select name, figure, detail from ledger_check where breached")):
            yield f"the books are in doubt: {row.name} is {row.figure}: {row.detail}"


def _lost(stall: Stall, acknowledged: Sequence[tuple[str, str]]) -> Iterator[str]:
    with stall.work.reading() as session:
        opened = set(session.scalars(text("select object_id from operation where kind = 'checkout'")))
        rows = {str(row.id): row for row in session.execute(text("select id, state, accepted_at from booking"))}
        beyond = session.scalars(text("select booking_id from booking_case where kind = 'refund_beyond'"))
        refunded = set(map(str, beyond))
    for what, name in acknowledged:
        if what == "reserve" and name not in opened:
            yield f"a reservation was acknowledged and is gone: {name}"
        elif what == "refund" and name not in refunded:
            yield f"a refund beyond the policy was acknowledged and is gone: booking {name}"
        elif what == "acceptance" and rows[name].accepted_at is None:
            yield f"an acceptance was acknowledged and is gone: booking {name}"
        elif what == "refusal" and rows[name].state != "declined":
            yield f"a refusal was acknowledged, the booking is {rows[name].state}: {name}"
        elif what == "cancellation" and rows[name].state != "cancelled_by_lead":
            yield f"a cancellation was acknowledged, the booking is {rows[name].state}: {name}"


class _Worker:
    """The worker as a process that can be killed; a new one is there at once."""

    def __init__(self, env: Mapping[str, str], *, without_keys: bool) -> None:
        self._arguments = (dict(env), without_keys)
        self._child = self._born()

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.join()

    def kill(self) -> None:
        """SIGKILL, and the next one."""
        self.__exit__()
        self._child = self._born()

    def _born(self) -> Any:
        child = _PROCESSES.Process(target=_work, args=self._arguments, daemon=True)
        child.start()
        return child


def _work(env: Mapping[str, str], without_keys: bool) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if without_keys:
        forget_keys()
    os.environ.update(env)
    worker.run(build_work(settings_from()), threading.Event())


def forget_keys() -> None:
    """The guard off, in this process: every call to Stripe has a key of its own."""
    patch.object(stripe_gateway, "_once", lambda _key: {"idempotency_key": str(uuid4())}).start()


def _environment(data: Path, port: int) -> dict[str, str]:
    ours = {
        "CADRAN_ENV": "demo",
        "CADRAN_SECRET": "x" * 40,
        "CADRAN_BASE_URL": SITE.format(port=port),
        "CADRAN_DATABASE_URL": f"sqlite:///{data / 'cadran.db'}",
        "CADRAN_DATA_DIR": str(data),
        "STRIPE_KEY": KEY,
        "STRIPE_API": SANDBOX.format(port=port + 1),
        "STRIPE_WEBHOOK_SECRETS": "whsec_platform",
        "STRIPE_WEBHOOK_SECRETS_V2": "whsec_v2",
    }
    return {**os.environ, **ours}


def _sandbox_command(data: Path, env: Mapping[str, str]) -> list[str]:
    door = f"{env['CADRAN_BASE_URL']}/notices/stripe"
    return [
        *(sys.executable, "-m", "payments.sandbox", "--port", env["STRIPE_API"].rpartition(":")[2]),
        *("--state", str(data / "sandbox.db"), "--key", KEY),
        *("--webhook", f"{door}/platform=whsec_platform", "--webhook-v2", f"{door}/v2=whsec_v2"),
    ]


def _site_command(port: int, without_keys: bool) -> list[str]:
    application = "tests.bench.money_kills:application()" if without_keys else "wsgi:app"
    return [
        *(sys.executable, "-m", "gunicorn", application, "--chdir", str(ROOT), "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "critical"),
        "--no-control-socket",
    ]


def application() -> Any:
    """The site with the guard off."""
    from marketplace.app import application as site

    forget_keys()
    return site()


@contextmanager
def _process(command: Sequence[str], env: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, env=env, cwd=ROOT, process_group=0, **quiet)
    try:
        yield child
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # the last one: nobody says goodbye here
        child.wait()


def _kill_children(pid: int, most: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    chosen = random.sample(children, min(most, len(children)))
    for child in chosen:
        os.kill(int(child), signal.SIGKILL)
    return len(chosen)


def _need_free(*ports: int) -> None:
    """What was left of a run that was broken off would answer in our place."""
    for port in ports:
        with closing(socket.socket()) as door:
            if not door.connect_ex(("127.0.0.1", port)):
                raise SystemExit(f"port {port} is taken")


def _wait(url: str, child: "subprocess.Popen[bytes]") -> None:
    for _ in range(1800):
        if child.poll() is not None:
            raise SystemExit("the site stopped at once; is its port taken?")
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.money_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--pause", type=float, default=1.5, help="about the longest time between two kills, in seconds")
    parser.add_argument("--experts", type=int, default=12)
    parser.add_argument("--bookings", type=int, default=200, help="how many are paid before the first kill")
    parser.add_argument("--port", type=int, default=8132)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-keys", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder that gets both databases when something is wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
