"""Writing, replaying, rebuilding: what the worker and the readers may rely on."""

import threading
import time
from dataclasses import replace

import pytest

from search import whoosh_index
from search.folders import Home
from search.port import Delete, Document, IndexBusyError, IndexUnusableError, SequenceMovedError, Upsert
from search.schema import VERSION
from search.whoosh_index import open_index
from tests.search.conftest import CHATBOT, DATA_TEAM, MARKET, SECNUMCLOUD, ids

# On its own error paths, until the objects are collected.
WHOOSH_LEAVES_FILES_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_new_index_is_empty_and_stands_at_0(index):
    assert index.sequence() == 0
    assert ids(index, "chatbot") == []


def test_opening_again_finds_what_was_written(market, folder):
    again = open_index(folder)
    assert again.sequence() == 4
    assert ids(again, "chatbot") == [1]


def test_the_index_marks_matches(index):
    assert index.highlight("Une banque", "banques") == (("Une ", False), ("banque", True))


def test_every_commit_raises_the_generation(index):
    seen = [index.generation()]
    index.apply([Upsert(CHATBOT)], 1)
    seen.append(index.generation())
    index.apply([], 2)
    seen.append(index.generation())
    index.rebuild([], 2)
    seen.append(index.generation())
    assert seen == sorted(set(seen))


def test_a_reader_sees_a_commit_at_its_next_search(market, folder):
    reader = open_index(folder)
    assert ids(reader, "pricing") == []
    market.apply([Upsert(Document(9, "en", "Pricing of a SaaS", "", ""))], 5)
    assert ids(reader, "pricing") == [9]


def test_an_update_replaces_and_a_deletion_forgets(market):
    market.apply([Upsert(replace(CHATBOT, title="Voicebots", topics="", body="")), Delete(2), Delete(77)], 5)
    assert ids(market, "chatbot") == []
    assert ids(market, "voicebots") == [1]
    assert ids(market, "hiring") == []
    assert market.sequence() == 5


def test_of_several_changes_to_one_document_the_last_counts(index):
    index.apply([Upsert(CHATBOT), Delete(1), Upsert(replace(CHATBOT, title="Voicebots", body="", topics=""))], 3)
    assert ids(index, "voicebots") == [1]
    assert index.search("voicebots chatbot", 10).total == 1
    index.apply([Upsert(CHATBOT), Delete(1)], 5)
    assert ids(index, "chatbot voicebots") == []


def test_replaying_a_batch_changes_nothing(market):
    before = market.search("chatbot équipe cloud sprint", 10)
    market.apply([Upsert(document) for document in MARKET], 4)
    market.apply([Upsert(document) for document in reversed(MARKET)], 4)
    assert market.search("chatbot équipe cloud sprint", 10) == before


def test_changes_that_follow_on_another_number_are_refused(market):
    with pytest.raises(SequenceMovedError):
        market.apply([Delete(1)], sequence=9, after=8)
    assert market.sequence() == 4
    assert ids(market, "chatbot") == [1]
    market.apply([Delete(1)], sequence=5, after=4)
    assert ids(market, "chatbot") == []


