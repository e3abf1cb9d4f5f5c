"""The till on stage: real parts over HTTP against the sandbox, an offering with hours, and what people do with it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import requests
from sqlalchemy import func, select

from marketplace.domain.errors import DomainError
from marketplace.services import audits, bookings, clockwork, notices
from marketplace.services.bookings import Answer, Cancel, Reserve, Reserved
from marketplace.services.payments import Look, look_at_payment
from marketplace.store.bookings import Booking, OccupiedQuarter
from marketplace.store.experts import Expert, WeeklyHours
from marketplace.store.money import AlertRow, LedgerEntry, Posting
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.operations import Operation
from marketplace.store.outbox import OutboxRow
from marketplace.work import Work
from payments.port import GatewayUnknown
from payments.sandbox import Endpoint, Sandbox, SandboxSettings, running_sandbox
from payments.stripe_gateway import StripeGateway
from tests.cast import Cast, Person, StillClock

KEY = "sk_test_cadran"
SLOT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)  # Monday in two weeks, 09:00 in Paris


class Line:
    """The wire to Stripe, which a test can cut before a call arrives, or after it was carried out."""

    def __init__(self, gateway: StripeGateway) -> None:
        self._gateway = gateway
        self.cut_before: set[str] = set()
        self.cut_after: set[str] = set()
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._gateway, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if name in self.cut_before or "*" in self.cut_before:
                raise GatewayUnknown("the wire is cut")
            self.sent.append(name)
            answer = method(*args, **kwargs)
            if name in self.cut_after:
                raise GatewayUnknown("no answer came back")
            return answer

        return call


@dataclass
class Till:
    """Léa books Inès's offering; everything they, the clock and Stripe do."""

    work: Work
    clock: StillClock
    cast: Cast
    line: Line
    sandbox: Sandbox
    offering_id: int
    listens: bool = False  # whether the sandbox really delivers its notices to a door of ours
    browser: requests.Session = field(default_factory=requests.Session)

    def reserve(self, lead: Person | None = None, starts_at: datetime = SLOT, **wishes: Any) -> Reserved:
        """Léa reserves."""
        command = Reserve(
            actor=(lead or self.cast.lea).actor,
            offering_id=self.offering_id,
            starts_at=starts_at,
            format="remote",
            objective="Know which ten gaps to close before the audit.",
            answers=("Forty clusters.",),
        )
        return bookings.reserve(self.work, replace(command, **wishes))

    def press(self, reserved: Reserved, outcome: str = "pay") -> None:
        """Use a button of the payment page."""
        self.browser.post(reserved.checkout_url, data={"outcome": outcome}, allow_redirects=False, timeout=10)

    def look(self, reserved: Reserved) -> None:
        """Léa comes back to the return page."""
        look_at_payment(self.work, Look(self.cast.lea.actor, reserved.booking_id))

    def requested(self, starts_at: datetime = SLOT, lead: Person | None = None) -> Reserved:
        """A booking whose card is authorised."""
        reserved = self.reserve(lead, starts_at)
        self.press(reserved)
        self.handle_notices()
        return reserved

    def confirmed(self, starts_at: datetime = SLOT) -> Reserved:
        """A booking that Inès has accepted."""
        reserved = self.requested(starts_at)
        self.accept(reserved)
        return reserved

    def accept(self, reserved: Reserved) -> None:
        bookings.accept(self.work, Answer(self.cast.ines.actor, reserved.booking_id))

    def decline(self, reserved: Reserved, reason: str = "Not my field.") -> None:
        bookings.decline(self.work, Answer(self.cast.ines.actor, reserved.booking_id, reason))

    def withdraw(self, reserved: Reserved) -> None:
        bookings.withdraw(self.work, Answer(self.cast.lea.actor, reserved.booking_id, "Plans changed."))

    def cancel(self, reserved: Reserved, who: Person) -> None:
        bookings.cancel(self.work, Cancel(who.actor, reserved.booking_id, "Ill."))

    def handle_notices(self) -> None:
        """All that Stripe has told so far arrives and is handled."""
        if self.listens:
            self.wait_for(self._told_what_is_due)
        else:
            notices.keep(self.work, self.work.gateway.notices_since(self.clock() - timedelta(days=1)))
        notices.handle_due(self.work)

    def wait_for(self, true: Callable[[], object], seconds: float = 20.0) -> None:
        """Until something that happens beside the test has happened."""
        for _ in range(int(seconds * 100)):
            if true():
                return
            time.sleep(0.01)
        raise AssertionError("it never happened")

    def tick(self) -> None:
        """The clockwork goes round until nothing is due."""
        for _ in range(10):
            if clockwork.tick(self.work) == 0:
                return

    def audit(self) -> None:
        """Everything that is looked at now and then is looked at, whenever it was last."""
        for job in audits.JOBS:
            job.run(self.work)

    def pass_until(self, moment: datetime, step_hours: float = 12) -> None:
        """Let time pass, and the clockwork look in every now and then."""
        while self.clock() < moment:
            self.clock.advance(seconds=min(step_hours * 3600.0, (moment - self.clock()).total_seconds()))
            self.tick()

    def door(self, path: str, **asked: Any) -> dict[str, Any]:
        """Play bank, Stripe or bad luck at one of the sandbox's doors."""
        answer = self.browser.post(f"{self.sandbox.address}/_sandbox{path}", json=asked, timeout=10)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def dispute(self, reserved: Reserved, **asked: Any) -> str:
        """Léa's bank takes the payment back, and Stripe tells us; returns the dispute."""
        told = self.door("/disputes", payment_intent=self.booking(reserved).payment_intent_id, **asked)
        self.handle_notices()
        return str(told["id"])

    def decide(self, dispute_id: str, outcome: str, **asked: Any) -> None:
        """The bank decides."""
        self.door(f"/disputes/{dispute_id}", outcome=outcome, **asked)
        self.handle_notices()

    def released(self, starts_at: datetime = SLOT) -> Reserved:
        """A session that was held and paid out."""
        self.open_payouts()
        reserved = self.confirmed(starts_at)
        self.pass_until(starts_at + timedelta(hours=3, days=3))
        return reserved

    def held(self) -> Reserved:
        """A session whose end was just now."""
        reserved = self.confirmed()
        self.pass_until(SLOT + timedelta(hours=3))
        return reserved

    def open_payouts(self) -> None:
        """Inès completes her account at Stripe."""
        from marketplace.services.payouts import Payouts, look_at_account, onboarding_page

        url = onboarding_page(self.work, Payouts(self.cast.ines.actor))
        self.browser.post(url, data={"outcome": "complete"}, allow_redirects=False, timeout=10)
        look_at_account(self.work, Payouts(self.cast.ines.actor))

    def at_stripe(self, kind: str) -> list[dict[str, Any]]:
        """What Stripe has of a kind ("refund"), oldest first."""
        with self.sandbox.state.desk() as desk:
            return desk.every(kind)

    def _told_what_is_due(self) -> bool:
        now = self.clock().timestamp()
        return not any(
            each["due"] <= now and each["attempts"] == 0 and not each["held"]
            for each in self.sandbox.doors.deliveries()
        )

    def booking(self, reserved: Reserved) -> Booking:
        return self.booking_by(reserved.booking_id)

    def booking_by(self, booking_id: int) -> Booking:
        with self.work.reading() as session:
            return session.get_one(Booking, booking_id)

    def state(self, reserved: Reserved) -> str:
        return self.booking(reserved).state

    def balances(self) -> dict[str, int]:
        """Every account of the ledger that is not empty."""
        with self.work.reading() as session:
            sums = select(Posting.account, func.sum(Posting.amount_minor)).group_by(Posting.account)
            return {account: total for account, total in session.execute(sums) if total}

    def entries(self) -> list[str]:
        with self.work.reading() as session:
            return list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.id)))

    def operations(self) -> list[tuple[str, str]]:
        with self.work.reading() as session:
            rows = session.execute(select(Operation.kind, Operation.status).order_by(Operation.id))
            return [(kind, status) for kind, status in rows]

    def alerts(self) -> set[str]:
        with self.work.reading() as session:
            return set(session.scalars(select(AlertRow.code)))

    def events(self, name: str) -> list[dict[str, Any]]:
        with self.work.reading() as session:
            query = select(OutboxRow.payload).where(OutboxRow.event == name).order_by(OutboxRow.id)
            return list(session.scalars(query))

    def slot_is_free(self) -> bool:
        with self.work.reading() as session:
            return session.scalar(select(func.count()).select_from(OccupiedQuarter)) == 0


