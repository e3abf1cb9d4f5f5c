"""Moving a session in time: reschedules and proposals, who may, how often, what happens to deadlines and money, and
who wins when two want the same time."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.domain.calendar import Slot, moment_of, quarters
from marketplace.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from marketplace.services import bookings
from marketplace.services.bookings import AnswerProposal, Propose, Reschedule
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking, OccupiedQuarter
from marketplace.store.calendars import occupy
from marketplace.store.journal import JournalRow
from marketplace.store.proposals import Proposal
from tests.cast import Person, StillClock
from tests.scene import Scene

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)  # 9 to 12 in Paris, in two weeks
NOON, THREE = MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=6)
EVENING = MONDAY + timedelta(hours=11)  # outside Amara's hours
THREE_HOURS = timedelta(hours=3)


class Stage:
    """Léa's session with Amara, who is free on weekdays from 9 to 18 on the clock of Paris."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.work, self.cast = scene, scene.work, scene.cast
        with self.work.transaction() as tx:
            tx.session.get_one(Account, self.cast.amara.id).zone = "Europe/Paris"
        self.offering = scene.offer()

    def booked(
        self, state: str = "confirmed", starts_at: datetime = MONDAY, lead: Person | None = None, **facts: Any
    ) -> int:
        booking_id = self.scene.session(self.offering, state, lead, starts_at=starts_at, **facts)
        with self.work.transaction() as tx:
            slot = Slot(starts_at, starts_at + THREE_HOURS)
            occupy(tx.session, self.cast.amara.id, quarters(slot, 0, 0), booking_id)
        return booking_id

    def reschedule(self, booking_id: int, starts_at: datetime, who: Person | None = None) -> None:
        bookings.reschedule(self.work, Reschedule((who or self.cast.lea).actor, booking_id, starts_at))

    def propose(self, booking_id: int, *starts: datetime, by: Person | None = None, note: str = "") -> int:
        return bookings.propose(self.work, Propose((by or self.cast.amara).actor, booking_id, starts, note))

    def take(self, booking_id: int, proposal_id: int, starts_at: datetime | None, who: Person | None = None) -> None:
        bookings.accept_proposal(
            self.work, AnswerProposal((who or self.cast.lea).actor, booking_id, proposal_id, starts_at)
        )

    def refuse(self, booking_id: int, proposal_id: int, who: Person | None = None) -> None:
        bookings.refuse_proposal(self.work, AnswerProposal((who or self.cast.lea).actor, booking_id, proposal_id))

    def withdraw(self, booking_id: int, proposal_id: int, who: Person | None = None) -> None:
        bookings.withdraw_proposal(self.work, AnswerProposal((who or self.cast.amara).actor, booking_id, proposal_id))

    def booking(self, booking_id: int) -> Booking:
        return self.scene.booking(booking_id)

    def held(self, booking_id: int) -> list[datetime]:
        """When the booking's quarters begin."""
        with self.work.reading() as session:
            held = select(OccupiedQuarter.quarter).where(OccupiedQuarter.booking_id == booking_id)
            return [moment_of(quarter) for quarter in session.scalars(held.order_by(OccupiedQuarter.quarter))]

    def state(self, proposal_id: int) -> str:
        with self.work.reading() as session:
            return session.get_one(Proposal, proposal_id).state

    def journal(self, booking_id: int) -> list[str]:
        with self.work.reading() as session:
            rows = select(JournalRow.what).where(
                JournalRow.subject_type == "booking", JournalRow.subject_id == booking_id
            )
            return list(session.scalars(rows.order_by(JournalRow.id)))


@pytest.fixture
def stage(scene: Scene) -> Stage:
    return Stage(scene)


def until(clock: StillClock, moment: datetime) -> None:
    clock.advance(seconds=(moment - clock()).total_seconds())


def refused(act: Callable[[], Any]) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value


def test_a_confirmed_session_moves_to_another_free_slot_and_its_money_stays(stage: Stage):
    booking_id = stage.booked(refund_minor=0)
    stage.reschedule(booking_id, NOON)
    row = stage.booking(booking_id)
    assert (row.starts_at, row.ends_at, row.state) == (NOON, THREE, "confirmed")
    assert (row.sequence, row.moves, row.moved_at) == (1, 1, stage.scene.clock())
    assert (row.gross_minor, row.refund_minor, row.payout_minor) == (90_000, 0, 73_800)
    assert stage.held(booking_id) == [NOON + timedelta(minutes=15) * each for each in range(12)]
    assert stage.journal(booking_id) == ["booking.moved"]


def test_a_session_may_move_onto_a_part_of_its_own_time(stage: Stage):
    stage.scene.set_expert(stage.cast.amara, start_step=60)
    booking_id = stage.booked()
    stage.reschedule(booking_id, MONDAY + timedelta(hours=1))
    assert stage.held(booking_id)[0] == MONDAY + timedelta(hours=1)


