"""Who walks: how leads, experts, time and Stripe act, what was promised, and what is left at the end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import select, text

from marketplace.domain.errors import DomainError
from marketplace.domain.rating import DIMENSIONS, Side
from marketplace.services import bookings, clockwork, notices, ratings
from marketplace.services.bookings import Answer, Cancel, Reserve
from marketplace.services.payouts import Payouts, look_at_account, onboarding_page
from marketplace.store.bookings import Booking
from payments.port import Notice
from tests.cast import Person
from tests.money import books
from tests.money.seams import Crash
from tests.money.stall import Stall


@dataclass
class Tally:
    """What happened on all walks."""

    walks: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    crashes: int = 0


class Walker(RuleBasedStateMachine):
    """Everything a walk needs but its rules."""

    stall: Stall
    tally: Tally

    def __init__(self) -> None:
        super().__init__()
        self.heard: set[str] = set()  # notices that were delivered or lost
        self.promised: dict[int, set[str]] = {}  # what was acknowledged, by booking: the states that may follow
        self.pages: dict[int, str] = {}

    def teardown(self) -> None:
        """Mend everything, let time pass: nothing may be left over, and nothing acknowledged lost."""
        self.stall.wire.faults.clear()
        self.stall.seams.live()
        self.stall.clock.advance(minutes=11)  # longer than any lease and any wait between two attempts
        self._work_off()
        self._open_payouts("complete")
        self._settle()
        breaches = [*books.at_rest(self.stall), *books.by_their_own_account(self.stall), *self._broken_promises()]
        self.tally.states.update(booking.state for booking in self._bookings())
        assert not breaches, breaches

    def reserve(self, starts_at: datetime, lead: Person) -> None:
        command = Reserve(lead.actor, self.stall.offering_id, starts_at, "remote", "Know the gaps.", ("Forty.",))

        def act() -> None:
            reserved = bookings.reserve(self.stall.work, command)
            self.pages[reserved.booking_id] = reserved.checkout_url
            self.promised[reserved.booking_id] = set()

        self._do("reserve", act)

    def _answer(self, booking: Booking, what: str) -> None:
        who = self._lead(booking) if what == "withdraw" else self.stall.cast.ines
        follows = {"accept": set[str](), "decline": {"declined"}, "withdraw": {"withdrawn"}}[what]
        self._promise(what, booking, follows, getattr(bookings, what), Answer(who.actor, booking.id, "Reasons."))

    def _cancel(self, booking: Booking, who: str) -> None:
        person = {"lead": self._lead(booking), "expert": self.stall.cast.ines, "ada": self.stall.cast.ada}[who]
        follows = {f"cancelled_by_{person.role}"}
        self._promise(
            f"cancel as {person.role}", booking, follows, bookings.cancel, Cancel(person.actor, booking.id, "Ill.")
        )

    def _promise(self, name: str, booking: Booking, follows: set[str], act: Callable[..., Any], command: Any) -> None:
        """What was answered without a refusal must come true, whatever happens after."""

        def acknowledged() -> None:
            act(self.stall.work, command)
            self.promised[booking.id] = follows or self.promised.get(booking.id, set())

        self._do(name, acknowledged)

    def _do(self, name: str, act: Callable[[], object]) -> None:
        self.tally.steps[name] += 1
        try:
            act()
        except DomainError as refusal:
            self.tally.refused[refusal.code] += 1
        except Crash:
            self.tally.crashes += 1

    def _open_payouts(self, outcome: str) -> None:
        command = Payouts(self.stall.cast.ines.actor)
        self.stall.press(onboarding_page(self.stall.work, command), outcome=outcome)
        look_at_account(self.stall.work, command)

    def _work(self, why: str) -> None:
        self._do(f"{why}: clockwork", lambda: clockwork.tick(self.stall.work))
        self._do(f"{why}: notices", lambda: notices.handle_due(self.stall.work))

    def _pass_until(self, moment: datetime) -> None:
        self.stall.clock.advance(seconds=max(0.0, (moment - self.stall.clock()).total_seconds()))
        self._work("session")

    def _settle(self) -> None:
        """All deadlines, one after the other, until nothing moves any more."""
        now = self.stall.clock()
        moments = {now + timedelta(seconds=wait) for wait in (61, 901, 6 * 3600)}
        for booking in self._bookings():
            moments |= {booking.starts_at, booking.ends_at, booking.ends_at + timedelta(hours=73)}
        for moment in sorted(moments):
            if moment >= now:
                self.stall.clock.advance(seconds=(moment - self.stall.clock()).total_seconds())
                self._work_off()
        for _ in range(3):
            self.stall.clock.advance(minutes=11)
            self._work_off()

    def _work_off(self) -> None:
        for _ in range(5):
            if not clockwork.tick(self.stall.work) + notices.handle_due(self.stall.work):
                break

    def _broken_promises(self) -> list[str]:
        now = {booking.id: booking.state for booking in self._bookings()}
        lost = [
            f"booking {booking_id} was acknowledged and is gone" for booking_id in self.promised.keys() - now.keys()
        ]
        for booking_id, follows in self.promised.items():
            if follows and now[booking_id] not in follows | {"disputed", "lost"}:
                lost.append(f"booking {booking_id}: {follows} was acknowledged, it is {now[booking_id]}")
        return lost

    def _told(self) -> list[Notice]:
        stripe = self.stall.objects("event", "v2.core.event")
        return [_notice(event) for event in (*stripe["event"], *stripe["v2.core.event"])]

    def _untold(self) -> list[Notice]:
        return [notice for notice in self._told() if notice.id not in self.heard]

    def _by_hand(self, path: str, **form: str) -> None:
        headers = {"Authorization": "Bearer sk_test_cadran"}
        self.stall.browser.post(f"http://127.0.0.1:9{path}", data=form, headers=headers)

    def _door(self, path: str, **asked: Any) -> None:
        """Play the bank, or bad luck; a door that does not fit now stays shut."""
        self.tally.steps[f"door {path.split('/')[1]}"] += 1
        self.stall.browser.post(f"http://127.0.0.1:9/_sandbox{path}", json=asked)

    def _bookings(self) -> list[Booking]:
        with self.stall.work.reading() as session:
            return list(session.scalars(select(Booking).order_by(Booking.id)))

    def _any(self, *states: str) -> bool:
        with self.stall.work.reading() as session:
            seen = set(session.scalars(text("select distinct state from booking")))
        return bool(seen & set(states)) if states else bool(seen)

    def _pick(self, data: st.DataObject, *states: str) -> Booking:
        fitting = [booking for booking in self._bookings() if not states or booking.state in states]
        return fitting[data.draw(st.integers(0, len(fitting) - 1))]

    def _lead(self, booking: Booking) -> Person:
        everybody = (self.stall.cast.lea, self.stall.cast.hugo, self.stall.cast.marta)
        return next(person for person in everybody if person.id == booking.lead_id)


def rating_of(person: Person, booking_id: int) -> ratings.Rate:
    side = Side.LEAD if person.role == "lead" else Side.EXPERT
    return ratings.Rate(person.actor, booking_id, 5, dict.fromkeys(DIMENSIONS[side], 5), "Good.", "", True)


def _notice(event: dict[str, Any]) -> Notice:
    """As the door would read it."""
    thin = event["object"] == "v2.core.event"
    subject = event["related_object"] if thin else event["data"]["object"]
    name = subject.get("id") or subject["object"]
    created = datetime.fromisoformat(event["created"]) if thin else datetime.fromtimestamp(event["created"], UTC)
    return Notice(event["id"], event["type"], name, None, created, False, "v2" if thin else "platform")
