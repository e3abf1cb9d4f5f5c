"""The pointer, the locks and the sweeping of old folders."""

import threading

import pytest

from search.folders import Home, write_whole
from search.port import IndexBusyError
from search.schema import VERSION


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def filled(home):
    with home.new_folder() as folder:
        (folder / "file").write_text("something")
    return folder


def names(home):
    return sorted(path.name for path in home.root.iterdir())


def test_folders_are_numbered_in_a_row(home):
    assert [filled(home).name for _ in range(3)] == [f"{VERSION}-000001", f"{VERSION}-000002", f"{VERSION}-000003"]


def test_a_folder_whose_filling_fails_is_removed(home):
    with pytest.raises(OSError, match="disk"), home.new_folder():
        raise OSError("disk full")
    assert names(home) == []


def test_sweeping_keeps_the_one_in_use_and_the_one_before(home):
    folders = [filled(home) for _ in range(5)]
    home.switch(folders[3])
    (home.root / "current.123.new").write_text("of a killed process")
    (home.root / "notes").mkdir()
    home.sweep()
    assert names(home) == [f"{VERSION}-000003", f"{VERSION}-000004", "current", "notes"]


def test_a_writer_waits_for_the_other_one(home):
    held, done = threading.Event(), threading.Event()

    def other():
        with home.writing():
            held.set()
            done.wait(timeout=5)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(timeout=5)
    with pytest.raises(IndexBusyError, match=r"writing\.lock"), home.writing(patience=0.05):
        pytest.fail("two writers at once")
    threading.Timer(0.05, done.set).start()
    with home.writing(patience=5):
        pass
    thread.join()


def test_a_small_file_is_written_whole_and_leaves_no_draft(home):
    write_whole(home.root / "current", "one")
    write_whole(home.root / "current", "two")
    assert (home.root / "current").read_text() == "two"
    assert names(home) == ["current"]
