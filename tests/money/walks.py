"""Random walks: what leads, experts, admins, time, Stripe, the network and crashes may do, in any order.

Every step runs the real services against the real sandbox and then asks the auditor (`tests.money.books`). At the end
of a walk everything that is broken is mended, time passes, and nothing may be left over.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from marketplace.domain.booking import BEYOND_POLICY, DISPUTABLE
from marketplace.services import bookings, clockwork, notices, ratings
from marketplace.services.bookings import Again, Problem, RefundBeyond, SettleCase, SettleProblem
from marketplace.services.payments import Look, look_at_payment
from tests.money import books
from tests.money.seams import FAULTS
from tests.money.stall import Blueprint, Stall, clear
from tests.money.walker import Tally, Walker, rating_of

SLOTS = tuple(datetime(2026, 11, day, hour, tzinfo=UTC) for day in (4, 6, 10, 16, 20) for hour in (8, 11, 14))
MOST_BOOKINGS = 4
STEPS = {"a minute": 61, "six minutes": 360, "a quarter": 901, "an hour": 3600, "half a day": 43_200, "a day": 90_000}
WALK = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
    "print_blob": False,
}


def machine_on(stall: Stall, blueprint: Blueprint, tally: Tally) -> type[RuleBasedStateMachine]:
    """The walker on this stall; each walk begins with the blueprint."""

    class Walk(_Walk):
        def __init__(self) -> None:
            super().__init__()
            clear(stall, blueprint)
            tally.walks += 1
            self.stall, self.tally = stall, tally

    return Walk


class _Walk(Walker):
    @initialize(
        ready=st.booleans(),
        starts_at=st.sampled_from(SLOTS),
        stage=st.sampled_from(("reserved", "paid", "accepted", "cancelled", "held", "released")),
    )
    def begin(self, ready: bool, starts_at: datetime, stage: str) -> None:
        """Walks begin somewhere on the main path: what lies far along it would be reached too seldom."""
        if ready:
            self._open_payouts("complete")
        self.reserve(starts_at, self.stall.cast.lea)
        (booking,) = self._bookings()
        if stage != "reserved":
            self.stall.press(booking.checkout_url or "", outcome="pay")
            self._do("look", lambda: look_at_payment(self.stall.work, Look(self.stall.cast.lea.actor, booking.id)))
        if stage in ("accepted", "cancelled", "held", "released"):
            self._answer(booking, "accept")
        if stage == "cancelled":
            self._pass_until(booking.starts_at - timedelta(hours=30))
            self._cancel(booking, "lead")
        if stage in ("held", "released"):
            for moment in (booking.starts_at, booking.ends_at):
                self._pass_until(moment)
        if stage == "released":
            self._pass_until(booking.ends_at + timedelta(hours=73))

    # people

    @precondition(lambda self: len(self.pages) < MOST_BOOKINGS)
    @rule(starts_at=st.sampled_from(SLOTS), lead=st.sampled_from(("lea", "hugo", "marta")))
    def book(self, starts_at: datetime, lead: str) -> None:
        self.reserve(starts_at, getattr(self.stall.cast, lead))

    @precondition(lambda self: self._any("awaiting_payment"))
    @rule(outcome=st.sampled_from(("pay", "pay", "pay", "decline", "authenticate")), data=st.data())
    def pay(self, outcome: str, data: st.DataObject) -> None:
        booking = self._pick(data, "awaiting_payment")
        if booking.checkout_url is not None:
            self._do("pay", lambda: self.stall.press(booking.checkout_url or "", outcome=outcome))

    @precondition(lambda self: self.pages)
    @rule(data=st.data())
    def pay_on_an_old_page(self, data: st.DataObject) -> None:
        page = data.draw(st.sampled_from(sorted(self.pages.values())))
        self._do("pay_on_an_old_page", lambda: self.stall.press(page, outcome="pay"))

    @precondition(lambda self: self._any())
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        booking = self._pick(data)
        self._do("look", lambda: look_at_payment(self.stall.work, Look(self._lead(booking).actor, booking.id)))

    @precondition(lambda self: self._any("awaiting_payment", "payment_failed"))
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        booking = self._pick(data, "awaiting_payment", "payment_failed")
        self._promise(
            "give_up", booking, {"expired_unpaid"}, bookings.give_up, Again(self._lead(booking).actor, booking.id)
        )

    @precondition(lambda self: self._any("payment_failed"))
    @rule(data=st.data())
    def pay_again(self, data: st.DataObject) -> None:
        booking = self._pick(data, "payment_failed")
        self._do("pay_again", lambda: bookings.pay_again(self.stall.work, Again(self._lead(booking).actor, booking.id)))

    @precondition(lambda self: self._any("requested"))
    @rule(data=st.data(), what=st.sampled_from(("accept", "accept", "accept", "decline", "withdraw")))
    def answer(self, data: st.DataObject, what: str) -> None:
        self._answer(self._pick(data, "requested"), what)

    @precondition(lambda self: self._any("confirmed", "in_progress", "awaiting_feedback"))
    @rule(data=st.data(), who=st.sampled_from(("lead", "expert", "ada")))
    def cancel(self, data: st.DataObject, who: str) -> None:
        self._cancel(self._pick(data, "confirmed", "in_progress", "awaiting_feedback"), who)

    @precondition(lambda self: self._any())
    @rule(data=st.data(), what=st.sampled_from(("accept", "decline", "withdraw", "cancel", "give_up", "pay_again")))
    def insist(self, data: st.DataObject, what: str) -> None:
        """Somebody does what the page had offered before the booking moved on."""
        booking = self._pick(data)
        if what == "cancel":
            self._cancel(booking, "lead")
        elif what in ("give_up", "pay_again"):
            command = Again(self._lead(booking).actor, booking.id)
            self._do(f"insist: {what}", lambda: getattr(bookings, what)(self.stall.work, command))
        else:
            self._answer(booking, what)

    @precondition(lambda self: self._any("awaiting_feedback"))
    @rule(data=st.data())
    def rate(self, data: st.DataObject) -> None:
        booking = self._pick(data, "awaiting_feedback")
        for person in (self._lead(booking), self.stall.cast.ines):
            self._do("rate", lambda person=person: ratings.rate(self.stall.work, rating_of(person, booking.id)))

    @precondition(lambda self: self._any("awaiting_feedback"))
    @rule(data=st.data(), who=st.sampled_from(("lead", "expert")))
    def report_a_problem(self, data: st.DataObject, who: str) -> None:
        booking = self._pick(data, "awaiting_feedback")
        person = self._lead(booking) if who == "lead" else self.stall.cast.ines
        command = Problem(person.actor, booking.id, "It went wrong.")
        self._do("report problem", lambda: bookings.report_problem(self.stall.work, command))

    @precondition(lambda self: self._any("on_hold"))
    @rule(data=st.data(), share=st.sampled_from((0, 50, 100)))
    def decide_a_problem(self, data: st.DataObject, share: int) -> None:
        booking = self._pick(data, "on_hold")
        back = booking.gross_minor * share // 100
        command = SettleProblem(self.stall.cast.ada.actor, booking.id, back, "Because.")
        self._do("verdict", lambda: bookings.settle_problem(self.stall.work, command))

    @precondition(lambda self: self._any(*map(str, BEYOND_POLICY)))
    @rule(data=st.data(), cents=st.sampled_from((1, 3_600, 18_000, 36_000)))
    def give_back_more_than_the_policy(self, data: st.DataObject, cents: int) -> None:
        booking = self._pick(data, *map(str, BEYOND_POLICY))
        command = RefundBeyond(self.stall.cast.ada.actor, booking.id, cents, "Goodwill.")
        self._do("refund beyond", lambda: bookings.refund_beyond_policy(self.stall.work, command))

    @rule(outcome=st.sampled_from(("complete", "leave")))
    def open_payouts(self, outcome: str) -> None:
        self._do("open_payouts", lambda: self._open_payouts(outcome))

    # the machine room

    @rule()
    def clockwork_goes_round(self) -> None:
        self._do("clockwork", lambda: clockwork.tick(self.stall.work))

    @rule()
    def notices_are_handled(self) -> None:
        self._do("handle notices", lambda: notices.handle_due(self.stall.work))

    @rule(data=st.data(), copies=st.integers(0, 3))
    def notices_arrive(self, data: st.DataObject, copies: int) -> None:
        """Some of what Stripe has to tell, in any order; 0 copies: it is lost."""
        waiting = self._untold()
        if not waiting:
            return
        some = data.draw(st.lists(st.sampled_from(waiting), min_size=1, max_size=8, unique_by=lambda each: each.id))
        self.heard.update(notice.id for notice in some)
        if copies:
            self._do("notices", lambda: notices.keep(self.stall.work, some * copies))

    @rule(data=st.data())
    def a_notice_comes_again(self, data: st.DataObject) -> None:
        told = [notice for notice in self._told() if notice.id in self.heard]
        if told:
            notice = data.draw(st.sampled_from(told))
            self._do("notice again", lambda: notices.keep(self.stall.work, [notice]))

    @rule(step=st.sampled_from(tuple(STEPS)), work=st.booleans())
    def time_passes(self, step: str, work: bool) -> None:
        self.stall.clock.advance(seconds=STEPS[step])
        if work:
            self._work("time")

    @precondition(lambda self: self._any("confirmed", "in_progress", "awaiting_feedback", "releasing"))
    @rule(data=st.data())
    def the_next_session_ends(self, data: st.DataObject) -> None:
        booking = self._pick(data, "confirmed", "in_progress", "awaiting_feedback", "releasing")
        for moment in (booking.starts_at, booking.ends_at, booking.ends_at + timedelta(hours=72)):
            if moment > self.stall.clock():
                self._pass_until(moment)
                return

    # what goes wrong

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4))
    def the_wire_will_fail(self, faults: list[str]) -> None:
        self.stall.wire.faults.extend(faults)

    @rule(seams=st.integers(0, 12))
    def the_process_will_die(self, seams: int) -> None:
        self.stall.seams.die_after(seams)

    @precondition(lambda self: self._any("requested", "capturing"))
    @rule(data=st.data())
    def somebody_releases_a_hold_at_stripe(self, data: st.DataObject) -> None:
        booking = self._pick(data, "requested", "capturing")
        self._by_hand(f"/v1/payment_intents/{booking.payment_intent_id}/cancel")

    @precondition(lambda self: self._any(*map(str, DISPUTABLE)))
    @rule(data=st.data())
    def the_bank_takes_a_payment_back(self, data: st.DataObject) -> None:
        booking = self._pick(data, *map(str, DISPUTABLE))
        self._door("/disputes", payment_intent=booking.payment_intent_id)

    @precondition(lambda self: self._any("disputed"))
    @rule(outcome=st.sampled_from(("won", "lost")))
    def the_bank_decides(self, outcome: str) -> None:
        for dispute in self.stall.objects("dispute")["dispute"]:
            self._door(f"/disputes/{dispute['id']}", outcome=outcome)

    @precondition(lambda self: self.stall.objects("refund")["refund"])
    @rule()
    def a_refund_does_not_get_through(self) -> None:
        self._door(f"/refunds/{self.stall.objects('refund')['refund'][-1]['id']}", outcome="failed")

    @precondition(lambda self: self._any())
    @rule(data=st.data())
    def an_admin_makes_a_refund_again(self, data: st.DataObject) -> None:
        booking = self._pick(data)
        command = SettleCase(self.stall.cast.ada.actor, booking.id, "")
        self._do("repeat refund", lambda: bookings.repeat_refund(self.stall.work, command))

    # after each step

    @invariant()
    def everything_holds(self) -> None:
        breaches = books.always(self.stall)
        assert not breaches, breaches


def walk_settings(walks: int, steps: int, *, same: bool) -> settings:
    """`same`: the same walks every time, else other ones each time."""
    return settings(max_examples=walks, stateful_step_count=steps, derandomize=same, **WALK)
