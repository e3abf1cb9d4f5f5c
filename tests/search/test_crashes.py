"""Kill -9 at any moment: no lock stays, and the sequence number never promises more than is there."""

import os
import random
import signal
import time
from itertools import count

import pytest

from search import commits
from search.port import Document, Upsert
from search.whoosh_index import open_index

KILLS = 40


def document(number):
    return Document(number, "fr", f"Titre numero{number}", "", "commun " * 30)


def write_forever(folder, begun):
    """The worker's loop: from the index's own number on, one commit for each change of the log."""
    index = open_index(folder)
    os.write(begun, b"!")
    for sequence in count(index.sequence() + 1):
        if sequence % 7 == 0:
            index.rebuild([document(number) for number in range(1, sequence)], sequence - 1)
        index.apply([Upsert(document(sequence))], sequence)


def kill_writer_after(seconds, folder):
    """Let a writer in a child process begin, and kill it so many seconds later."""
    begins, begun = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write_forever(folder, begun)
        finally:
            os._exit(1)
    os.read(begins, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begins)
    os.close(begun)


def duration_of_a_commit(folder):
    """On this machine, as busy as it is now; in seconds."""
    index = open_index(folder / "trial")
    begun = time.monotonic()
    for sequence in (1, 2):
        index.apply([Upsert(document(sequence))], sequence)
    return (time.monotonic() - begun) / 2


def missing(index):
    """Which of the changes that the index says it applied are not there."""
    applied = range(1, index.sequence() + 1)
    found = {hit.id for hit in index.search("commun", limit=10_000).hits}
    return [number for number in applied if number not in found]


def test_a_killed_writer_loses_nothing_and_leaves_no_lock(folder, tmp_path):
    chance, longest = random.Random(1), 2.5 * duration_of_a_commit(tmp_path)
    reached = 0
    for _ in range(KILLS):
        kill_writer_after(chance.uniform(0, longest), folder)
        assert missing(open_index(folder)) == []
        if open_index(folder).sequence() == reached:
            longest *= 1.2  # the machine is busier now than when it was measured
        reached = open_index(folder).sequence()
    assert reached >= 3  # the writer did get on between the kills
    final = open_index(folder)
    final.apply([Upsert(document(reached + 1))], reached + 1)
    assert missing(final) == []


def test_without_a_number_per_generation_changes_would_be_lost(folder, tmp_path, monkeypatch):
    """Negative control: the number in one file, written before the commit, runs ahead of what is there."""
    monkeypatch.setattr(commits, "_sequence_file", lambda folder, _: folder / "sequence-0")
    monkeypatch.setattr(commits, "_tidy", lambda *_: None)
    monkeypatch.setattr(commits, "_write_sequence", slow(commits._write_sequence))  # or few kills would hit it
    chance, longest = random.Random(1), 2.5 * duration_of_a_commit(tmp_path)
    for _ in range(KILLS):
        kill_writer_after(chance.uniform(0, longest), folder)
        if missing(open_index(folder)):
            return
    pytest.fail("no kill hit between the number and the commit")


def slow(write):
    def written(*arguments):
        write(*arguments)
        time.sleep(0.02)

    return written