@contextmanager
def running_till(
    work: Work, clock: StillClock, cast: Cast, tmp_path: Path, endpoints: Sequence[Endpoint] = ()
) -> Iterator[Till]:
    """The till on a sandbox of its own, whose clock is the test's; with `endpoints` it delivers its notices there."""
    settings = SandboxSettings(state=tmp_path / "sandbox.db", key=KEY, endpoints=tuple(endpoints))
    with running_sandbox(settings, environment={}, wall=lambda: clock().timestamp()) as sandbox:
        gateway = StripeGateway(KEY, sandbox.address)
        line = Line(gateway)
        ours = replace(work, gateway=line)  # type: ignore[arg-type]
        till = Till(ours, clock, cast, line, sandbox, publish(work, cast.ines), listens=bool(endpoints))
        try:
            yield till
        finally:
            till.browser.close()
            gateway.close()


def publish(work: Work, expert: Person, price_minor: int = 36_000, vat_scheme: str = "franchise") -> int:
    """An offering of three hours that can be booked on weekdays from 9 to 18; returns its id."""
    with work.transaction() as tx:
        row = tx.session.get_one(Expert, expert.id)
        row.vat_scheme = vat_scheme
        offering = Offering(expert_id=expert.id, created_at=tx.now)
        tx.session.add(offering)
        tx.session.flush()
        revision = OfferingRevision(
            offering_id=offering.id,
            number=1,
            state="approved",
            language="en",
            title="Kubernetes threat model",
            outcome="You leave with ten gaps.",
            experience="I hardened forty clusters.",
            price_minor=price_minor,
            questions=["How many clusters?"],
            created_at=tx.now,
        )
        hours = [WeeklyHours(expert_id=expert.id, weekday=day, opens=540, closes=1080) for day in range(5)]
        tx.session.add_all([revision, *hours])
        tx.session.flush()
        offering.live_revision_id, offering.state = revision.id, "published"
        return offering.id


def at_once(*acts: Callable[[], object]) -> list[str | None]:
    """Run all from a barrier, in threads of their own; the code of each one's refusal, None for a success."""
    barrier = Barrier(len(acts))
    codes: list[str | None] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except DomainError as refusal:
            codes[number] = refusal.code

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes
