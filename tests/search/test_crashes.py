"""Kill -9 at any moment: no lock stays, and the sequence number never promises more than is there."""

import os
import random
import signal
import time
from itertools import count

import pytest

from search import whoosh_index
from search.port import Document, Upsert
from search.whoosh_index import open_index

KILLS = 40


def document(number):
    return Document(number, "fr", f"Titre numero{number}", "", "commun " * 30)


def write_forever(folder):
    """The worker's loop: from the index's own number on, one commit for each change of the log."""
    index = open_index(folder)
    for sequence in count(index.sequence() + 1):
        if sequence % 7 == 0:
            index.rebuild([document(number) for number in range(1, sequence)], sequence - 1)
        index.apply([Upsert(document(sequence))], sequence)


def killed_after(seconds, work, *arguments):
    """Run in a child of its own and kill it at a random moment."""
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def missing(index):
    """Which of the changes that the index says it applied are not there."""
    applied = range(1, index.sequence() + 1)
    found = {hit.id for hit in index.search("commun", limit=10_000).hits}
    return [number for number in applied if number not in found]


def test_a_killed_writer_loses_nothing_and_leaves_no_lock(folder):
    open_index(folder)
    chance = random.Random(1)
    for _ in range(KILLS):
        killed_after(chance.uniform(0.002, 0.08), write_forever, folder)
        assert missing(open_index(folder)) == []
    final = open_index(folder)
    assert final.sequence() >= 3  # the writer did get on between the kills
    final.apply([Upsert(document(final.sequence() + 1))], final.sequence() + 1)
    assert missing(final) == []


def test_without_a_number_per_generation_changes_would_be_lost(folder, monkeypatch):
    """Negative control: the number in one file, written before the commit, runs ahead of what is there."""
    monkeypatch.setattr(whoosh_index, "_sequence_file", lambda folder, _: folder / "sequence-0")
    monkeypatch.setattr(whoosh_index, "_tidy", lambda *_: None)
    open_index(folder)
    chance = random.Random(1)
    for _round in range(KILLS):
        killed_after(chance.uniform(0.002, 0.08), write_forever, folder)
        if missing(open_index(folder)):
            return
    pytest.fail("no kill hit between the number and the commit")