def test_an_error_while_writing_leaves_everything_as_it_was_and_no_lock(market):
    broken = Document(8, "fr", "Titre", "", None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        market.apply([Delete(1), Upsert(broken)], 5)
    assert market.sequence() == 4
    assert ids(market, "chatbot") == [1]
    market.apply([Delete(1)], 5)
    assert ids(market, "chatbot") == []


@WHOOSH_LEAVES_FILES_OPEN
def test_a_full_disk_at_the_commit_leaves_no_lock(market, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("search.writing.Writer._flush_segment", full)
        with pytest.raises(OSError, match="No space"):
            market.apply([Upsert(CHATBOT)], 5)
    assert market.sequence() == 4
    market.apply([Delete(1)], 5)
    assert market.sequence() == 5


@WHOOSH_LEAVES_FILES_OPEN
def test_a_lock_is_freed_even_when_cancelling_fails(market, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("search.writing.Writer._flush_segment", full)
        patch.setattr("whoosh.writing.SegmentWriter._close_segment", full)
        with pytest.raises(OSError, match="No space"):
            market.apply([Upsert(CHATBOT)], 5)
    market.apply([Delete(1)], 5)
    assert market.sequence() == 5


def test_two_writers_take_turns_and_the_impatient_one_is_told(market, folder):
    home = Home(folder)
    with home.writing(), pytest.raises(IndexBusyError), home.writing(patience=0):
        pytest.fail("two writers at once")
    with home.writing(patience=0):
        pass


def test_a_second_rebuild_at_the_same_time_is_refused(market, folder):
    with Home(folder).rebuilding(), pytest.raises(IndexBusyError):
        market.rebuild(MARKET, 4)
    assert ids(market, "chatbot") == [1]


def test_rebuilding_replaces_everything_and_sets_the_sequence_back(market):
    market.rebuild([DATA_TEAM, SECNUMCLOUD], sequence=2)
    assert market.sequence() == 2
    assert ids(market, "chatbot") == []
    assert ids(market, "data team") == [2]


def test_a_reader_of_the_old_index_goes_on_while_it_is_replaced_and_removed(market, folder):
    old = market._snapshot()
    for sequence in (5, 6, 7):
        open_index(folder).rebuild([DATA_TEAM], sequence)
    assert not (folder / f"{VERSION}-000001").exists()
    assert len(old.holders("text", "chatbot")) == 1  # read for the first time from a removed file
    assert ids(market, "chatbot") == []


def test_the_writer_goes_on_while_a_rebuild_runs_and_what_it_wrote_is_replayed(market):
    def documents():
        yield from MARKET
        market.apply([Delete(1)], sequence=5, after=4)  # in the old folder

    market.rebuild(documents(), sequence=4)
    assert ids(market, "chatbot") == [1]
    with pytest.raises(SequenceMovedError):
        market.apply([Delete(2)], sequence=6, after=5)
    market.apply([Delete(1)], sequence=5, after=market.sequence())
    assert ids(market, "chatbot") == []


def test_a_rebuild_that_fails_leaves_the_index_as_it_was(market, folder):
    def documents():
        yield CHATBOT
        raise ConnectionError("the database is gone")

    with pytest.raises(ConnectionError):
        market.rebuild(documents(), 9)
    assert market.sequence() == 4
    market.rebuild(MARKET, 5)
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [f"{VERSION}-000001", f"{VERSION}-000002"]


def test_a_document_that_comes_twice_stops_a_rebuild(market):
    with pytest.raises(ValueError, match="Document 1 comes twice"):
        market.rebuild([CHATBOT, CHATBOT], 9)


def test_nothing_is_left_lying_about_by_many_commits(market, folder):
    for sequence in range(5, 40):
        market.apply([Upsert(CHATBOT)], sequence)
    inside = folder / f"{VERSION}-000001"
    assert len(list(inside.glob("sequence-*"))) == 1
    assert len(list(inside.glob("*.toc"))) == 1
    assert not list(inside.glob("*.tmp/*"))


@WHOOSH_LEAVES_FILES_OPEN
@pytest.mark.parametrize(
    "harm", ["no pointer", "no folder", "no contents", "torn contents", "torn segment", "no segment"]
)
def test_a_damaged_index_says_that_it_must_be_rebuilt_and_then_works(market, folder, harm):
    damage(folder, harm)
    reader = open_index(folder) if harm != "no pointer" else market
    with pytest.raises(IndexUnusableError, match="rebuild it"):
        reader.search("chatbot", 10)
    with pytest.raises(IndexUnusableError, match="rebuild it"):
        reader.apply([Delete(1)], 5)
    reader.rebuild(MARKET, 4)
    assert ids(reader, "chatbot") == [1]
    reader.apply([Delete(1)], 5)
    assert ids(reader, "chatbot") == []


def damage(folder, harm):
    inside = folder / (folder / "current").read_text()
    (contents,), (segment,) = inside.glob("*.toc"), inside.glob("*.seg")
    if harm == "no pointer":
        (folder / "current").unlink()
    elif harm == "no folder":
        inside.rename(folder / "elsewhere")
    elif harm == "no contents":
        contents.unlink()
    elif harm == "torn contents":
        contents.write_bytes(contents.read_bytes()[:40])
    elif harm == "torn segment":
        segment.write_bytes(segment.read_bytes()[:100])
    elif harm == "no segment":
        segment.unlink()


def test_an_index_of_another_version_asks_to_be_rebuilt(market, folder):
    (folder / "current").write_text("0-000001")
    with pytest.raises(IndexUnusableError, match="another version"):
        market.search("chatbot", 10)
    market.rebuild(MARKET, 4)
    assert ids(market, "chatbot") == [1]


def test_a_lost_sequence_number_is_no_0(market, folder):
    for path in (folder / f"{VERSION}-000001").glob("sequence-*"):
        path.unlink()
    with pytest.raises(IndexUnusableError, match="sequence number"):
        market.sequence()


def test_damage_found_while_searching_is_named(market, monkeypatch):
    market.apply([Upsert(replace(CHATBOT, id=number, title="Photonique")) for number in (8, 9)], 5)
    market.search("équipe", 1)
    with monkeypatch.context() as patch:
        patch.setattr("search.arrays.WHOOSH3_HEADER_MAGIC", b"other")
        with pytest.raises(IndexUnusableError, match="rebuild it"):
            market.search("photonique", 1)


def test_a_file_that_vanishes_while_opening_is_looked_up_again(market, folder, monkeypatch):
    tries = []
    real = whoosh_index.Segment

    def vanishing(*arguments):
        tries.append(arguments)
        if len(tries) < 3:
            raise FileNotFoundError("removed by a commit")
        return real(*arguments)

    monkeypatch.setattr(whoosh_index, "Segment", vanishing)
    assert ids(open_index(folder), "chatbot") == [1]
    assert len(tries) == 3


def test_threads_search_while_the_writer_commits(market, folder):
    reader, failures, stop = open_index(folder), [], threading.Event()

    def read():
        while not stop.is_set():
            found = ids(reader, "chatbot banque équipe")
            if not found or 1 not in found:
                failures.append(found)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for sequence in range(5, 30):
        market.apply([Upsert(CHATBOT), Upsert(DATA_TEAM)], sequence)
    market.rebuild(MARKET, 30)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_commit_within_the_tick_of_the_last_look_is_seen(market, folder, monkeypatch):
    """The file system's clock may stand still between two commits: a stamp proves nothing while it is young."""
    other = open_index(folder)
    monkeypatch.setattr("search.folders.Home.stamp", lambda *_: (time.time_ns(), 1, time.time_ns()))
    assert ids(market, "chatbot") == [1]
    other.apply([Delete(1)], 5)
    assert ids(market, "chatbot") == []


def test_an_old_stamp_spares_the_look(market, monkeypatch):
    monkeypatch.setattr("search.folders.Home.stamp", lambda *_: (1, 1, 1))
    market.generation()
    monkeypatch.setattr("search.commits.latest_generation", lambda _: pytest.fail("looked"))
    assert market.generation() > 0
