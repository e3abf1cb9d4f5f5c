"""Health: alive and ready, without secrets."""

import json
import shutil
from dataclasses import replace

from flask import Flask

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.web.browse import Browser


def test_a_whole_installation_is_alive_and_ready(app: Flask) -> None:
    browser = Browser(app)
    assert json.loads(browser.get("/health/live").html) == {"status": "ok"}
    ready = browser.get("/health/ready")
    assert ready.status == 200
    assert json.loads(ready.html) == {"database": True, "schema": True, "index": True}


def test_an_old_schema_is_alive_but_not_ready(app: Flask, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    ready = Browser(app).get("/health/ready")
    assert ready.status == 503
    assert json.loads(ready.html) == {"database": True, "schema": False, "index": True}
    assert Browser(app).get("/health/live").status == 200


def test_a_lost_index_is_not_ready(app: Flask, settings: Settings) -> None:
    shutil.rmtree(settings.index_dir)
    ready = Browser(app).get("/health/ready")
    assert (ready.status, json.loads(ready.html)["index"]) == (503, False)


def test_a_lost_database_is_not_ready(app: Flask, settings: Settings, work: Work) -> None:
    lost = replace(work, database=Database("sqlite:////nowhere/at/all/cadran.db"))
    ready = Browser(create_app(settings, lost)).get("/health/ready")
    assert ready.status == 503
    assert json.loads(ready.html) == {"database": False, "schema": False, "index": True}
    assert "nowhere" not in ready.html
