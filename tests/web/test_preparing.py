"""A process that serves is ready for its first visitor."""

from dataclasses import replace

from marketplace.app import create_app, prepare
from marketplace.config import Settings
from marketplace.queries.kept_catalogue import current_catalogue
from marketplace.store.transaction import Database
from tests.scene import Scene, statements
from tests.web.browse import Browser


def test_the_first_visitor_does_not_wait_for_the_catalogue(scene: Scene) -> None:
    offering_id = scene.offer()
    prepare(scene.work)
    with statements(scene.work.database) as asked, scene.work.reading() as session:
        assert offering_id in current_catalogue(scene.work, session).place
    assert len(asked) == 1, "only whether it is still the latest"


def test_a_server_that_forks_hands_no_connection_on(scene: Scene) -> None:
    prepare(scene.work)
    assert "Connections in pool: 0" in scene.work.database.engine.pool.status()


def test_a_process_begins_without_its_database_too(scene: Scene, settings: Settings) -> None:
    """Its pages say what is wrong."""
    lost = replace(scene.work, database=Database("sqlite:////nowhere/at/all/cadran.db"))
    prepare(lost)
    assert Browser(create_app(settings, lost)).get("/search").status == 503
