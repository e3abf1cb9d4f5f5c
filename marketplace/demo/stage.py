"""Where the demo's story is told: the services on the story's clock, and who is who."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from marketplace.clock import Clock
from marketplace.demo.stripe_pages import StripePages
from marketplace.demo.timeline import StoryClock, Timeline
from marketplace.domain.access import Actor
from marketplace.domain.calendar import Slot, free_slots, nearest
from marketplace.domain.events import BookingEnded, Event, ExpertVetted, InvitationAnswered, RatingsRevealed
from marketplace.reactions import REACTIONS, Reaction, deliver
from marketplace.reactions.matching import match_offering
from marketplace.reactions.notifications import tell
from marketplace.reactions.standings import refresh
from marketplace.services import clockwork, letters
from marketplace.store.calendars import load_calendars
from marketplace.store.outbox import close_events
from marketplace.work import Work

LETTERS_KEPT = timedelta(days=2)  # older ones are not written: nobody wants last year's post in the mailbox
AROUND = timedelta(days=5)  # where a free slot near the wanted one is looked for

# After these the standing is as it would be after every event; the past needs no steps in between. Offerings are older
# than the oldest request, so that nothing is lost by not looking for requests that fit them.
_CHANGES_STANDING = (RatingsRevealed, BookingEnded, ExpertVetted, InvitationAnswered)
_STEPS = (clockwork.starts, clockwork.ends, clockwork.releases, clockwork.operations, clockwork.fees)


@dataclass
class Stage:
    """`topics`, `people` and `offerings` go by the keys of the written content; `now` is where the story ends."""

    work: Work
    clock: StoryClock
    timeline: Timeline
    stripe: StripePages
    real: Clock
    now: datetime
    topics: dict[str, int] = field(default_factory=dict)  # ids by slug
    people: dict[str, Actor] = field(default_factory=dict)
    offerings: dict[tuple[str, int], int] = field(default_factory=dict)  # expert and place -> id
    engaged: dict[str, list[Slot]] = field(default_factory=dict)  # leads' sessions: nobody is at two at once

    def with_stripe(self) -> None:
        """Bring the sandbox to the story's moment, before something is done there."""
        self.stripe.turn_to(self.clock(), self.real())

    def sessions_end(self) -> None:
        """The clock's part when a session is over."""
        clockwork.starts(self.work)
        clockwork.ends(self.work)

    def settle(self) -> None:
        """The worker's part, once: each step leaves what the next one needs."""
        self.with_stripe()
        for step in _STEPS:
            step(self.work)
        if self.now - self.clock() <= LETTERS_KEPT:
            deliver(self.work)
            letters.send_due(self.work)
        else:
            self._deliver_past()

    def finish(self) -> None:
        """The worker goes round until nothing is due any more."""
        self.with_stripe()
        while clockwork.tick(self.work) + deliver(self.work) + letters.send_due(self.work):
            pass

    def slot_near(self, expert: str, lead: str, length: int, wanted: datetime) -> Slot:
        """The free slot nearest to the wanted moment; raises `LookupError` when there is none for days around."""
        expert_id = self.people[expert].id
        start, end = wanted - AROUND, wanted + AROUND
        with self.work.reading() as session:
            calendar = load_calendars(session, [expert_id], start, end)[expert_id]
        free = free_slots(calendar, length, start, end, self.clock())
        found = nearest((slot for slot in free if self._has_time(lead, slot)), wanted, 1)
        if not found:
            raise LookupError(f"{expert} has no free slot around {wanted}")
        self.engaged.setdefault(lead, []).append(found[0])
        return found[0]

    def _deliver_past(self) -> None:
        with self.work.transaction() as tx:
            close_events(tx.session, _WITHOUT_REACTION, tx.now)
        deliver(self.work, _PAST)

    def _has_time(self, lead: str, slot: Slot) -> bool:
        mine = self.engaged.get(lead, [])
        return all(slot.ends_at <= other.starts_at or other.ends_at <= slot.starts_at for other in mine)


def _needed(event: type[Event], reaction: Reaction) -> bool:
    return reaction not in (tell, match_offering) and (reaction is not refresh or event in _CHANGES_STANDING)


_PAST: Mapping[type[Event], tuple[Reaction, ...]] = {
    event: tuple(reaction for reaction in reactions if _needed(event, reaction))
    for event, reactions in REACTIONS.items()
}
_WITHOUT_REACTION = tuple(event.__name__ for event, reactions in _PAST.items() if not reactions)