def test_moving_twice_is_all_there_is_and_a_second_click_is_no_move(stage: Stage):
    booking_id = stage.booked()
    for start in (NOON, NOON, THREE):
        stage.reschedule(booking_id, start)
    assert stage.booking(booking_id).moves == 2
    assert refused(lambda: stage.reschedule(booking_id, MONDAY)).code == "moves_used"
    assert refused(lambda: stage.propose(booking_id, MONDAY)).code == "moves_used"


@pytest.mark.parametrize(("minutes", "moves"), [(1, True), (0, True), (-1, False)])
def test_a_confirmed_session_moves_until_48_hours_before(stage: Stage, clock, minutes: int, moves: bool):
    booking_id = stage.booked()
    until(clock, MONDAY - timedelta(hours=48, minutes=minutes))
    later = MONDAY + timedelta(days=3)
    if moves:
        stage.reschedule(booking_id, later)
        assert stage.booking(booking_id).starts_at == later
    else:
        assert refused(lambda: stage.reschedule(booking_id, later)).code == "move_too_late"


@pytest.mark.parametrize("state", ["awaiting_payment", "capturing", "in_progress", "awaiting_feedback", "declined"])
def test_what_is_neither_requested_nor_confirmed_does_not_move(stage: Stage, state: str):
    booking_id = stage.booked(state)
    assert refused(lambda: stage.reschedule(booking_id, NOON)).code == "booking_not_movable"
    assert refused(lambda: stage.propose(booking_id, NOON)).code == "booking_not_movable"


def test_only_free_slots_that_the_expert_offers_can_be_taken(stage: Stage):
    booking_id = stage.booked()
    stage.booked(starts_at=NOON, lead=stage.cast.marta)
    taken = refused(lambda: stage.reschedule(booking_id, NOON))
    assert taken.code == "slot_taken"
    assert taken.facts["nearest"][0].starts_at == THREE
    assert MONDAY not in [slot.starts_at for slot in taken.facts["nearest"]]
    assert refused(lambda: stage.reschedule(booking_id, EVENING)).code == "slot_not_offered"
    assert refused(lambda: stage.reschedule(booking_id, MONDAY - timedelta(days=28))).code == "slot_past"
    assert isinstance(refused(lambda: stage.reschedule(booking_id, NOON.replace(tzinfo=None))), Invalid)
    assert (stage.booking(booking_id).starts_at, stage.booking(booking_id).moves) == (MONDAY, 0)
    assert len(stage.held(booking_id)) == 12


def test_strangers_and_experts_do_not_reschedule(stage: Stage):
    booking_id = stage.booked()
    assert isinstance(refused(lambda: stage.reschedule(booking_id, NOON, stage.cast.hugo)), NotFound)
    assert isinstance(refused(lambda: stage.reschedule(booking_id, NOON, stage.cast.amara)), Forbidden)
    assert isinstance(refused(lambda: stage.propose(booking_id, NOON, by=stage.cast.ines)), NotFound)
    assert isinstance(refused(lambda: stage.propose(booking_id, NOON, by=stage.cast.ada)), Forbidden)


def test_a_request_that_moves_keeps_its_hold_and_gets_a_new_deadline(stage: Stage, clock):
    ends = clock() + timedelta(days=7)
    booking_id = stage.booked("requested", accept_by=clock() + timedelta(hours=72), capture_before=ends)
    clock.advance(days=2)
    stage.reschedule(booking_id, NOON)
    row = stage.booking(booking_id)
    assert (row.state, row.capture_before) == ("requested", ends)
    assert row.accept_by == clock() + timedelta(hours=72)
    clock.advance(days=3)
    stage.reschedule(booking_id, THREE)
    assert stage.booking(booking_id).accept_by == ends - timedelta(hours=12)


@pytest.mark.parametrize(("minutes", "moves"), [(1, False), (0, True)])
def test_a_hold_that_would_not_live_long_enough_is_a_clear_no(stage: Stage, clock, minutes: int, moves: bool):
    ends = clock() + timedelta(hours=13, minutes=-minutes)
    booking_id = stage.booked("requested", capture_before=ends)
    if moves:
        stage.reschedule(booking_id, NOON)
        assert stage.booking(booking_id).accept_by == clock() + timedelta(hours=1)
    else:
        assert refused(lambda: stage.reschedule(booking_id, NOON)).code == "authorisation_too_short"
        assert (stage.booking(booking_id).starts_at, len(stage.held(booking_id))) == (MONDAY, 12)


def test_a_lead_wins_no_better_refund_by_moving_away(stage: Stage, clock):
    booking_id = stage.booked()
    until(clock, MONDAY - timedelta(hours=60))  # half would come back
    stage.reschedule(booking_id, MONDAY + timedelta(days=7))
    assert stage.booking(booking_id).policy == {"steps": [[72, 5_000], [24, 5_000]]}


