"""The note that both sides of a session share: whose it is, when it is open, and what happens to two writers."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.domain.booking import RATING_WINDOW
from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.domain.shared_note import LONGEST
from marketplace.services.bookings import WriteNote, notes, write_shared_note
from marketplace.store.journal import JournalRow
from marketplace.store.session_notes import SessionNote, note_of
from tests.cast import Person
from tests.scene import Scene

HELLO = "Bring the list of flows.\nRoom 4, second floor."


class Stage:
    """Léa's session with Amara, confirmed."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.work, self.cast = scene, scene.work, scene.cast
        self.booking = scene.session(scene.offer())

    def write(self, who: Person, text: str, version: int) -> int:
        return write_shared_note(self.work, WriteNote(who.actor, self.booking, text, version))

    @property
    def note(self) -> SessionNote | None:
        with self.work.reading() as session:
            return note_of(session, self.booking)

    @property
    def stands(self) -> tuple[int, str]:
        note = self.note
        return (note.version, note.text) if note else (0, "")

    def journal(self) -> list[JournalRow]:
        with self.work.reading() as session:
            return list(session.scalars(select(JournalRow).where(JournalRow.what == "note.saved")))


@pytest.fixture
def stage(scene: Scene) -> Stage:
    return Stage(scene)


def test_both_sides_write_one_note(stage: Stage, clock):
    assert stage.write(stage.cast.lea, HELLO, 0) == 1
    clock.advance(seconds=60)
    assert stage.write(stage.cast.amara, HELLO + "\nDone.", 1) == 2
    note = stage.note
    assert note is not None
    assert (note.version, note.text, note.changed_by) == (2, HELLO + "\nDone.", stage.cast.amara.id)
    assert note.changed_at == clock()


def test_the_journal_knows_who_and_when_and_never_what(stage: Stage):
    stage.write(stage.cast.lea, HELLO, 0)
    (row,) = stage.journal()
    assert (row.actor_id, row.subject_type, row.subject_id) == (stage.cast.lea.id, "booking", stage.booking)
    assert (row.old, row.new) == ({"version": 0}, {"version": 1, "characters": len(HELLO)})
    assert "flows" not in str(row.__dict__)


@pytest.mark.parametrize("version", [0, 2, -1])
def test_whoever_follows_another_version_is_told_and_changes_nothing(stage: Stage, version: int):
    stage.write(stage.cast.lea, HELLO, 0)
    with pytest.raises(Conflict, match="note_changed"):
        stage.write(stage.cast.amara, "My own words.", version)
    assert stage.stands == (1, HELLO)
    assert len(stage.journal()) == 1


def test_a_version_of_a_note_that_nobody_wrote_fits_nothing(stage: Stage):
    with pytest.raises(Conflict, match="note_changed"):
        stage.write(stage.cast.lea, HELLO, 3)
    assert stage.stands == (0, "")


def test_saving_what_stands_there_is_no_change_whatever_its_version(stage: Stage):
    assert stage.write(stage.cast.lea, " \r\n", 0) == 0
    stage.write(stage.cast.lea, HELLO, 0)
    assert stage.write(stage.cast.amara, HELLO.replace("\n", "\r\n") + "\r\n", 0) == 1
    assert len(stage.journal()) == 1


def test_a_note_can_be_emptied(stage: Stage):
    stage.write(stage.cast.lea, HELLO, 0)
    assert stage.write(stage.cast.amara, "", 1) == 2
    assert stage.stands == (2, "")


def test_strangers_and_colleagues_meet_no_session_and_admins_only_read(stage: Stage):
    for who in (stage.cast.hugo, stage.cast.marta, stage.cast.ines):
        with pytest.raises(NotFound):
            stage.write(who, HELLO, 0)
    with pytest.raises(Forbidden):
        stage.write(stage.cast.ada, HELLO, 0)
    assert stage.stands == (0, "")


@pytest.mark.parametrize("state", ["awaiting_payment", "requested", "capturing", "cancelled_by_lead", "declined"])
def test_before_the_confirmation_and_without_a_session_it_is_shut(stage: Stage, state: str):
    stage.scene.set_booking(stage.booking, state=state)
    with pytest.raises(Conflict, match="note_closed"):
        stage.write(stage.cast.lea, HELLO, 0)


def test_it_shuts_to_the_second_with_the_rating_window(stage: Stage, clock):
    shuts = clock() + RATING_WINDOW
    stage.scene.set_booking(stage.booking, state="released", rate_by=shuts)
    clock.advance(seconds=RATING_WINDOW.total_seconds() - 1)
    stage.write(stage.cast.lea, HELLO, 0)
    clock.advance(seconds=1)
    with pytest.raises(Conflict, match="note_closed"):
        stage.write(stage.cast.lea, "Too late.", 1)
    assert stage.stands == (1, HELLO)


def test_it_stays_open_while_a_late_clock_has_not_ended_the_session(stage: Stage, clock):
    clock.advance(seconds=timedelta(days=3).total_seconds())
    assert stage.write(stage.cast.amara, HELLO, 0) == 1


def test_a_text_beyond_the_limit_is_refused(stage: Stage):
    with pytest.raises(Invalid, match="text_too_long"):
        stage.write(stage.cast.lea, "x" * (LONGEST + 1), 0)


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the note is written over whatever stands there, as a plain form would do."""

    def write_over(session, wanted, _read) -> bool:
        session.merge(wanted)
        return True

    monkeypatch.setattr(notes, "write_note", write_over)


@pytest.mark.parametrize("read", [0, 1], ids=["first words", "later words"])
def test_of_two_who_save_at_once_one_is_heard_and_the_other_told(stage: Stage, read: int):
    assert sorted(_both_save(stage, read)) == ["note_changed", "saved"]
    version, text = stage.stands
    assert version == read + 1
    assert text in ("Léa’s words.", "Amara’s words.")
    assert len(stage.journal()) == read + 1


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("read", [0, 1], ids=["first words", "later words"])
def test_without_the_guard_both_are_told_that_it_is_saved_and_one_text_is_gone(stage: Stage, read: int):
    assert _both_save(stage, read) == ["saved", "saved"]
    assert stage.stands[0] == read + 1  # two saves, one version


def _both_save(stage: Stage, read: int) -> list[str]:
    """Both read the same version and save at the same moment, on connections of their own."""
    if read:
        write_shared_note(stage.work, WriteNote(stage.cast.lea.actor, stage.booking, "Before.", 0))
    barrier, results = threading.Barrier(2), ["", ""]

    def save(number: int, who: Person, text: str) -> None:
        barrier.wait()
        try:
            stage.write(who, text, read)
            results[number] = "saved"
        except Conflict as refused:
            results[number] = refused.code

    people = ((0, stage.cast.lea, "Léa’s words."), (1, stage.cast.amara, "Amara’s words."))
    threads = [threading.Thread(target=save, args=each) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
