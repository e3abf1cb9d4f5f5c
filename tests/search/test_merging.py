"""Segments are merged beside readers and commits: nothing is lost, nothing comes back, whoever is killed."""

import os
import signal
import threading
import time

import pytest

from search import commits, merging, whoosh_index
from search.port import Delete, Document, Upsert
from search.whoosh_index import open_index


@pytest.fixture(autouse=True)
def merged_early(monkeypatch):
    monkeypatch.setattr(merging, "TOGETHER", 4)


def offering(number, text="commun"):
    return Document(number, "fr", f"Titre numero{number}", "", text)


def commit(index, *documents):
    index.apply([Upsert(each) for each in documents], index.sequence() + 1)


def found(index, text="commun"):
    return {hit.id for hit in index.search(text, limit=1000).hits}


def segments(index):
    return len(index._snapshot().views)


@pytest.fixture
def pieces(index):
    """An index of five segments."""
    for number in range(1, 6):
        commit(index, offering(number))
    return index


def test_a_commit_writes_what_is_new_and_nothing_else(pieces):
    before = {view.name for view in pieces._snapshot().views}
    commit(pieces, offering(6))
    assert before < {view.name for view in pieces._snapshot().views}


def test_a_merge_makes_one_of_several_and_keeps_the_sequence_number(pieces, folder):
    reader, sequence = open_index(folder), pieces.sequence()
    assert found(reader) == {1, 2, 3, 4, 5}
    assert pieces.tend() == 4
    assert pieces.tend() == 0
    assert segments(reader) == 2
    assert found(reader) == {1, 2, 3, 4, 5}
    assert open_index(folder).sequence() == sequence


def meanwhile(monkeypatch, do):
    """Do something after a merged segment was written and before it is put in its place."""
    real = commits.replace

    def replace(*arguments):
        monkeypatch.setattr(commits, "replace", real)
        do()
        return real(*arguments)

    monkeypatch.setattr(commits, "replace", replace)
    # The right to commit is taken just before: what happens meanwhile happens before that.
    monkeypatch.setattr(whoosh_index.Home, "writing", _nobody_waits)


class _nobody_waits:  # noqa: N801 - stands in for a method
    def __init__(self, *_):
        pass

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


def changes_meanwhile(pieces, folder):
    other = open_index(folder)
    other.apply([Delete(2), Upsert(offering(3, "nouveau")), Upsert(offering(9))], 10)
    assert found(other) == {1, 4, 5, 9}


def test_what_is_deleted_or_changed_during_a_merge_stays_so(pieces, folder, monkeypatch):
    meanwhile(monkeypatch, lambda: changes_meanwhile(pieces, folder))
    assert pieces.tend() == 4
    assert found(pieces) == {1, 4, 5, 9}
    assert found(pieces, "nouveau") == {3}
    assert pieces.sequence() == 10


def test_without_looking_again_the_deleted_would_come_back(pieces, folder, monkeypatch):
    """Negative control."""
    monkeypatch.setattr(commits, "_deleted_since", lambda *_: ())
    meanwhile(monkeypatch, lambda: changes_meanwhile(pieces, folder))
    pieces.tend()
    assert {2, 3} <= found(pieces)


def test_a_segment_whose_last_document_goes_during_a_merge_stays_gone(pieces, folder, monkeypatch):
    meanwhile(monkeypatch, lambda: open_index(folder).apply([Delete(number) for number in (1, 2, 3, 4)], 10))
    pieces.tend()
    assert found(pieces) == {5}


def test_a_merge_that_a_rebuild_overtook_changes_nothing(pieces, folder, monkeypatch):
    real = commits.merged

    def overtaken(*arguments):
        monkeypatch.setattr(commits, "merged", real)
        open_index(folder).rebuild([offering(7)], 20)
        return real(*arguments)

    monkeypatch.setattr(commits, "merged", overtaken)
    pieces.tend()
    assert found(pieces) == {7}
    assert pieces.sequence() == 20


def test_two_do_not_merge_at_once(pieces, folder):
    with pieces._home.merging():
        assert open_index(folder).tend() == 0
    assert segments(pieces) == 5


def test_where_nobody_tends_a_commit_does(index, monkeypatch):
    monkeypatch.setattr(whoosh_index, "MOST_SEGMENTS", 6)
    for number in range(1, 40):
        commit(index, offering(number))
        assert segments(index) <= 8
    assert found(index) == set(range(1, 40))


def test_readers_and_commits_go_on_during_merges(index, folder):
    reader, failures, stop = open_index(folder), [], threading.Event()
    commit(index, offering(1000))

    def until_told(do):
        while not stop.is_set():
            try:
                do()
            except Exception as error:
                failures.append(error)

    def read():
        if 1000 not in found(reader):
            failures.append("lost")

    threads = [threading.Thread(target=until_told, args=[do]) for do in (read, open_index(folder).tend)]
    for thread in threads:
        thread.start()
    for number in range(40):
        commit(index, offering(number % 15))
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert found(index) == {*range(15), 1000}


def tend_forever(folder, begun):
    index = open_index(folder)
    os.write(begun, b"!")
    while True:
        index.tend()


def test_a_killed_merge_loses_nothing_and_leaves_no_lock(pieces, folder):
    last = 5
    for kill in range(15):
        begins, begun = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                tend_forever(folder, begun)
            finally:
                os._exit(1)
        os.read(begins, 1)
        for _ in range(4):
            last += 1
            commit(pieces, offering(last))
        time.sleep(0.003 * kill)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(begins)
        os.close(begun)
        assert found(open_index(folder)) == set(range(1, last + 1))
    while pieces.tend():
        pass
    assert found(pieces) == set(range(1, last + 1))
    assert not list(folder.glob("*/merging"))