def test_a_lead_who_moves_for_the_expert_keeps_the_whole_refund(stage: Stage, clock):
    booking_id = stage.booked()
    until(clock, MONDAY - timedelta(hours=60))
    proposal = stage.propose(booking_id, MONDAY + timedelta(days=7))
    stage.take(booking_id, proposal, MONDAY + timedelta(days=7))
    assert stage.booking(booking_id).policy == {"steps": [[72, 10_000], [24, 5_000]]}


def test_an_expert_proposes_up_to_three_times_and_the_lead_takes_one(stage: Stage):
    booking_id = stage.booked()
    proposal = stage.propose(booking_id, EVENING, NOON, note="Ill on Monday morning.")
    stage.take(booking_id, proposal, EVENING)
    row = stage.booking(booking_id)
    assert (row.starts_at, row.moves, row.state) == (EVENING, 1, "confirmed")
    assert stage.state(proposal) == "accepted"
    assert stage.held(booking_id)[0] == EVENING
    assert stage.journal(booking_id) == [
        "booking.times_proposed",
        "booking.proposal_accepted",
        "booking.moved",
    ]


def test_a_lead_proposes_only_what_is_offered(stage: Stage):
    booking_id = stage.booked()
    lost = refused(lambda: stage.propose(booking_id, NOON, EVENING, by=stage.cast.lea))
    assert (lost.code, lost.facts["starts_at"]) == ("slot_not_offered", EVENING)
    proposal = stage.propose(booking_id, NOON, THREE, by=stage.cast.lea)
    stage.take(booking_id, proposal, THREE, stage.cast.amara)
    assert stage.booking(booking_id).starts_at == THREE


def test_an_expert_does_not_propose_a_time_that_is_sold_or_over(stage: Stage):
    booking_id = stage.booked()
    stage.booked(starts_at=NOON, lead=stage.cast.marta)
    assert refused(lambda: stage.propose(booking_id, NOON)).code == "slot_taken"
    assert refused(lambda: stage.propose(booking_id, stage.scene.clock())).code == "slot_past"


def test_proposing_in_turn_answers_the_other_side(stage: Stage):
    booking_id = stage.booked()
    first = stage.propose(booking_id, NOON)
    second = stage.propose(booking_id, THREE, by=stage.cast.lea)
    assert (stage.state(first), stage.state(second)) == ("countered", "open")
    third = stage.propose(booking_id, NOON, by=stage.cast.lea)
    assert (stage.state(second), stage.state(third)) == ("withdrawn", "open")
    assert refused(lambda: stage.take(booking_id, first, NOON)).code == "proposal_over"


def test_a_proposal_can_be_refused_or_taken_back_by_the_right_side_alone(stage: Stage):
    booking_id = stage.booked()
    proposal = stage.propose(booking_id, NOON)
    for act in (
        lambda: stage.refuse(booking_id, proposal, stage.cast.amara),
        lambda: stage.take(booking_id, proposal, NOON, stage.cast.amara),
        lambda: stage.withdraw(booking_id, proposal, stage.cast.lea),
        lambda: stage.take(booking_id, proposal, THREE),
        lambda: stage.take(booking_id, proposal + 1, NOON),
        lambda: stage.take(booking_id, proposal, NOON, stage.cast.hugo),
    ):
        assert isinstance(refused(act), NotFound)
    stage.refuse(booking_id, proposal)
    assert stage.state(proposal) == "refused"
    assert refused(lambda: stage.refuse(booking_id, proposal)).code == "proposal_over"
    again = stage.propose(booking_id, NOON)
    stage.withdraw(booking_id, again)
    assert stage.state(again) == "withdrawn"
    assert stage.booking(booking_id).starts_at == MONDAY


def test_a_proposal_runs_out_and_the_booking_stays(stage: Stage, clock):
    booking_id = stage.booked()
    proposal = stage.propose(booking_id, NOON)
    clock.advance(hours=48, seconds=1)
    assert refused(lambda: stage.take(booking_id, proposal, NOON)).code == "proposal_over"
    assert bookings.expire_due(stage.work) == 1
    assert bookings.expire_due(stage.work) == 0
    assert stage.state(proposal) == "expired"


def test_a_proposal_about_a_session_that_has_moved_or_ended_is_overtaken(stage: Stage, clock):
    moved, ended = stage.booked(), stage.booked("requested", starts_at=THREE)
    first, second = stage.propose(moved, EVENING), stage.propose(ended, EVENING)
    stage.reschedule(moved, NOON)
    stage.scene.set_booking(ended, state="declined")
    assert stage.state(first) == "overtaken"
    assert refused(lambda: stage.take(ended, second, EVENING)).code == "proposal_over"
    clock.advance(hours=49)
    assert bookings.expire_due(stage.work) == 1
    assert stage.state(second) == "overtaken"
    assert [row["proposal_id"] for row in stage.scene.events("ProposalEnded")] == []


@pytest.mark.parametrize(
    ("starts", "note", "code"),
    [
        ((), "", "times_count"),
        ((NOON, NOON), "", "times_count"),
        ((MONDAY, NOON, THREE, EVENING), "", "times_count"),
        ((NOON + timedelta(minutes=7),), "", "times_off_quarter"),
        ((NOON,), "x" * 401, "note_too_long"),
    ],
)
def test_a_proposal_that_cannot_be_read_is_refused(stage: Stage, starts: tuple[datetime, ...], note: str, code: str):
    booking_id = stage.booked()
    assert refused(lambda: stage.propose(booking_id, *starts, note=note)).code == code
    assert refused(lambda: stage.take(booking_id, 1, None)).code == "times_count"


def test_a_time_sold_meanwhile_is_lost_and_the_other_times_stay_open(stage: Stage):
    booking_id = stage.booked()
    proposal = stage.propose(booking_id, NOON, EVENING)
    stage.booked(starts_at=NOON, lead=stage.cast.marta)
    lost = refused(lambda: stage.take(booking_id, proposal, NOON))
    assert lost.code == "slot_taken"
    assert lost.facts["nearest"][0].starts_at == THREE
    assert (stage.state(proposal), stage.booking(booking_id).starts_at) == ("open", MONDAY)
    assert len(stage.held(booking_id)) == 12
    stage.take(booking_id, proposal, EVENING)
    assert stage.booking(booking_id).starts_at == EVENING


def test_a_proposed_time_that_is_over_cannot_be_taken(stage: Stage, clock):
    booking_id = stage.booked("requested")
    proposal = stage.propose(booking_id, clock() + timedelta(minutes=30))
    clock.advance(minutes=30)
    assert refused(lambda: stage.take(booking_id, proposal, clock())).code == "slot_past"


@pytest.mark.parametrize("path", ["reschedule", "proposal"])
def test_of_two_who_want_one_time_at_once_one_gets_it_and_both_keep_a_session(stage: Stage, path: str):
    """Two leads, two sessions, one free slot; the occupied quarters decide."""
    ids = [stage.booked(), stage.booked(starts_at=THREE, lead=stage.cast.marta)]
    people = [stage.cast.lea, stage.cast.marta]
    proposals = [stage.propose(each, NOON) for each in ids] if path == "proposal" else [0, 0]
    barrier, results = threading.Barrier(2), ["", ""]

    def act(number: int) -> None:
        barrier.wait()
        try:
            if path == "proposal":
                stage.take(ids[number], proposals[number], NOON, people[number])
            else:
                stage.reschedule(ids[number], NOON, people[number])
            results[number] = "moved"
        except Conflict as lost:
            results[number] = lost.code

    threads = [threading.Thread(target=act, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["moved", "slot_taken"]
    with stage.work.reading() as session:
        assert session.scalar(select(func.count()).select_from(OccupiedQuarter)) == 24


def test_everybody_hears_of_a_new_time_and_calendars_replace_the_entry(stage: Stage):
    booking_id = stage.booked()
    stage.reschedule(booking_id, NOON)
    stage.scene.settle()
    letters = stage.scene.letters("booking_moved")
    assert {letter.to_name for letter in letters} == {"Léa Martin", "Amara Diallo"}
    assert all(letter.calendar_method == "REQUEST" for letter in letters)
    assert all("SEQUENCE:1" in (letter.calendar or "") for letter in letters)
    assert all("DTSTART:20261116T110000Z" in (letter.calendar or "") for letter in letters)


def test_a_request_that_moves_sends_no_calendar_file(stage: Stage, clock):
    booking_id = stage.booked("requested", accept_by=clock() + timedelta(hours=72))
    stage.reschedule(booking_id, NOON)
    stage.scene.settle()
    assert [letter.calendar for letter in stage.scene.letters("booking_moved")] == [None, None]


def test_the_other_side_hears_of_proposed_times_and_the_proposer_of_the_answer(stage: Stage, clock):
    booking_id = stage.booked()
    proposal = stage.propose(booking_id, NOON, THREE, EVENING, note="Ill on Monday morning.")
    stage.scene.settle()
    (letter,) = stage.scene.letters("times_proposed")
    assert letter.to_name == "Léa Martin"
    assert "Ill on Monday morning." in letter.text
    stage.refuse(booking_id, proposal)
    stage.propose(booking_id, NOON, by=stage.cast.lea)
    clock.advance(days=3)
    bookings.expire_due(stage.work)
    stage.scene.settle()
    assert stage.scene.told("proposal_ended") == ["Amara Diallo", "Léa Martin"]
