"""A process is killed between any two steps of a move of money; a fresh one finds everything and goes on.

The victim is a real child process that kills itself with SIGKILL at a chosen seam (before or after a commit, before or
after a call to Stripe). What is left is what lies in the two files: our database and Stripe's.
"""

import json
import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import requests
import structlog
from sqlalchemy import select

from marketplace.services import bookings, clockwork, notices
from marketplace.services.bookings import Answer, Cancel, RefundBeyond, Reserve
from marketplace.services.payments import Look, look_at_payment
from marketplace.services.payouts import Payouts, look_at_account, onboarding_page
from marketplace.store.bookings import Booking
from tests.cast import StillClock
from tests.money import books
from tests.money.seams import Wire
from tests.money.stall import Blueprint, Stall, open_stall

SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)
Step = Callable[[Stall], None]

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["pytest", "tests.money.kills"])


@dataclass(frozen=True, slots=True)
class Move:
    """A move of money: how it comes to it, the move itself, and what the booking is in the end when it was made."""

    before: tuple[Step, ...]
    act: Step
    becomes: str
    after: tuple[Step, ...] = ()  # what people do once the machine is back


@dataclass
class Outcome:
    """What a fresh process found after a kill: breaches of the books, and where the booking ended."""

    seam: str
    states: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)


def seams_of(folder: Path, blueprint: Blueprint, name: str) -> list[str]:
    """Bring it to where the move begins, then list the seams that the move passes when nobody is killed."""
    folder.mkdir()
    with open_stall(folder, blueprint) as stall:
        for step in MOVES[name].before:
            step(stall)
        _note_time(stall)
    dry = folder.with_name(f"{folder.name}-dry")
    shutil.copytree(folder, dry)
    with _reopened(dry, blueprint) as stall:
        MOVES[name].act(stall)
        return list(stall.seams.passed)


def kill_at(folder: Path, blueprint: Blueprint, name: str, seam: int, *, keys: bool = True) -> Outcome:
    """Kill a process at this seam of the move, and let a fresh one find out; `keys` False takes the guard away."""
    scene = folder.with_name(f"{folder.name}-{seam}")
    shutil.copytree(folder, scene)
    victim = _process(_die, scene, blueprint, name, seam, keys)
    if victim != -signal.SIGKILL:
        raise AssertionError(f"the victim of seam {seam} ended with {victim}")
    if _process(_recover, scene, blueprint, name, seam, keys) != 0:
        raise AssertionError(f"nobody could recover from seam {seam}")
    found = json.loads((scene / "outcome.json").read_text())
    shutil.rmtree(scene)
    return Outcome(**found)


def _process(target: Callable[..., None], *arguments: object) -> int | None:
    child = _PROCESSES.Process(target=_quietly, args=(target, *arguments))
    child.start()
    child.join(60)
    return child.exitcode


def _quietly(target: Callable[..., None], *arguments: object) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    target(*arguments)


def _die(scene: Path, blueprint: Blueprint, name: str, seam: int, keys: bool) -> None:
    with _reopened(scene, blueprint, keys=keys) as stall:
        stall.seams.die = lambda: os.kill(os.getpid(), signal.SIGKILL)
        stall.seams.die_after(seam)
        MOVES[name].act(stall)


def _recover(scene: Path, blueprint: Blueprint, name: str, seam: int, keys: bool) -> None:
    with _reopened(scene, blueprint, keys=keys) as stall:
        for step in MOVES[name].after:
            step(stall)
        run_out(stall)
        with stall.work.reading() as session:
            states = list(session.scalars(select(Booking.state).order_by(Booking.id)))
        found = {"seam": str(seam), "states": states, "breaches": books.at_rest(stall)}
        (scene / "outcome.json").write_text(json.dumps(found))


def run_out(stall: Stall) -> None:
    """The worker goes round, past every lease and every deadline, until nothing moves any more."""
    moments = [stall.clock() + timedelta(seconds=wait) for wait in (61, 901)]
    moments += [SLOT, SLOT + timedelta(hours=3), SLOT + timedelta(hours=76)]
    for moment in moments:
        pass_until(stall, moment)
        for _ in range(5):
            if not clockwork.tick(stall.work) + notices.handle_due(stall.work):
                break


def pass_until(stall: Stall, moment: datetime) -> None:
    """Time passes, never back."""
    stall.clock.advance(seconds=max(0.0, (moment - stall.clock()).total_seconds()))


def _reopened(scene: Path, blueprint: Blueprint, *, keys: bool = True):  # type: ignore[no-untyped-def]
    if not keys:
        _forget_keys()
    now = datetime.fromisoformat((scene / "now").read_text())
    return open_stall(scene, blueprint, clock=StillClock(now))


