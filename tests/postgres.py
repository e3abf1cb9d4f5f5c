"""A PostgreSQL server of the tests' own: made for the purpose in memory, thrown away afterwards.

Each test gets a database of its own, copied from a migrated template in about 20 ms. Nothing is flushed to the disk
(`fsync=off`): a server that lives for one test run has nothing to lose. Servers for fault tests are made `durable`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.house.postgres import programs

OWNER = "cadran"
TEMPLATE = "template_cadran"
MEMORY = Path("/dev/shm")  # noqa: S108 a folder in memory, when the machine has one
PREFIX = "cadran-pg-"
PATIENCE = 30.0  # seconds
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")
ALWAYS = ("listen_addresses=", "max_connections=200", "shared_buffers=64MB", "autovacuum=off", "port=5432")


@dataclass(slots=True)
class Server:
    """A running server, reached by a socket in its own folder."""

    folder: Path
    programs: Path
    settings: Sequence[str]
    _numbers: Iterator[int] = field(default_factory=count)
    _process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        """The address of a database, as CADRAN_DATABASE_URL wants it."""
        return f"postgresql+psycopg://{OWNER}@/{name}?host={quote(str(self.folder), safe='')}"

    def create(self, template: str = "template0") -> str:
        """A new database; its URL."""
        name = f"test_{next(self._numbers)}"
        self.copy(template, name)
        return self.url(name)

    def copy(self, template: str, name: str) -> None:
        """Make `name` a copy of the other database, to which nobody is connected; the old one of that name is gone."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {url.partition('@/')[2].partition('?')[0]} WITH (FORCE)")

    def writes(self) -> int:
        """Grows with every transaction, anywhere on the server, that writes something, rolled back or not."""
        with self._connection() as connection:
            found = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        assert found is not None
        return int(found[0])

    def run(self, statement: str) -> None:
        """One statement on the server as a whole."""
        with self._connection() as connection:
            connection.execute(statement.encode())

    def _connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True)

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = [part for setting in (*ALWAYS, *self.settings) for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                _as_owner([str(self.programs / "postgres"), "-D", str(self._data), "-k", str(self.folder), *options]),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self, mode: str = "immediate") -> None:
        """Stop: 'immediate' lets everything fall, as a crash does; 'fast' ends connections in order."""
        if self._process is not None:
            self._process.send_signal({"immediate": signal.SIGQUIT, "fast": signal.SIGINT}[mode])
            self._process.wait(PATIENCE)
            self._process = None

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.run("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL does not start:\n{(self.folder / 'log').read_text()}") from None
                time.sleep(0.02)


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[Server]:
    """A server until the block ends. `durable`: commits are on the disk before they are acknowledged."""
    place = MEMORY if MEMORY.is_dir() and not durable else Path(tempfile.gettempdir())
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    server = Server(folder, programs(), () if durable else CARELESS)
    try:
        _make_cluster(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove what killed tests left behind."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError, IndexError, ValueError):
            # While a cluster is being made, its number has a minus in front.
            pid = abs(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
            if not Path("/proc", str(pid)).exists() and time.time() - folder.stat().st_mtime > PATIENCE:
                shutil.rmtree(folder, ignore_errors=True)


def _make_cluster(server: Server) -> None:
    if os.geteuid() == 0:
        shutil.chown(server.folder, _unprivileged())
    command = [str(server.programs / "initdb"), "-D", str(server.folder / "data"), "-U", OWNER, "-A", "trust"]
    made = subprocess.run(
        _as_owner([*command, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]),
        capture_output=True, text=True, check=False, cwd=server.folder,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; and it falls with the tests, also when they are killed."""
    if not shutil.which("setpriv"):
        return command
    other = [f"--reuid={_unprivileged()}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig", "QUIT", *other, *command]


def _unprivileged() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
