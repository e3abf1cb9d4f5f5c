"""One of everything, so that every address of the application has something to show."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from marketplace import links
from marketplace.domain.cancellation import STANDARD
from marketplace.services import signing_in
from marketplace.services.availability import SetDate, set_date
from marketplace.services.signing_in import SignIn
from marketplace.store.accounts import Account, claim_on, signed_in_account
from marketplace.store.bookings import Booking
from marketplace.store.money import AlertRow, raise_alert
from marketplace.store.offerings import Offering
from marketplace.work import Work
from tests.cast import PASSWORD, Cast
from tests.web.market import Market


@dataclass(frozen=True, slots=True)
class World:
    """`ids` fill the example addresses of tests/web/roles.py."""

    ids: dict[str, int | str]


def build(work: Work, cast: Cast) -> World:
    """Léa is signed in elsewhere, Noor has two letters, Amara an offering, a draft and one in the queue."""
    market = Market(work, cast)
    offering = market.published()
    market.apply(cast.jeanne)
    set_date(work, SetDate(cast.amara.actor, date(2026, 12, 24), ()))
    return World(
        ids={
            "offering": offering,
            "draft": market.draft(),
            "revision": market.revision(market.submitted()).id,
            "expert": cast.amara.id,
            "lead": cast.lea.id,
            "booking": _booking(work, cast, offering),
            "alert": _alert(work),
            "session": _other_session(work, cast),
            "reset_token": _letter(work, cast.noor.id, links.Purpose.RESET),
            "verification_token": _letter(work, cast.noor.id, links.Purpose.VERIFY),
        }
    )


def _booking(work: Work, cast: Cast, offering_id: int) -> int:
    """Léa's request to Amara, whose card is authorised."""
    with work.transaction() as tx:
        starts_at = tx.now + timedelta(days=14)
        booking = Booking(
            reference="CAD-WWWWWWWW",
            offering_id=offering_id,
            revision_id=tx.session.get_one(Offering, offering_id).live_revision_id,
            expert_id=cast.amara.id,
            lead_id=cast.lea.id,
            state="requested",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            room="room",
            net_minor=36_000,
            vat_minor=0,
            gross_minor=36_000,
            commission_minor=5_400,
            commission_vat_minor=1_080,
            payout_minor=29_520,
            policy=STANDARD.as_json(),
            created_at=tx.now,
            hold_until=tx.now,
            requested_at=tx.now,
            accept_by=tx.now + timedelta(hours=72),
            payment_intent_id="pi_world",
        )
        tx.session.add(booking)
        tx.session.flush()
        return booking.id


def _alert(work: Work) -> int:
    with work.transaction() as tx:
        raise_alert(tx, "void_refused", "booking:1")
        tx.session.flush()
        return tx.session.scalars(select(AlertRow.id)).one()


def _other_session(work: Work, cast: Cast) -> int:
    begun = signing_in.sign_in(work, SignIn(cast.lea.email, PASSWORD, client="192.0.2.9", device="elsewhere"))
    with work.reading() as session:
        found = signed_in_account(session, begun.token)
    assert found is not None
    return found.session_id


def _letter(work: Work, account_id: int, purpose: links.Purpose) -> str:
    with work.reading() as session:
        claim = claim_on(session.get_one(Account, account_id))
    return links.sign(work.secret, purpose, claim, work.now())
