"""Where the races are run: a database of its own, an expert with hours, twenty leads, sessions to move about."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from sqlalchemy import delete, func, select, update

from marketplace.domain.access import Actor, Role
from marketplace.domain.booking import BookingState
from marketplace.domain.calendar import Slot, free_slots, quarters
from marketplace.domain.cancellation import STANDARD
from marketplace.hashing import hash_password
from marketplace.post.file_post import FilePost
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking, OccupiedQuarter
from marketplace.store.calendars import load_calendars, occupy
from marketplace.store.migrate import migrate
from marketplace.store.offerings import Offering
from marketplace.store.transaction import Database, Transaction
from marketplace.work import Work
from payments.port import Checkout, CheckoutOrder, GatewayUnknown, Hold, PaymentGateway
from search.port import SearchIndex
from tests.cast import PASSWORD, START, StillClock, stage
from tests.postgres import MEMORY, running_server
from tests.till import publish

CONTENDERS = 20
GROSS = 36_000  # cents
LIVE = (BookingState.AWAITING_PAYMENT, BookingState.REQUESTED, BookingState.CAPTURING, BookingState.CONFIRMED)
WITHOUT_KEY = (
    "DROP TABLE occupied_quarter",
    "CREATE TABLE occupied_quarter (expert_id INTEGER, quarter BIGINT, booking_id INTEGER)",
)


class OpenTill:
    """A gateway that opens every payment page at once and knows every hold: the race is about the slot."""

    def __init__(self) -> None:
        self.holds: dict[str, Hold] = {}

    def open_checkout(self, order: CheckoutOrder, *, key: str) -> Checkout:
        return Checkout(
            id=f"cs_{key}", url="http://127.0.0.1/pay", status="open", payment_intent_id=None,
            amount_minor=order.gross_minor, currency=order.currency, expires_at=order.expires_at,
            reference=order.reference, op_id=order.op_id,
        )  # fmt: skip

    def fetch_hold(self, hold_id: str) -> Hold:
        return self.holds[hold_id]

    def capture(self, hold_id: str, *, key: str) -> Hold:
        raise GatewayUnknown(f"{hold_id} {key}: the money is another race")

    def refund(self, hold_id: str, amount_minor: int, *, key: str, metadata: object) -> Hold:
        raise GatewayUnknown(f"{hold_id} {amount_minor} {key} {metadata}: the money is another race")


@dataclass(frozen=True, slots=True)
class Track:
    """Everybody at the start. Each contender has a database connection of their own."""

    works: tuple[Work, ...]
    leads: tuple[Actor, ...]
    expert: Actor
    admin: Actor
    offering_id: int
    slots: tuple[datetime, ...]
    till: OpenTill
    _numbers: Iterator[int]

    @property
    def starters(self) -> tuple[tuple[Work, Actor], ...]:
        """Who runs, with their parts."""
        return tuple(zip(self.works, self.leads, strict=True))

    def owners(self, starts_at: datetime) -> int:
        """How many living bookings there are at that time: the truth, whatever the contenders were told."""
        with self.works[0].reading() as session:
            living = select(func.count()).where(Booking.starts_at == starts_at, Booking.state.in_(LIVE))
            return session.scalar(living) or 0

    def clear(self, starts_at: datetime) -> None:
        """Everybody who booked that time gave up, and the time is free again."""
        with self.works[0].transaction() as tx:
            there = select(Booking.id).where(Booking.starts_at == starts_at)
            tx.session.execute(delete(OccupiedQuarter).where(OccupiedQuarter.booking_id.in_(there)))
            tx.session.execute(update(Booking).where(Booking.starts_at == starts_at).values(state="expired_unpaid"))

    def book(self, state: BookingState, lead: Actor, starts_at: datetime) -> int:
        """A booking in that state that holds its time."""
        with self.works[0].transaction() as tx:
            booking = self._booking(tx, state, lead, starts_at)
            slot = Slot(booking.starts_at, booking.ends_at)
            occupy(tx.session, self.expert.id, quarters(slot, 0, 0), booking.id)
            return booking.id

    def _booking(self, tx: Transaction, state: BookingState, lead: Actor, starts_at: datetime) -> Booking:
        number = next(self._numbers)
        reference, hold_id = f"CAD-{number:08}", f"pi_{number}"
        self.till.holds[hold_id] = _hold(hold_id, reference)
        offering = tx.session.get_one(Offering, self.offering_id)
        booking = Booking(
            reference=reference, offering_id=offering.id, revision_id=offering.live_revision_id,
            expert_id=self.expert.id, lead_id=lead.id, state=state, starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3), room=f"room{number}", net_minor=GROSS, vat_minor=0,
            gross_minor=GROSS, commission_minor=5_400, commission_vat_minor=1_080, payout_minor=29_520,
            policy=STANDARD.as_json(), created_at=tx.now, hold_until=tx.now + timedelta(minutes=15),
            payment_intent_id=hold_id, accept_by=tx.now + timedelta(days=1),
        )  # fmt: skip
        tx.session.add(booking)
        tx.session.flush()
        return booking


@contextmanager
def laid_track(url: str, folder: Path, contenders: int = CONTENDERS, *, key: bool = True) -> Iterator[Track]:
    """Everybody at the start, on an empty database of their own at `url`."""
    till = OpenTill()
    with ExitStack() as stack:
        databases = [Database(url, durable=False) for _ in range(contenders)]
        for database in databases:
            stack.callback(database.close)
        migrate(databases[0])
        works = tuple(_work(database, folder, till) for database in databases)
        cast_ = stage(databases[0])
        offering_id = publish(works[0], cast_.ines, price_minor=GROSS)
        slots, leads = _free_starts(works[0], cast_.ines.id), _leads(works[0], contenders)
        if not key:
            _remove_key(databases[0])
        yield Track(works, leads, cast_.ines.actor, cast_.ada.actor, offering_id, slots, till, count(1))


@contextmanager
def new_database(kind: str) -> Iterator[tuple[str, Path]]:
    """An empty database in memory, and a folder."""
    with TemporaryDirectory(prefix="race-", dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = Path(name)
        if kind == "sqlite":
            yield f"sqlite:///{folder / 'race.db'}", folder
            return
        with running_server() as server:
            yield server.create(), folder


def lead_email(number: int) -> str:
    """The address of a contender; all sign in with the cast's password."""
    return f"lead{number}@example.org"


