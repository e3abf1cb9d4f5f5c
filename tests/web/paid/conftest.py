"""Fixtures for pages that need money: the till, the application on it in English, and who looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.store.accounts import Account
from marketplace.work import Work
from tests.cast import Cast, StillClock
from tests.till import Till, running_till
from tests.web.browse import Browser


@pytest.fixture
def till(work: Work, clock: StillClock, cast: Cast, tmp_path: Path) -> Iterator[Till]:
    with running_till(work, clock, cast, tmp_path) as till:
        yield till


@pytest.fixture
def app(settings: Settings, till: Till) -> Flask:
    with till.work.transaction() as tx:
        tx.session.execute(update(Account).values(language="en"))
    application = create_app(settings, till.work)
    application.testing = True
    return application


@pytest.fixture
def lea(app: Flask, cast: Cast) -> Browser:
    return Browser(app).sign_in(cast.lea)


@pytest.fixture
def ines(app: Flask, cast: Cast) -> Browser:
    return Browser(app).sign_in(cast.ines)


@pytest.fixture
def ada(app: Flask, cast: Cast) -> Browser:
    return Browser(app).sign_in(cast.ada)