def _note_time(stall: Stall) -> None:
    (stall.folder / "now").write_text(stall.clock().isoformat())


def _forget_keys() -> None:
    """The guard off, in this process: every call has a key of its own, so that Stripe takes it for a new one."""
    pass_on = Wire.pass_on

    def with_a_key_of_its_own(wire: Wire, request: requests.PreparedRequest) -> requests.Response:
        if "Idempotency-Key" in request.headers:
            request.headers["Idempotency-Key"] = str(uuid4())
        return pass_on(wire, request)

    Wire.pass_on = with_a_key_of_its_own  # type: ignore[method-assign]


def _booking(stall: Stall) -> Booking:
    with stall.work.reading() as session:
        return session.scalars(select(Booking).order_by(Booking.id.desc())).first() or Booking()


def _open_payouts(stall: Stall) -> None:
    command = Payouts(stall.cast.ines.actor)
    stall.press(onboarding_page(stall.work, command), outcome="complete")
    look_at_account(stall.work, command)


def _reserve(stall: Stall) -> None:
    command = Reserve(stall.cast.lea.actor, stall.offering_id, SLOT, "remote", "Know the gaps.", ("Forty.",))
    bookings.reserve(stall.work, command)


def _try_again(stall: Stall) -> None:
    """A lead whose page had hung: at once, and once the dead one's lease is over."""
    _reserve(stall)
    stall.clock.advance(seconds=61)
    clockwork.tick(stall.work)
    _reserve(stall)


def _pay(stall: Stall) -> None:
    stall.press(_booking(stall).checkout_url or "", outcome="pay")


def _look(stall: Stall) -> None:
    look_at_payment(stall.work, Look(stall.cast.lea.actor, _booking(stall).id))


def _notice(stall: Stall) -> None:
    told = stall.work.gateway.notices_since(stall.clock() - timedelta(days=1))
    authorised = [notice for notice in told if notice.type == "payment_intent.amount_capturable_updated"]
    notices.keep(stall.work, authorised)
    notices.handle_due(stall.work)


def _accept(stall: Stall) -> None:
    bookings.accept(stall.work, Answer(stall.cast.ines.actor, _booking(stall).id))


def _decline(stall: Stall) -> None:
    bookings.decline(stall.work, Answer(stall.cast.ines.actor, _booking(stall).id, "Not my field."))


def _cancel(stall: Stall) -> None:
    bookings.cancel(stall.work, Cancel(stall.cast.lea.actor, _booking(stall).id, "Ill."))


def _give_back(stall: Stall) -> None:
    """More than the policy, after the payout: the share is taken back first, then the refund is made."""
    command = RefundBeyond(stall.cast.ada.actor, _booking(stall).id, 18_000, "Goodwill.")
    bookings.refund_beyond_policy(stall.work, command)
    clockwork.operations(stall.work)


def _tick(stall: Stall) -> None:
    clockwork.tick(stall.work)


def _lapse(stall: Stall) -> None:
    clockwork.unpaid(stall.work)
    clockwork.operations(stall.work)


def _release(stall: Stall) -> None:
    clockwork.releases(stall.work)
    clockwork.operations(stall.work)


def _send(stall: Stall) -> None:
    clockwork.operations(stall.work)


def _wait(moment: datetime) -> Step:
    return lambda stall: pass_until(stall, moment)


def _a_quarter(stall: Stall) -> None:
    stall.clock.advance(minutes=15)


_PAID = (_open_payouts, _tick, _reserve, _pay, _look)
_HALF = (*_PAID, _accept, _tick, _wait(SLOT - timedelta(hours=30)))
_HELD = (*_PAID, _accept, _tick, _wait(SLOT), _tick, _wait(SLOT + timedelta(hours=3)), _tick)

MOVES: dict[str, Move] = {
    "checkout": Move((_open_payouts, _tick), _reserve, "released", (_try_again, _pay, _look, _accept)),
    "expire": Move((_reserve, _a_quarter), _lapse, "expired_unpaid"),
    "authorise": Move((_open_payouts, _tick, _reserve, _pay), _notice, "released", (_look, _accept)),
    "capture": Move(_PAID, _accept, "released"),
    "void": Move(_PAID, _decline, "declined"),
    "refund": Move(_HALF, _cancel, "cancelled_by_lead"),
    "reversal": Move((*_HELD, _wait(SLOT + timedelta(hours=75)), _tick, _tick), _give_back, "released"),
    "half a transfer": Move((*_HALF, _cancel), _send, "cancelled_by_lead"),
    "transfer": Move((*_HELD, _wait(SLOT + timedelta(hours=75))), _release, "released"),
}