def _hold(hold_id: str, reference: str) -> Hold:
    return Hold(
        id=hold_id, status="requires_capture", amount_minor=GROSS, captured_minor=0, refunded_minor=0, currency="eur",
        reference=reference, capture_before=START + timedelta(days=6),
    )  # fmt: skip


def _work(database: Database, folder: Path, till: OpenTill) -> Work:
    return Work(
        database=database,
        clock=StillClock(START),
        index=cast("SearchIndex", None),
        gateway=cast("PaymentGateway", till),
        post=FilePost(folder / "mailbox", "Cadran <no-reply@localhost>"),
        base_url="http://127.0.0.1",
        secret="x" * 40,
    )


def _free_starts(work: Work, expert_id: int) -> tuple[datetime, ...]:
    end = START + timedelta(days=60)
    with work.reading() as session:
        calendar = load_calendars(session, [expert_id], START, end)[expert_id]
    return tuple(slot.starts_at for slot in free_slots(calendar, 180, START, end, START))


def _leads(work: Work, number: int) -> tuple[Actor, ...]:
    shared: dict[str, Any] = {
        "password_hash": hash_password(PASSWORD), "role": "lead", "created_at": START, "verified_at": START,
    }  # fmt: skip
    with work.transaction() as tx:
        accounts: Sequence[Account] = [Account(email=lead_email(n), name=f"Lead {n}", **shared) for n in range(number)]
        tx.session.add_all(accounts)
        tx.session.flush()
        return tuple(Actor(account.id, Role.LEAD) for account in accounts)


def _remove_key(database: Database) -> None:
    with database.engine.begin() as connection:
        for statement in WITHOUT_KEY:
            connection.exec_driver_sql(statement)
