"""A process that follows takes commits in beside its readers: they wait for nothing and miss nothing."""

import gc
import shutil
import threading
import time
import weakref

import numpy as np
import pytest

from search import following, whoosh_index
from search.newest import Newest
from search.port import Delete, Document, IndexUnusableError, Upsert
from search.whoosh_index import open_index
from tests.search.conftest import CHATBOT, MARKET, ids

PATIENCE = 20  # seconds; a look is a fifth of one


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(following, "POLL", 0.01)


@pytest.fixture
def follower(market, folder):
    """Another process's index over the same folder, following."""
    index = open_index(folder)
    index.follow()
    index.search("chatbot", 1)
    until(lambda: index._follower.is_following)
    yield index
    index.close()


def until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_a_commit_is_seen_a_moment_later(market, follower):
    assert ids(follower, "photonique") == []
    market.apply([Upsert(Document(9, "fr", "Photonique", "", ""))], 5)
    until(lambda: ids(follower, "photonique") == [9])
    market.apply([Delete(9)], 6)
    until(lambda: ids(follower, "photonique") == [])


def test_a_rebuild_is_seen_a_moment_later(market, follower):
    market.rebuild([CHATBOT], 5)
    until(lambda: ids(follower, "équipe data chatbot") == [1])
    assert follower._latest.generation == market.generation()


def test_no_reader_opens_a_generation_or_looks_a_known_word_up(market, follower, monkeypatch):
    for word in ("chatbot", "équipe"):
        follower.search(word, 1)
    before = follower.generation()
    monkeypatch.setattr(Newest, "look_up", of_the_follower(Newest.look_up))
    monkeypatch.setattr(follower, "_open_latest", of_the_follower(follower._open_latest))
    market.apply([Upsert(Document(9, "fr", "Équipe", "", ""))], 5)
    until(lambda: follower._latest.generation > before)
    assert ids(follower, "équipe") == [9, 2]


def of_the_follower(real):
    def checked(*arguments):
        assert threading.current_thread().name == "search-follower", "a reader did the follower's work"
        return real(*arguments)

    return checked


def test_where_the_thread_is_gone_readers_look_for_themselves(market, follower):
    follower._follower.stop()
    market.apply([Upsert(Document(9, "fr", "Photonique", "", ""))], 5)
    assert ids(follower, "photonique") == [9]


def test_a_forked_process_has_a_follower_of_its_own(market, follower, monkeypatch):
    monkeypatch.setattr(following.os, "getpid", lambda: -1)
    before = follower._follower
    assert ids(follower, "chatbot") == [1]
    assert follower._follower is not before
    before.stop()


def test_whoever_prepares_a_process_starts_no_thread_in_it(market, folder):
    """A server that loads the application before it forks searches nothing itself."""
    index = open_index(folder)
    index.warm()
    index.follow()
    assert index._follower is None


def test_an_index_that_cannot_be_read_is_told_to_whoever_searches(follower, folder):
    (folder / "current").unlink()
    until(lambda: not follower._follower.is_following)
    with pytest.raises(IndexUnusableError):
        follower.search("chatbot", 1)


def test_what_only_the_follower_meets_is_logged_once(market, follower, monkeypatch, caplog):
    monkeypatch.setattr("search.snapshot.Snapshot.preparing", broken)
    market.apply([Upsert(Document(9, "fr", "Photonique", "", ""))], 5)
    until(lambda: caplog.records)
    assert ids(follower, "photonique") == [9], "readers look for themselves"
    market.apply([Upsert(Document(8, "fr", "Photonique", "", ""))], 6)
    until(lambda: ids(follower, "photonique") == [8, 9])
    assert [record.message for record in caplog.records] == ["A commit to the search index could not be taken in."]


def broken(*_):
    raise RuntimeError("of the follower's own")
    yield


def test_an_older_copy_that_is_put_back_is_seen(market, follower, folder, tmp_path):
    """Its generations begin below those that readers have seen."""
    shutil.copytree(folder, tmp_path / "copy")
    for sequence in (5, 6):
        market.apply([Upsert(Document(9, "fr", "Photonique", "", str(sequence)))], sequence)
    until(lambda: ids(follower, "photonique") == [9])
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    until(lambda: ids(follower, "photonique") == [])
    assert ids(follower, "chatbot") == [1]


def test_a_process_that_follows_may_write(follower):
    """It deletes what stands in the latest generation, not in the one that its readers see."""
    for sequence in range(5, 12):
        follower.apply([Upsert(Document(9, "fr", "Photonique", "", f"{sequence}"))], sequence)
        follower.tend()
    until(lambda: ids(follower, "photonique") == [9])
    assert follower.search("photonique", 5).total == 1


