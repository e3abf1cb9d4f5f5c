"""A market stall in one folder: the real services on SQLite and the real sandbox, all in this process.

Everything that is remembered lies in two files, so that a crash loses exactly what a crash loses, and a fresh process
(or a fresh walk) begins from them.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import requests

from marketplace.post.file_post import FilePost
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.sandbox import SandboxSettings
from payments.sandbox.app import build
from payments.sandbox.faults import Json
from payments.sandbox.state import State
from search.port import SearchIndex
from tests.cast import START, Cast, StillClock, stage
from tests.money.seams import SeamedDatabase, Seams, Wire, session_on, wired_gateway
from tests.till import KEY, publish

MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one


@dataclass(frozen=True, slots=True)
class Stall:
    """The parts, ready to be used; `wire` and `seams` are where a test makes things go wrong."""

    folder: Path
    work: Work
    clock: StillClock
    cast: Cast
    offering_id: int
    wire: Wire
    seams: Seams
    state: State
    browser: requests.Session  # a lead's: it has no part in the faults of our own wire

    def objects(self, *kinds: str) -> dict[str, list[Json]]:
        """What Stripe has of these kinds, oldest first."""
        with self.state.desk() as desk:
            return {kind: desk.every(kind) for kind in kinds}

    def press(self, url: str, **form: str) -> None:
        """Use a button of one of Stripe's pages."""
        self.browser.post(url, data=form, allow_redirects=False)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A database with the cast and an offering in it, to be copied."""

    path: Path
    cast: Cast
    offering_id: int


def draw_up(folder: Path, path: Path | None = None) -> Blueprint:
    """Make the database once; `path` is a migrated empty one, where there is one already."""
    target = folder / "blueprint.db"
    if path is not None:
        shutil.copy(path, target)
    database = Database(f"sqlite:///{target}", durable=False)
    if path is None:
        migrate(database)
    cast_of_all = stage(database)
    nobody = cast("Any", None)  # neither index nor Stripe nor post has anything to do here
    work = Work(database, StillClock(START), nobody, nobody, nobody, "http://127.0.0.1:8000", "")
    offering_id = publish(work, cast_of_all.ines)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return Blueprint(target, cast_of_all, offering_id)


@contextmanager
def open_stall(
    folder: Path, blueprint: Blueprint, *, clock: StillClock | None = None, ahead_seconds: float = 0
) -> Iterator[Stall]:
    """Open what is in the folder; an empty one begins with the blueprint.

    `ahead_seconds`: how far the sandbox's own clock was put forward already, where it ran as a process of its own.
    """
    if not (folder / "cadran.db").exists():
        shutil.copy(blueprint.path, folder / "cadran.db")
    clock = clock or StillClock(START)
    seams = Seams()
    database = SeamedDatabase(f"sqlite:///{folder / 'cadran.db'}", durable=False)
    database.seams = seams
    settings = SandboxSettings(state=folder / "sandbox.db", key=KEY)
    state = State(settings.state, settings.endpoints, lambda: clock().timestamp() - ahead_seconds)
    wire = Wire(build(settings, state), seams)
    gateway = wired_gateway(KEY, wire)
    work = Work(
        database=database,
        clock=clock,
        index=_no_index(),
        gateway=gateway,
        post=FilePost(folder / "letters", "Cadran <no-reply@localhost>"),
        base_url="http://127.0.0.1:8000",
        secret="the-secret-of-the-tests-has-40-characters",
    )
    browser = session_on(Wire(build(settings, state), Seams()))
    try:
        yield Stall(folder, work, clock, blueprint.cast, blueprint.offering_id, wire, seams, state, browser)
    finally:
        browser.close()
        gateway.close()
        database.close()


def clear(stall: Stall, blueprint: Blueprint) -> None:
    """Begin again in the same folder, keeping what Python has learned (compiled statements, routes)."""
    stall.work.database.close()
    _forget(stall.folder / "cadran.db", stall.folder / "sandbox.db")
    shutil.copy(blueprint.path, stall.folder / "cadran.db")
    State(stall.folder / "sandbox.db")
    stall.clock.__init__(START)  # type: ignore[misc]  # the same clock, set back
    stall.seams.live()
    stall.seams.passed.clear()
    stall.wire.faults.clear()
    stall.wire.cut = False


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one: money is checked here, not the disk."""
    folder = Path(tempfile.mkdtemp(prefix="cadran-money-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _no_index() -> SearchIndex:
    return cast("SearchIndex", None)


def _forget(*paths: Path) -> None:
    for path in paths:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
