"""The demo's past, told through the services: a short telling, and once the whole of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from marketplace.config import Settings
from marketplace.demo import seeding
from marketplace.demo.history import PAST
from marketplace.demo.stripe_pages import SandboxFailed
from marketplace.demo.timeline import LENGTH
from marketplace.post.file_post import FilePost
from marketplace.store.accounts import Account, Company
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert, Standing
from marketplace.store.money import AlertRow, LedgerEntry, Posting
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.operations import Operation
from marketplace.store.outbox import LetterRow, OutboxRow
from marketplace.store.ratings import Rating
from marketplace.store.transaction import Database
from marketplace.work import Work
from payments.sandbox import SandboxSettings, running_sandbox
from payments.stripe_gateway import StripeGateway
from search.whoosh_index import open_index
from tests.cast import START, StillClock
from tests.conftest import KINDS, fresh_database

KEY = "sk_test_seeding"
# Inès has something to answer, Thomas was late once and waits for Léa's rating, Bastien did not come once.
FEW = ("ines", "thomas", "bastien", "zineb")
RATED = FEW[:3]


@dataclass(frozen=True, slots=True)
class Market:
    """A seeded market."""

    work: Work
    sandbox: str
    folder: Path
    lines: list[str]

    def count(self, *conditions: object, of: type = Booking) -> int:
        with self.work.reading() as session:
            return session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=KINDS)
def market(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """The market of four experts."""
    folder = tmp_path_factory.mktemp("market")
    with fresh_database(request.param, folder, request) as url:
        yield from seeded(url, folder, FEW)


def seeded(database_url: str, folder: Path, experts: tuple[str, ...]) -> Iterator[Market]:
    clock = StillClock(START)
    behind = SandboxSettings(state=folder / "sandbox.db", key=KEY, clock_offset_seconds=-int(LENGTH.total_seconds()))
    with running_sandbox(behind, environment={}, wall=lambda: clock().timestamp()) as sandbox:
        settings = settings_for(database_url, folder, sandbox.address)
        work = work_for(settings, clock)
        lines: list[str] = []
        seeding.seed(work, settings, echo=lines.append, only=experts, real=clock)
        yield Market(work, sandbox.address, folder, lines)
        work.database.close()
        work.gateway.close()  # type: ignore[attr-defined]


def settings_for(database_url: str, folder: Path, stripe: str) -> Settings:
    return Settings(
        environment="demo",
        secret="s" * 40,
        base_url="http://127.0.0.1:8000",
        database_url=database_url,
        data_dir=folder,
        stripe_key=KEY,
        stripe_api=stripe,
        stripe_secrets=("whsec_test",),
        stripe_secrets_v2=("whsec_test_v2",),
        smtp_url="",
        mail_from="Cadran <no-reply@localhost>",
    )


def work_for(settings: Settings, clock: StillClock) -> Work:
    return Work(
        database=Database(settings.database_url),
        clock=clock,
        index=open_index(settings.index_dir),
        gateway=StripeGateway(settings.stripe_key, settings.stripe_api),
        post=FilePost(settings.mailbox_dir, settings.mail_from),
        base_url=settings.base_url,
        secret=settings.secret,
    )


def test_every_past_session_was_held_rated_by_both_and_paid_out(market: Market) -> None:
    held = [past for past in PAST if past.expert in RATED and past.ending == "held"]
    assert market.count(Booking.state == "released") == len(held)
    assert market.count(Rating.revealed_at.is_not(None), of=Rating) == 2 * len(held)
    assert market.count(Rating.reply != "", of=Rating) == sum(bool(past.reply) for past in held)


def test_a_late_expert_and_an_absent_one_gave_everything_back(market: Market) -> None:
    back = (Booking.refunded_minor == Booking.gross_minor, Booking.gross_minor > 0)
    assert market.count(Booking.state == "cancelled_by_expert", *back) == 1
    assert market.count(Booking.state == "cancelled_by_admin", *back) == 1


def test_the_ledger_sums_to_zero_for_every_booking(market: Market) -> None:
    with market.work.reading() as session:
        query = select(LedgerEntry.booking_id, func.sum(Posting.amount_minor)).join(
            Posting, Posting.entry_id == LedgerEntry.id
        )
        sums = session.execute(query.group_by(LedgerEntry.booking_id)).all()
    assert len(sums) > 30
    assert {amount for _booking, amount in sums} == {0}


def test_nothing_is_left_undone(market: Market) -> None:
    assert market.count(Operation.status.not_in(("done",)), of=Operation) == 0
    assert market.count(of=AlertRow) == 0
    assert market.count(OutboxRow.done_at.is_(None), of=OutboxRow) == 0
    assert market.count(LetterRow.state != "sent", of=LetterRow) == 0


def test_every_rated_expert_has_a_standing_and_can_be_paid(market: Market) -> None:
    with market.work.reading() as session:
        rated = set(session.scalars(select(Rating.subject_id).where(Rating.side == "lead")))
        standings = {row.account_id: row.ratings for row in session.scalars(select(Standing))}
        paid = set(session.scalars(select(Expert.id).where(Expert.payouts_active)))
    assert len(rated) == len(RATED)
    assert all(standings[expert_id] > 0 for expert_id in rated)
    assert rated <= paid


def test_every_published_offering_is_found_by_its_title(market: Market) -> None:
    with market.work.reading() as session:
        query = select(Offering.id, OfferingRevision.title).where(
            Offering.state == "published", OfferingRevision.id == Offering.live_revision_id
        )
        published = session.execute(query).all()
    assert len(published) > 5
    for offering_id, title in published:
        assert offering_id in [hit.id for hit in market.work.index.search(title, 20).hits], title


def test_the_dashboards_have_something_to_do(market: Market) -> None:
    assert market.count(Booking.state == "requested", Booking.accept_by > START) == 1
    assert market.count(Booking.state == "confirmed", Booking.starts_at > START) >= 2
    assert market.count(Booking.state == "awaiting_feedback", Booking.rate_by > START) == 1
    assert market.count(Expert.vetting == "applied", of=Expert) == 1
    assert market.count(OfferingRevision.state == "in_review", OfferingRevision.number == 2, of=OfferingRevision) == 1


def test_colleagues_share_one_company(market: Market) -> None:
    assert market.count(of=Company) == 7
    assert market.count(Account.company_id.is_not(None), of=Account) == 14


def test_nobody_was_at_two_sessions_at_once(market: Market) -> None:
    with market.work.reading() as session:
        rows = session.execute(select(Booking.lead_id, Booking.starts_at, Booking.ends_at).order_by(Booking.starts_at))
        spans: dict[int, list[tuple[object, object]]] = {}
        for lead_id, starts_at, ends_at in rows:
            spans.setdefault(lead_id, []).append((starts_at, ends_at))
    for mine in spans.values():
        assert all(ends <= starts for (_, ends), (starts, _) in pairwise(mine))  # type: ignore[operator]


def test_both_clocks_arrive_at_the_real_time(market: Market) -> None:
    told = requests.get(f"{market.sandbox}/_sandbox/health", timeout=10).json()
    assert told["now"] == int(START.timestamp())


def test_the_mailbox_holds_the_last_days_only(market: Market) -> None:
    letters = list((market.folder / "mailbox").glob("*.eml"))
    assert 5 <= len(letters) < 60


def test_every_month_is_told_in_a_line(market: Market) -> None:
    assert len(market.lines) == 14
    assert market.lines[0].startswith("2025-10: ")


def test_a_sandbox_that_was_not_set_back_is_refused(database_url: str, tmp_path: Path) -> None:
    clock = StillClock(START)
    with running_sandbox(
        SandboxSettings(state=tmp_path / "sandbox.db", key=KEY), environment={}, wall=lambda: clock().timestamp()
    ) as sandbox:
        settings = settings_for(database_url, tmp_path, sandbox.address)
        work = work_for(settings, clock)
        with pytest.raises(SandboxFailed, match="clock"):
            seeding.seed(work, settings, echo=print, only=(), real=clock)
        work.database.close()
