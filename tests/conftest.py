"""Shared parts: a migrated database, a clock that stands still, the whole application on real parts."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY
from flask import Flask
from hypothesis import settings
from werkzeug.routing import Rule

import tests.cast
from marketplace import hashing
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.post.file_post import FilePost
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.sandbox import Sandbox, SandboxSettings, running_sandbox
from payments.stripe_gateway import StripeGateway
from search.whoosh_index import open_index
from tests.cast import START, Cast, StillClock, stage
from tests.living import Site, running_demo
from tests.made_once import keep_templates, kept_builder
from tests.payments.honesty.witness import Witness, lines, watching
from tests.postgres import TEMPLATE, Server, running_server
from tests.scene import Scene

NOWHERE = "http://127.0.0.1:9"  # nothing listens there: Stripe is down for tests that do not pay
STRIPE_KEY = "sk_test_cadran"
KINDS = ("sqlite", "postgresql")
# Every test that reaches for the database runs on both. Not so what a browser makes of a page: it does not depend on
# where the page's words were kept, and the pages themselves are tested on both in tests/web.
ONCE = {"browser"}
SECRET = "the-secret-of-the-tests-has-40-characters"

# No test is judged by how long it takes: a busy machine is no fault of the code.
settings.register_profile("cadran", deadline=None)
settings.load_profile("cadran")


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Argon2 as cheap as it gets: the suite signs in a thousand times. `real_hashes` puts production's back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "_HASHER", PasswordHasher.from_parameters(CHEAPEST))
        yield


@pytest.fixture(scope="session", autouse=True)
def routes_made_once() -> Iterator[None]:
    """See tests/made_once.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", kept_builder)
        yield


@pytest.fixture(scope="session", autouse=True)
def witness() -> Iterator[Witness]:
    """Sees everything that any sandbox of this process is asked and answers."""
    with watching() as seen:
        yield seen


@pytest.fixture(autouse=True)
def no_lies(witness: Witness) -> Iterator[None]:
    """Every request that we send is one of Stripe's, and so is every answer of the sandbox: in every single test."""
    witness.lies.clear()
    yield
    told, witness.lies[:] = lines(witness), []
    assert not told, f"not as Stripe has it:\n{told}"


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    """Log lines are made and dropped; a test that reads them says so."""
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.ReturnLoggerFactory()
    )


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production's parameters."""
    monkeypatch.setattr(hashing, "_HASHER", PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY))
    hashing._nobodys.cache_clear()
    tests.cast._hash_of.cache_clear()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that reaches for the database runs on both."""
    if "database_kind" in metafunc.fixturenames:
        once = Path(metafunc.module.__file__).parts[-2] in ONCE
        metafunc.parametrize("database_kind", KINDS[:1] if once else KINDS)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated, empty SQLite file; tests copy it instead of migrating again."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of this process's own, with a migrated template; an error when there is no PostgreSQL."""
    with running_server() as server:
        server.run(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        database = Database(server.url(TEMPLATE))
        migrate(database)
        database.close()
        yield server


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, migrated database of the test's own."""
    with fresh_database(database_kind, tmp_path, request) as url:
        yield url


@contextmanager
def fresh_database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """As `database_url`, for fixtures that live longer than a test."""
    if kind == "sqlite":
        path = folder / "cadran.db"
        shutil.copy(request.getfixturevalue("empty_database"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql")
    url = server.create(TEMPLATE)
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of the test's own, once on SQLite and once on PostgreSQL."""
    fresh = Database(database_url)
    yield fresh
    fresh.close()


@pytest.fixture
def rewindable(database: Database, request: pytest.FixtureRequest) -> Callable[[], Callable[[], None]]:
    """Called, it remembers the database as it is now; what it returns puts that back, as often as called."""
    if database.engine.dialect.name == "sqlite":
        return partial(_remember_file, database)
    return partial(_remember_copy, database, request.getfixturevalue("postgresql"))


def _remember_file(database: Database) -> Callable[[], None]:
    here = Path(database.engine.url.database or "")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    before = shutil.copy(here, here.with_suffix(".before"))

    def rewind() -> None:
        database.close()
        for suffix in ("-wal", "-shm"):
            here.with_name(here.name + suffix).unlink(missing_ok=True)
        shutil.copy(before, here)

    return rewind


def _remember_copy(database: Database, server: Server) -> Callable[[], None]:
    here = database.engine.url.database or ""
    database.close()
    server.copy(here, f"{here}_before")
    written = server.writes()

    def rewind() -> None:
        nonlocal written
        if server.writes() == written:
            return  # nobody has written anything: nothing to put back
        database.close()
        server.copy(f"{here}_before", here)
        written = server.writes()

    return rewind


@pytest.fixture
def clock() -> StillClock:
    """Monday 2 November 2026, 09:00 in Paris, until the test moves it."""
    return StillClock(START)


@pytest.fixture
def cast(database: Database) -> Cast:
    """The named cast, in the database."""
    return stage(database)


@pytest.fixture
def sandbox(tmp_path: Path, clock: StillClock) -> Iterator[Sandbox]:
    """Stripe's sandbox on the test's clock; a test that names it has a `work` and an `app` that can pay."""
    settings = SandboxSettings(state=tmp_path / "sandbox.db", key=STRIPE_KEY)
    with running_sandbox(settings, environment={}, wall=lambda: clock().timestamp()) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, database_url: str, request: pytest.FixtureRequest) -> Settings:
    """A demo installation in the test's own folder."""
    can_pay = "sandbox" in request.fixturenames
    return Settings(
        environment="demo",
        secret=SECRET,
        base_url="http://127.0.0.1:8000",
        database_url=database_url,
        data_dir=tmp_path,
        stripe_key=STRIPE_KEY,
        stripe_api=request.getfixturevalue("sandbox").address if can_pay else NOWHERE,
        stripe_secrets=("whsec_test",),
        stripe_secrets_v2=("whsec_test_v2",),
        smtp_url="",
        mail_from="Cadran <no-reply@localhost>",
    )


@pytest.fixture
def work(database: Database, clock: StillClock, settings: Settings) -> Work:
    """The real parts: database, Whoosh, letters as files; Stripe does not answer (see `sandbox` for tests that pay)."""
    return Work(
        database=database,
        clock=clock,
        index=open_index(settings.index_dir),
        gateway=StripeGateway(settings.stripe_key, settings.stripe_api),
        post=FilePost(settings.mailbox_dir, settings.mail_from),
        base_url=settings.base_url,
        secret=settings.secret,
    )


@pytest.fixture
def scene(work: Work, cast: Cast, clock: StillClock) -> Scene:
    """The market: offerings, requests and sessions that tests put there."""
    return Scene(work, cast, clock)


@pytest.fixture
def app(settings: Settings, work: Work) -> Flask:
    """The whole web application on these parts."""
    application = create_app(settings, work)
    application.testing = True
    keep_templates(application)
    return application


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo as `make demo` runs it, told once: sandbox, worker, site, a year of history.

    Tests that name it are marked `living` and run in one process, so that the past is told once.
    """
    with running_demo(tmp_path_factory.mktemp("demo")) as site:
        yield site
