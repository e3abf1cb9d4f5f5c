"""Shared parts: a migrated database, a clock that stands still, the whole application on real parts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.post.file_post import FilePost
from marketplace.store.migrate import migrate
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.stripe_gateway import StripeGateway
from search.whoosh_index import open_index
from tests.cast import START, Cast, StillClock, stage

NOWHERE = "http://127.0.0.1:9"  # nothing listens there: Stripe is down for tests that do not pay
SECRET = "the-secret-of-the-tests-has-40-characters"


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


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh database of the test's own."""
    path = tmp_path / "cadran.db"
    shutil.copy(empty_database, path)
    fresh = Database(f"sqlite:///{path}")
    yield fresh
    fresh.close()


@pytest.fixture
def clock() -> StillClock:
    """Monday 2 November 2026, 09:00 in Paris, until the test moves it."""
    return StillClock(START)


@pytest.fixture
def cast(database: Database) -> Cast:
    """The named cast, in the database."""
    return stage(database)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A demo installation in the test's own folder."""
    return Settings(
        environment="demo",
        secret=SECRET,
        base_url="http://127.0.0.1:8000",
        database_url=f"sqlite:///{tmp_path / 'cadran.db'}",
        data_dir=tmp_path,
        stripe_key="sk_test_cadran",
        stripe_api=NOWHERE,
        stripe_secrets=("whsec_test",),
        stripe_secrets_v2=("whsec_test_v2",),
        smtp_url="",
        mail_from="Cadran <no-reply@localhost>",
    )


@pytest.fixture
def work(database: Database, clock: StillClock, settings: Settings) -> Work:
    """The real parts: SQLite, Whoosh, letters as files; Stripe does not answer (see `sandbox` for tests that pay)."""
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
def app(settings: Settings, work: Work) -> Flask:
    """The whole web application on these parts."""
    application = create_app(settings, work)
    application.testing = True
    return application
