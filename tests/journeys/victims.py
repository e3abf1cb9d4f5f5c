"""Processes that are killed while Stripe keeps them waiting: what they knew and had not written down is gone."""

import multiprocessing
import os
import signal
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from marketplace.services import bookings
from marketplace.services.bookings import Cancel
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.stripe_gateway import StripeGateway
from tests.cast import Person, StillClock
from tests.till import KEY, Till

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.journeys.victims"])


@dataclass(frozen=True, slots=True)
class _Scene:
    """All that a process of its own needs to find our database and the sandbox."""

    database_url: str
    stripe: str
    now: datetime


class Victim:
    """A process that cancels a booking, and with it sends a refund."""

    def __init__(self, till: Till, person: Person, booking_id: int) -> None:
        url = till.work.database.engine.url.render_as_string(hide_password=False)
        scene = _Scene(url, till.sandbox.address, till.clock())
        self._child = _PROCESSES.Process(target=_cancel, args=(scene, person, booking_id), daemon=True)
        self._child.start()

    def kill(self) -> None:
        """SIGKILL; fails when it had ended by itself before."""
        os.kill(self._child.pid or 0, signal.SIGKILL)
        self._child.join(20)
        assert self._child.exitcode == -signal.SIGKILL


def _cancel(scene: _Scene, person: Person, booking_id: int) -> None:
    nobody = cast("Any", None)  # neither index nor letters have anything to do here
    database = Database(scene.database_url)
    gateway = StripeGateway(KEY, scene.stripe)
    work = Work(database, StillClock(scene.now), nobody, gateway, nobody, "http://127.0.0.1:8000", "")
    bookings.cancel(work, Cancel(person.actor, booking_id, "Ill."))
