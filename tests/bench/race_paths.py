"""The ways in which time is taken, each as a race of twenty for one slot."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Protocol
from unittest.mock import patch

from sqlalchemy import delete, update

from marketplace.cashier.reducer import reduce_booking
from marketplace.domain.booking import BookingState
from marketplace.domain.calendar import Slot, quarters
from marketplace.domain.errors import Conflict
from marketplace.services.bookings import (
    Answer,
    AnswerProposal,
    Cancel,
    Reschedule,
    Reserve,
    accept,
    accept_proposal,
    cancel,
    proposals,
    reschedule,
    reschedules,
    reserve,
    reserving,
)
from marketplace.services.bookings import moving as _moving
from marketplace.store.bookings import Booking, OccupiedQuarter
from marketplace.store.calendars import occupy
from marketplace.store.proposals import Proposal, ProposedTime
from tests.bench.race_track import Track

Runner = Callable[[], object]
S = BookingState


class Path(Protocol):
    """One way of taking time. Rounds may use the same slot again: `ready` puts everything back."""

    slot: datetime

    def ready(self) -> Sequence[Runner]:
        """Put everybody at the start of a round: one call each; whoever returns has won, the others get a Conflict."""


class Holding:
    """Twenty leads want the same slot."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.slot = track.slots[40]

    def ready(self) -> Sequence[Runner]:
        self.track.clear(self.slot)
        return [self._reserving(number) for number in range(len(self.track.leads))]

    def _reserving(self, number: int) -> Runner:
        work, actor = self.track.starters[number]
        return partial(reserve, work, Reserve(actor, self.track.offering_id, self.slot, "remote", "Win.", ("One.",)))


class Paying(Holding):
    """One lead's money arrives, nineteen want the slot that it is for."""

    def ready(self) -> Sequence[Runner]:
        others = super().ready()[1:]
        booking_id = self.track.book(S.AWAITING_PAYMENT, self.track.leads[0], self.slot)
        return [partial(reduce_booking, self.track.works[0], booking_id), *others]


class Accepting(Holding):
    """The expert accepts a request, nineteen want its slot."""

    def ready(self) -> Sequence[Runner]:
        others = super().ready()[1:]
        booking_id = self.track.book(S.REQUESTED, self.track.leads[0], self.slot)
        return [partial(accept, self.track.works[0], Answer(self.track.expert, booking_id)), *others]


class Administering(Holding):
    """An admin cancels a session, nineteen want its slot: at first they are refused, then one gets it."""

    def ready(self) -> Sequence[Runner]:
        others = super().ready()[1:]
        booking_id = self.track.book(S.CONFIRMED, self.track.leads[0], self.slot)
        free = Event()
        return [partial(self._cancel, booking_id, free), *(partial(_try_twice, other, free) for other in others)]

    def _cancel(self, booking_id: int, free: Event) -> None:
        cancel(self.track.works[0], Cancel(self.track.admin, booking_id, "The expert is ill."))
        free.set()
        raise Conflict("made_room")  # an admin takes no slot


class Rescheduling:
    """Twenty sessions at twenty times; all want to move to the same slot."""

    def __init__(self, track: Track) -> None:
        self.track = track
        starts = apart(track.slots, len(track.leads) + 1)
        self.slot, self.homes = starts[0], starts[1:]
        self.ids = [track.book(S.CONFIRMED, *each) for each in zip(track.leads, self.homes, strict=True)]

    def ready(self) -> Sequence[Runner]:
        self._send_home()
        return [
            partial(reschedule, work, Reschedule(actor, booking_id, self.slot))
            for (work, actor), booking_id in zip(self.track.starters, self.ids, strict=True)
        ]

    def _send_home(self) -> None:
        with self.track.works[0].transaction() as tx:
            tx.session.execute(delete(OccupiedQuarter))
            for booking_id, home in zip(self.ids, self.homes, strict=True):
                slot = Slot(home, home + timedelta(hours=3))
                back = update(Booking).where(Booking.id == booking_id)
                tx.session.execute(back.values(starts_at=slot.starts_at, ends_at=slot.ends_at, moves=0))
                occupy(tx.session, self.track.expert.id, quarters(slot, 0, 0), booking_id)


class Proposing(Rescheduling):
    """The expert proposed the same slot for twenty sessions; all leads take it."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        with track.works[0].transaction() as tx:
            shared = {"side": "expert", "from_state": S.CONFIRMED, "made_at": tx.now}
            until = tx.now + timedelta(days=1)
            self.proposals = [
                Proposal(booking_id=booking_id, from_start=home, expires_at=until, **shared)
                for booking_id, home in zip(self.ids, self.homes, strict=True)
            ]
            tx.session.add_all(self.proposals)
            tx.session.flush()
            times = [ProposedTime(proposal_id=each.id, place=0, starts_at=self.slot) for each in self.proposals]
            tx.session.add_all(times)

    def ready(self) -> Sequence[Runner]:
        self._send_home()
        with self.track.works[0].transaction() as tx:
            tx.session.execute(update(Proposal).values(state="open", ended_at=None))
        return [
            partial(accept_proposal, work, AnswerProposal(actor, proposal.booking_id, proposal.id, self.slot))
            for (work, actor), proposal in zip(self.track.starters, self.proposals, strict=True)
        ]


PATHS: dict[str, Callable[[Track], Path]] = {
    "hold": Holding,
    "payment": Paying,
    "acceptance": Accepting,
    "proposal": Proposing,
    "reschedule": Rescheduling,
    "admin": Administering,
}


@contextmanager
def nobody_is_comforted() -> Iterator[None]:
    """Losers are not told the nearest free slots: the race is about the slot, and looking for others is most of it."""
    with (
        patch.object(reserving, "_nearest", lambda *_: ()),
        patch.object(reschedules, "nearest_free", lambda *_: ()),
        patch.object(proposals, "nearest_free", lambda *_: ()),
    ):
        yield


@contextmanager
def nobody_looks() -> Iterator[None]:
    """Every path goes straight to writing, as one would where looking at the calendar was forgotten."""
    with (
        patch.object(reserving, "is_bookable", lambda *_: True),
        patch.object(_moving, "is_bookable", lambda *_: True),
        patch.object(reschedules, "check_offered", lambda *_: None),
    ):
        yield


def apart(starts: Sequence[datetime], number: int) -> list[datetime]:
    """Starts that do not overlap, later than two days from now."""
    found = [starts[60]]
    for start in starts[61:]:
        if start >= found[-1] + timedelta(hours=3) and len(found) < number:
            found.append(start)
    return found


def _try_twice(run: Runner, free: Event) -> object:
    try:
        return run()
    except Conflict:
        free.wait(30)
        return run()
