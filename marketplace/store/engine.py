"""How the two databases are opened: every time-out, isolation level and pool size of the product stands here.

SQLite and PostgreSQL keep the same three promises to the rest of the code:

* a write transaction is alone (`ALONE`) unless its author showed that it may run beside others (`BESIDE`);
* a read sees one snapshot, whatever is committed meanwhile;
* nobody waits for ever: after `LOCK_MS` a wait ends as an error that people see as "try again in a moment".
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_MS = 10_000  # the longest wait for another writer or a locked row
STATEMENT_MS = 15_000  # the longest one statement of a page or of the worker may take (PostgreSQL)
IDLE_MS = 60_000  # a transaction whose program fell silent is ended, so that its locks are free again (PostgreSQL)
CONNECT_SECONDS = 3  # a server that is down is noticed while a person still waits
POOL = 10  # connections kept per process (PostgreSQL): gunicorn's threads and some air
POOL_OVERFLOW = 10  # opened beyond that under load, and shut afterwards
POOL_WAIT_SECONDS = 10
WRITE_ISOLATION: Final = "READ COMMITTED"  # each statement sees what was committed before it: needed after a lock
READ_ISOLATION: Final = "REPEATABLE READ"  # a page is one snapshot
# Advisory locks of PostgreSQL, held until the transaction ends ('cadran' in ASCII, and a number).
WRITERS_TURN = 0x63616472616E00
CHANGE_LOG = 0x63616472616E01

# The values of the execution option `cadran_writes`.
ALONE: Final = True
BESIDE: Final = "beside"


_TURNS: defaultdict[str, Lock] = defaultdict(Lock)  # per SQLite file


def open_engine(url: str, *, durable: bool) -> Engine:
    """The engine for a URL that starts with `sqlite:///` or `postgresql://`."""
    # hide_parameters: an error's text goes to the logs, the values in it must not.
    return _sqlite(url, durable) if url.startswith("sqlite") else _postgresql(url, durable)


def on_snapshot(engine: Engine) -> Engine:
    """The same engine for reading only: one snapshot from the first question to the last."""
    if engine.dialect.name == "sqlite":
        return engine  # any transaction of SQLite is that
    return engine.execution_options(isolation_level=READ_ISOLATION, postgresql_readonly=True)


@contextmanager
def writers_turn(engine: Engine) -> Iterator[None]:
    """Threads of one process that write to the same SQLite file queue here, in order and without sleeping; SQLite's
    own lock is between processes. Raises SQLAlchemy's own `TimeoutError` after `LOCK_MS`."""
    if engine.dialect.name != "sqlite":
        yield
        return
    turn = _TURNS[str(engine.url.database)]
    if not turn.acquire(timeout=LOCK_MS / 1000):
        raise PoolTimeout("another writer does not come to an end")
    try:
        yield
    finally:
        turn.release()


def one_at_a_time(session: Session, lock: int) -> None:
    """From here to its end, no other transaction is past the same call. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _postgresql(url: str, durable: bool) -> Engine:
    engine = create_engine(
        _with_driver(url),
        isolation_level=WRITE_ISOLATION,
        pool_pre_ping=True,  # after a restart of the server the dead connections are found before they are used
        pool_size=POOL,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_WAIT_SECONDS,
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "cadran", "options": _options(durable)},
    )
    event.listen(engine, "begin", _take_turn)
    return engine


def _with_driver(url: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgresql", "postgres") else url


def _options(durable: bool) -> str:
    settings: dict[str, Any] = {
        "lock_timeout": LOCK_MS,
        "statement_timeout": STATEMENT_MS,
        "idle_in_transaction_session_timeout": IDLE_MS,
        "synchronous_commit": "on" if durable else "off",  # money moves here: a commit must survive a power cut
        "timezone": "UTC",
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def _take_turn(connection: Connection) -> None:
    # Writers that are alone exclude everybody; those beside each other exclude only the ones that want to be alone.
    writes = connection.get_execution_options().get("cadran_writes", False)
    if writes:
        lock = "pg_advisory_xact_lock_shared" if writes == BESIDE else "pg_advisory_xact_lock"
        connection.exec_driver_sql(f"SELECT {lock}({WRITERS_TURN})")


def _sqlite(url: str, durable: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": LOCK_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    if not durable:
        event.listen(engine, "connect", _trust_the_disk)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver starts transactions late and deferred by itself: turn that off, `_begin_sqlite` does it.
    connection.isolation_level = None
    # SQLite's own lower() leaves É as it is; PostgreSQL's does not.
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # money moves here: a commit must survive a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_MS}")
    cursor.close()


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _trust_the_disk(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Writers take SQLite's lock at once: a deferred one fails under load. There is one writer, so nobody is beside.
    writes = connection.get_execution_options().get("cadran_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