def test_words_that_nobody_remembers_make_no_process_grow(market, follower, monkeypatch):
    monkeypatch.setattr("search.snapshot.SPARE", 20)
    follower._found._limit = 10_000  # ten words
    for number in range(300):
        follower.search(f"inconnu{number}", 1)
        time.sleep(0.001)
    until(lambda: len(follower._latest._newest.slots.lookups) < 100)
    assert ids(follower, "chatbot") == [1]


def test_a_generation_goes_with_its_last_reader(market, follower):
    """Not when rings are looked for, which may be a hundred commits later: each holds whatever commits changed."""
    gc.collect()
    gc.disable()
    try:
        before = weakref.ref(follower._latest)
        market.apply([Upsert(Document(9, "fr", "Photonique", "", ""))], 5)
        until(lambda: ids(follower, "photonique") == [9])
        until(lambda: before() is None)
        assert before() is None
    finally:
        gc.enable()


def test_what_commits_freed_is_given_back_now_and_then(market, follower, monkeypatch):
    given_back = []
    monkeypatch.setattr(following, "give_back", lambda: given_back.append(follower.generation()))
    for sequence in range(5, 5 + 2 * following.TO_TIDY):
        before = follower.generation()
        market.apply([Upsert(Document(9, "fr", f"Mot{sequence}", "", ""))], sequence)
        until(lambda before=before: follower._latest.generation > before)
    until(lambda: len(given_back) >= 2)
    assert len(given_back) == 2


def test_it_follows_again_when_the_index_is_there_again(market, follower, folder):
    pointer = (folder / "current").read_text()
    (folder / "current").unlink()
    until(lambda: not follower._follower.is_following)
    (folder / "current").write_text(pointer)
    until(lambda: follower._follower.is_following)
    assert ids(follower, "chatbot") == [1]


def test_to_follow_twice_is_to_follow_once(follower):
    thread = follower._follower
    follower.follow()
    assert follower._follower is thread


def test_readers_find_every_offering_at_every_moment(market, follower):
    """Four readers, and a writer that writes the same offerings anew all the time."""
    stop, missed = threading.Event(), []

    def read():
        while not stop.is_set():
            found = sorted(ids(follower, "commun photonique"))
            if found != [11, 12, 13]:
                missed.append(found)

    market.apply([Upsert(Document(number, "fr", "Commun", "", "photonique")) for number in (11, 12, 13)], 5)
    until(lambda: len(ids(follower, "commun")) == 3)
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for sequence in range(6, 30):
        text = f"photonique {' '.join(f'mot{sequence}{n}' for n in range(sequence % 5))}"
        market.apply([Upsert(Document(number, "fr", "Commun", "", text)) for number in (11, 12, 13)], sequence)
        market.tend()
    stop.set()
    for reader in readers:
        reader.join()
    assert not missed


@pytest.fixture
def readers():
    return following.Readers()


@pytest.fixture
def stepping(readers):
    """A follower that has steps to do without end, and the list of those it has done, somebody there or nobody."""
    done, is_over = [], threading.Event()

    def steps():
        while not is_over.is_set():
            done.append(readers.are_here)
            time.sleep(1e-3)
            yield

    follower = following.Follower(steps, readers)
    until(lambda: done)
    yield done
    is_over.set()
    follower.stop()


def test_the_follower_works_while_nobody_is_answered(readers, stepping):
    """One step may have begun before a reader came; the next one waits until the last of them has gone."""
    for _ in range(5):
        with readers, readers:
            stepping.clear()
            time.sleep(0.02)
            assert len(stepping) <= 1
        until(lambda: len(stepping) > 5)


def test_where_it_waits_for_nobody_it_works_beside_readers(readers, stepping, monkeypatch):
    monkeypatch.setattr(following.Readers, "wait_until_they_left", lambda *_: 0.0)
    with readers:
        stepping.clear()
        until(lambda: len(stepping) > 5)
        assert all(stepping[1:]), "somebody was being answered at each step but one that had begun before"


def test_the_follower_does_not_wait_forever(readers, stepping):
    """Where readers come one upon the other, it goes on beside them: they would never see another commit."""
    with readers:
        stepping.clear()
        time.sleep(following.PATIENCE / 2)
        assert len(stepping) <= 1
        until(lambda: len(stepping) > 5)


def test_whoever_searches_or_scores_is_being_answered(market, monkeypatch):
    were_here = []

    def seen(real):
        def checked(*arguments, **options):
            were_here.append(market._readers.are_here)
            return real(*arguments, **options)

        return checked

    for name in ("find", "answer"):
        monkeypatch.setattr(f"search.whoosh_index.{name}", seen(getattr(whoosh_index, name)))
    market.search("chatbot", 1)
    market.score("chatbot", np.array([1, 2]))
    assert were_here == [True, True]
    assert not market._readers.are_here


def test_the_four_texts_are_found_as_ever(follower):
    assert [ids(follower, each.title)[0] for each in MARKET] == [each.id for each in MARKET]
