"""Two machines, one database: each replays the change log into its own index, and both say the same in the end."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event as Signal
from threading import Timer

import pytest
from sqlalchemy import func, select

from marketplace import worker
from marketplace.reactions import indexing
from marketplace.services import offerings
from marketplace.services.offerings import OwnOffering
from marketplace.store import search_documents
from marketplace.store.offerings import OfferingChange
from marketplace.store.transaction import Database
from marketplace.work import Work
from search.whoosh_index import open_index
from tests.scene import Scene

KILLS = 6
REQUESTS = ("chatbot compliance", "banks", "part 3", "Launch a chatbot without losing compliance")


@pytest.fixture
def second(scene: Scene, tmp_path: Path) -> Iterator[Work]:
    """Another machine: the same database, a folder of its own."""
    database = Database(scene.work.database.engine.url.render_as_string(hide_password=False))
    yield replace(scene.work, database=database, index=open_index(tmp_path / "second"))
    database.close()


def answers(work: Work) -> list[object]:
    return [
        [(hit.id, pytest.approx(hit.score, rel=1e-4)) for hit in work.index.search(text, 50).hits] for text in REQUESTS
    ]


def have_converged(one: Work, other: Work) -> bool:
    indexing.catch_up_fully(one)
    indexing.catch_up_fully(other)
    return one.index.sequence() == other.index.sequence() and answers(one) == answers(other)


def pause(scene: Scene, offering_id: int) -> None:
    offerings.pause_offering(scene.work, OwnOffering(scene.cast.amara.actor, offering_id))


def days_of_trade(scene: Scene, many: int = 6) -> list[int]:
    """Offerings that come, change their minds and go; in the log, and in no index yet."""
    ids = [scene.offer(f"Chatbots in banks, part {number}") for number in range(many)]
    for offering_id in ids[:2]:
        for _ in range(3):
            pause(scene, offering_id)
            offerings.resume_offering(scene.work, OwnOffering(scene.cast.amara.actor, offering_id))
    pause(scene, ids[2])
    return ids


def test_two_nodes_that_replay_the_log_at_their_own_pace_say_the_same(scene: Scene, second: Work) -> None:
    days_of_trade(scene, 3)
    indexing.catch_up(scene.work)
    days_of_trade(scene, 3)
    assert have_converged(scene.work, second)
    assert answers(second)[0]


def test_a_node_that_missed_a_change_is_noticed(scene: Scene, second: Work) -> None:
    """Negative control: with one number of the log skipped, the nodes differ."""
    days_of_trade(scene, 3)
    indexing.catch_up_fully(scene.work)
    with second.reading() as session:
        second.index.apply([], search_documents.last_change(session))
    assert not have_converged(scene.work, second)


def test_they_converge_after_a_rebuild_of_one_of_them(scene: Scene, second: Work) -> None:
    days_of_trade(scene)
    indexing.catch_up_fully(scene.work)
    days_of_trade(scene, 3)
    indexing.rebuild(second)
    assert have_converged(scene.work, second)


def test_they_converge_when_the_log_was_compacted_during_a_week_offline(scene: Scene, second: Work) -> None:
    ids = days_of_trade(scene)
    indexing.catch_up_fully(second)
    stood_at = second.index.sequence()
    pause(scene, ids[3])  # from here on the second machine is off
    days_of_trade(scene, 3)
    scene.clock.advance(days=7)
    pause(scene, ids[4])
    before = length_of_the_log(scene.work)
    assert indexing.compact(scene.work) > 0
    assert length_of_the_log(scene.work) < before
    assert indexing.compact(scene.work) == 0
    assert second.index.sequence() == stood_at
    assert have_converged(scene.work, second)
    assert not {ids[3], ids[4]} & {hit.id for hit in second.index.search("chatbots banks", 50).hits}


def test_a_log_that_forgets_the_newest_change_would_part_them(
    scene: Scene, second: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: dropping everything old, as logs are usually cut, leaves what was paused on the market."""
    ids = days_of_trade(scene)
    indexing.catch_up_fully(second)
    indexing.catch_up_fully(scene.work)
    pause(scene, ids[3])
    indexing.catch_up_fully(scene.work)
    scene.clock.advance(days=7)
    pause(scene, ids[4])
    with scene.work.transaction() as tx:
        tx.session.query(OfferingChange).where(OfferingChange.at < tx.now - timedelta(days=1)).delete()
    assert not have_converged(scene.work, second)
    assert ids[3] in {hit.id for hit in second.index.search("chatbots banks", 50).hits}


def test_compaction_keeps_what_is_young_and_each_offerings_newest_change(scene: Scene) -> None:
    ids = days_of_trade(scene, 3)
    assert indexing.compact(scene.work) == 0, "all of it is young"
    scene.clock.advance(days=2)
    indexing.compact(scene.work)
    with scene.work.reading() as session:
        kept = session.execute(select(OfferingChange.offering_id)).scalars().all()
    assert sorted(kept) == sorted(ids)


def length_of_the_log(work: Work) -> int:
    with work.reading() as session:
        return session.scalar(select(func.count(OfferingChange.id))) or 0


def follow_in_a_child(url: str, work: Work, folder: Path) -> int:
    """Another process follows the log into a folder until it is killed; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        indexing.BATCH = 1  # a commit for each change: more moments to be killed in
        worker.follow(replace(work, database=Database(url), index=open_index(folder)), Signal())
    finally:
        os._exit(1)


def test_they_converge_after_kill_9_at_any_moment(scene: Scene, tmp_path: Path, second: Work) -> None:
    url, folder = scene.work.database.engine.url.render_as_string(hide_password=False), tmp_path / "second"
    for kill in range(KILLS):
        days_of_trade(scene, 3)
        child = follow_in_a_child(url, scene.work, folder)
        time.sleep(0.3 + 0.15 * kill)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert second.index.sequence() <= _last(scene.work)
    assert second.index.sequence() > 0, "it had written something when it was killed"
    assert have_converged(scene.work, second)


def _last(work: Work) -> int:
    with work.reading() as session:
        return search_documents.last_change(session)


def test_a_node_whose_folder_was_lost_builds_it_anew(scene: Scene, second: Work, tmp_path: Path) -> None:
    days_of_trade(scene, 3)
    indexing.catch_up_fully(second)
    shutil.rmtree(tmp_path / "second")
    (tmp_path / "second").mkdir()
    assert have_converged(scene.work, second)


def test_following_goes_on_until_it_is_told_to_stop(scene: Scene, second: Work) -> None:
    days_of_trade(scene, 3)
    stop = Signal()
    Timer(0.5, stop.set).start()
    worker.follow(second, stop)
    assert second.index.sequence() == _last(scene.work)
