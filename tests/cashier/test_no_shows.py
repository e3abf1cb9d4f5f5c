"""Somebody did not come: reports, contests, silence, and where the money goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace import reactions
from marketplace.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from marketplace.services import bookings
from marketplace.services.bookings import Absence, Reserved
from marketplace.store.cases import Case
from marketplace.store.outbox import LetterRow
from tests.cast import Person
from tests.till import SLOT, Till

END = SLOT + timedelta(hours=3)


def report(till: Till, reserved: Reserved, who: Person, words: str = "Nobody came.") -> None:
    bookings.report_no_show(till.work, Absence(who.actor, reserved.booking_id, words))


def contest(till: Till, reserved: Reserved, who: Person, words: str = "I was there, in the room.") -> None:
    bookings.contest_no_show(till.work, Absence(who.actor, reserved.booking_id, words))


def retract(till: Till, reserved: Reserved, who: Person) -> None:
    bookings.retract_no_show(till.work, Absence(who.actor, reserved.booking_id))


def waiting(till: Till, minutes: int = 20) -> Reserved:
    """A confirmed session whose start is that many minutes ago."""
    reserved = till.confirmed()
    till.pass_until(SLOT + timedelta(minutes=minutes))
    return reserved


def case(till: Till) -> Case:
    with till.work.reading() as session:
        return session.scalars(select(Case).order_by(Case.id.desc())).first()  # type: ignore[return-value]


def told(till: Till) -> list[tuple[str, str]]:
    reactions.deliver(till.work)
    with till.work.reading() as session:
        rows = select(LetterRow.to_name, LetterRow.subject).where(LetterRow.kind == "no_show").order_by(LetterRow.id)
        return [(name, subject.partition("\u00a0")[0].partition(" ")[0]) for name, subject in session.execute(rows)]


def refused(act: Callable[[], Any]) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value


def test_silence_of_an_absent_expert_gives_the_lead_everything_back(till: Till):
    reserved = waiting(till)
    report(till, reserved, till.cast.lea)
    row = till.booking(reserved)
    assert (row.state, row.absent) == ("no_show_reported", "expert")
    assert row.contest_by == till.clock() + timedelta(hours=72)
    till.pass_until(row.contest_by - timedelta(seconds=1))
    assert bookings.decide_due(till.work) == 0
    till.clock.advance(seconds=1)
    assert bookings.decide_due(till.work) == 1
    assert bookings.decide_due(till.work) == 0
    till.tick()
    row = till.booking(reserved)
    assert (row.state, row.refunded_minor, row.absent, row.rate_by) == ("no_show_expert", 36_000, "expert", None)
    assert (case(till).verdict, case(till).settled_at) == ("expert_absent", row.contest_by)
    assert till.balances().get("lead_funds", 0) == 0


def test_silence_of_an_absent_lead_pays_the_expert(till: Till):
    till.open_payouts()
    reserved = waiting(till)
    report(till, reserved, till.cast.ines)
    till.clock.advance(hours=72)
    assert bookings.decide_due(till.work) == 1
    till.tick()
    row = till.booking(reserved)
    assert (row.state, row.share_minor, row.refunded_minor) == ("released", 29_520, 0)
    assert case(till).verdict == "lead_absent"


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(14, "no_show_too_early"), (15, ""), (180 + 72 * 60, ""), (180 + 72 * 60 + 1, "no_show_too_late")],
)
def test_an_absence_is_reported_from_15_minutes_after_the_start_to_72_hours_after_the_end(till, minutes, code):
    reserved = till.confirmed()
    till.clock.advance(seconds=(SLOT + timedelta(minutes=minutes) - till.clock()).total_seconds())
    if code:
        assert refused(lambda: report(till, reserved, till.cast.lea)).code == code
        assert till.state(reserved) == "confirmed"
    else:
        report(till, reserved, till.cast.lea)
        assert till.state(reserved) == "no_show_reported"


def test_a_contested_absence_waits_for_a_person_and_nobody_is_taken_for_absent(till: Till):
    reserved = waiting(till)
    report(till, reserved, till.cast.lea)
    till.clock.advance(hours=72)
    contest(till, reserved, till.cast.ines)
    row = till.booking(reserved)
    assert (row.state, row.absent, row.contest_by) == ("on_hold", "", None)
    assert (case(till).answer, case(till).settled_at) == ("I was there, in the room.", None)
    assert "no_show_contested" in till.alerts()
    till.clock.advance(days=9)
    assert bookings.decide_due(till.work) == 0
    assert till.booking(reserved).refunded_minor == 0


def test_after_72_hours_it_is_too_late_to_contest(till: Till):
    reserved = waiting(till)
    report(till, reserved, till.cast.lea)
    till.clock.advance(hours=72, seconds=1)
    assert refused(lambda: contest(till, reserved, till.cast.ines)).code == "contest_too_late"


def test_a_report_that_is_taken_back_leaves_a_session_like_any_other(till: Till):
    reserved = waiting(till)
    report(till, reserved, till.cast.lea)
    retract(till, reserved, till.cast.lea)
    assert (till.state(reserved), till.booking(reserved).absent, case(till).verdict) == ("in_progress", "", "retracted")
    report(till, reserved, till.cast.lea)
    retract(till, reserved, till.cast.lea)
    till.pass_until(END + timedelta(hours=1))
    assert till.state(reserved) == "awaiting_feedback"


def test_each_side_does_only_what_is_its_own(till: Till):
    reserved = waiting(till)
    assert isinstance(refused(lambda: report(till, reserved, till.cast.hugo)), NotFound)
    assert isinstance(refused(lambda: report(till, reserved, till.cast.amara)), NotFound)
    assert isinstance(refused(lambda: report(till, reserved, till.cast.ada)), Forbidden)
    assert isinstance(refused(lambda: contest(till, reserved, till.cast.ines)), Conflict)
    report(till, reserved, till.cast.lea)
    assert isinstance(refused(lambda: report(till, reserved, till.cast.ines)), Conflict)
    assert isinstance(refused(lambda: contest(till, reserved, till.cast.lea)), NotFound)
    assert isinstance(refused(lambda: retract(till, reserved, till.cast.ines)), NotFound)


@pytest.mark.parametrize("words", ["", "  ", "x" * 1_001])
def test_a_report_needs_words_and_not_too_many(till: Till, words: str):
    reserved = waiting(till)
    assert isinstance(refused(lambda: report(till, reserved, till.cast.lea, words)), Invalid)
    report(till, reserved, till.cast.lea)
    assert isinstance(refused(lambda: contest(till, reserved, till.cast.ines, words)), Invalid)


def test_both_sides_are_told(till: Till):
    reserved = waiting(till)
    report(till, reserved, till.cast.lea)
    assert [name for name, _ in told(till)] == ["Inès Caron"]
    retract(till, reserved, till.cast.lea)
    report(till, reserved, till.cast.lea)
    assert [name for name, _ in told(till)] == ["Inès Caron"] * 3
    contest(till, reserved, till.cast.ines)
    assert [name for name, _ in told(till)][3:] == ["Léa Martin"]


def test_both_sides_hear_what_silence_decided(till: Till):
    reserved = waiting(till)
    report(till, reserved, till.cast.ines)
    till.clock.advance(hours=72)
    bookings.decide_due(till.work)
    assert sorted(name for name, _ in told(till)[1:]) == ["Inès Caron", "Léa Martin"]


def test_one_case_that_cannot_be_decided_does_not_hold_up_the_others(till: Till, monkeypatch: pytest.MonkeyPatch):
    reserved = waiting(till)
    report(till, reserved, till.cast.ines)
    till.clock.advance(hours=72)

    def broken(*_: object) -> None:
        raise RuntimeError("a surprise")

    monkeypatch.setattr("marketplace.services.bookings.no_shows.settle_rest", broken)
    assert bookings.decide_due(till.work) == 0
    assert "deadline_broken" in till.alerts()
    assert till.state(reserved) == "no_show_reported"
