"""One of everything, so that every address of the application has something to show."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from marketplace import links
from marketplace.domain.cancellation import STANDARD
from marketplace.post.port import Letter
from marketplace.services import signing_in
from marketplace.services.availability import SetDate, set_date
from marketplace.services.bookings import Propose, propose
from marketplace.services.busy_times import SetCalendar, set_calendar
from marketplace.services.feeds import renew_feed
from marketplace.services.saved_searches import Save, save, stop_key
from marketplace.services.signing_in import SignIn
from marketplace.services.tokens import IssueToken, issue_token
from marketplace.store.accounts import Account, claim_on, signed_in_account
from marketplace.store.audit import BalanceLine
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Brief, Invitation, Match
from marketplace.store.cases import Dispute
from marketplace.store.inbox import WaitingNotice, keep_notice, park_notice
from marketplace.store.money import AlertRow, raise_alert
from marketplace.store.offerings import Offering
from marketplace.store.operations import add_operation
from marketplace.store.ratings import Rating
from marketplace.store.transaction import Transaction
from marketplace.store.webhooks import Webhook, new_delivery
from marketplace.work import Work
from tests.cast import PASSWORD, Cast
from tests.web.market import Market

LETTER = Letter(
    message_id="<world@cadran.test>",
    to_address="lea.martin@example.org",
    to_name="Léa Martin",
    language="fr",
    subject="Session confirmée",
    text="À bientôt.",
    html="<p>À bientôt.</p>",
    calendar="BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Cadran//EN\r\nEND:VCALENDAR\r\n",
    calendar_method="REQUEST",
)


@dataclass(frozen=True, slots=True)
class World:
    """`ids` fill the example addresses of tests/web/roles.py."""

    ids: dict[str, int | str]


def build(work: Work, cast: Cast, market: Market | None = None) -> World:
    """Léa is signed in elsewhere, Noor has two letters, Amara an offering, a draft and one in the queue."""
    market = market or Market(work, cast)
    work.post.send(LETTER)
    offering = market.published()
    market.apply(cast.jeanne)
    set_date(work, SetDate(cast.amara.actor, date(2026, 12, 24), ()))
    set_calendar(work, SetCalendar(cast.amara.actor, "https://calendar.example/amara.ics"))
    waiting = market.submitted()
    brief, held = _brief(work, cast, offering), _held(work, cast, offering)
    booking = _booking(work, cast, offering)
    webhook, delivery = _webhook(work, cast)
    saved = save(work, Save(cast.lea.actor, "q=cloud", "cloud"))
    return World(
        ids={
            "webhook": webhook,
            "delivery": delivery,
            "proposal": _proposal(work, cast, booking),
            "brief": brief,
            "invitation": _invitation(work, cast, brief, offering),
            "held": held,
            "rating": _rating(work, cast, offering, held),
            "letter": "world",
            "offering": offering,
            "draft": market.draft(),
            "waiting": waiting,
            "revision": market.revision(waiting).id,
            "expert": cast.amara.id,
            "lead": cast.lea.id,
            "booking": booking,
            "feed_key": _feed_key(work, cast),
            "alert": _alert(work),
            "dispute": _dispute(work, booking),
            "operation": _operation(work),
            "line": _foreign_line(work),
            "notice": _parked_notice(work),
            "session": _other_session(work, cast),
            "token": _token(work, cast),
            "saved": saved,
            "stop_key": stop_key(work.secret, saved),
            "applicant": cast.jeanne.id,
            "reset_token": _letter(work, cast.noor.id, links.Purpose.RESET),
            "verification_token": _letter(work, cast.noor.id, links.Purpose.VERIFY),
        }
    )


def _booking(work: Work, cast: Cast, offering_id: int) -> int:
    """Léa's request to Amara, whose card is authorised."""
    with work.transaction() as tx:
        state = {"state": "requested", "accept_by": tx.now + timedelta(hours=72), "payment_intent_id": "pi_world"}
        return _add_booking(tx, cast, offering_id, "CAD-WWWWWWWW", timedelta(days=14), **state).id


def _proposal(work: Work, cast: Cast, booking_id: int) -> int:
    """Amara proposes another time for it."""
    starts = (work.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=20),)
    return propose(work, Propose(cast.amara.actor, booking_id, starts))


def _add_booking(
    tx: Transaction, cast: Cast, offering_id: int, reference: str, begins_in: timedelta, **more: Any
) -> Booking:
    booking = Booking(
        reference=reference,
        offering_id=offering_id,
        revision_id=tx.session.get_one(Offering, offering_id).live_revision_id,
        expert_id=cast.amara.id,
        lead_id=cast.lea.id,
        starts_at=tx.now + begins_in,
        ends_at=tx.now + begins_in + timedelta(hours=3),
        room=f"room-{reference}",
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
        **more,
    )
    tx.session.add(booking)
    tx.session.flush()
    return booking


def _brief(work: Work, cast: Cast, offering_id: int) -> int:
    """Léa looks for somebody like Amara."""
    with work.transaction() as tx:
        brief = Brief(
            lead_id=cast.lea.id,
            company_id=cast.lea.company_id,
            title="A chatbot that nobody uses",
            problem="Our assistant answers one question in ten and the call centre no longer trusts it.",
            created_at=tx.now,
            expires_at=tx.now + timedelta(days=45),
        )
        tx.session.add(brief)
        tx.session.flush()
        tx.session.add(Match(brief_id=brief.id, offering_id=offering_id, score=0.8, parts={}, created_at=tx.now))
        return brief.id


def _invitation(work: Work, cast: Cast, brief_id: int, offering_id: int) -> int:
    """Amara is asked to answer Léa's request."""
    with work.transaction() as tx:
        invitation = Invitation(
            brief_id=brief_id,
            offering_id=offering_id,
            expert_id=cast.amara.id,
            kind="invitation",
            created_at=tx.now,
            expires_at=tx.now + timedelta(days=7),
        )
        tx.session.add(invitation)
        tx.session.flush()
        return invitation.id


def _held(work: Work, cast: Cast, offering_id: int) -> int:
    """Léa's session with Amara three days ago, paid."""
    with work.transaction() as tx:
        state = {"state": "released", "revealed_at": tx.now}
        return _add_booking(tx, cast, offering_id, "CAD-PPPPPPPP", timedelta(days=-3), **state).id


def _rating(work: Work, cast: Cast, offering_id: int, booking_id: int) -> int:
    """Léa's rating of Amara, revealed, without a reply."""
    with work.transaction() as tx:
        rating = Rating(
            booking_id=booking_id,
            offering_id=offering_id,
            side="lead",
            author_id=cast.lea.id,
            subject_id=cast.amara.id,
            company_id=cast.lea.company_id,
            overall=5,
            dimensions={"depth": 5, "clarity": 5, "preparation": 5, "usefulness": 5, "punctuality": 5},
            comment="Three hours that saved us three months.",
            recommend=True,
            given_at=tx.now,
            revealed_at=tx.now,
        )
        tx.session.add(rating)
        tx.session.flush()
        return rating.id


def _feed_key(work: Work, cast: Cast) -> str:
    """What opens Léa's calendar feed."""
    renew_feed(work, cast.lea.actor)
    return links.feed_key(work.secret, cast.lea.id, 1)


def _alert(work: Work) -> int:
    with work.transaction() as tx:
        raise_alert(tx, "void_refused", "booking:1")
        tx.session.flush()
        return tx.session.scalars(select(AlertRow.id)).one()


def _dispute(work: Work, booking_id: int) -> str:
    """Léa's bank is asked to take the payment back."""
    with work.transaction() as tx:
        facts = {"charge_id": "ch_world", "amount_minor": 36_000, "currency": "eur", "status": "needs_response"}
        tx.session.add(Dispute(id="du_world", booking_id=booking_id, opened_at=tx.now, **facts))
    return "du_world"


def _operation(work: Work) -> int:
    """A hold that Stripe was asked to release, without an answer so far."""
    with work.transaction() as tx:
        return add_operation(tx, work.environment, "void", "hold:pi_world", {"hold_id": "pi_world"}, None).id


def _foreign_line(work: Work) -> str:
    """A movement at Stripe that belongs to nothing we know."""
    with work.transaction() as tx:
        facts = {"amount_minor": -500, "fee_minor": 0, "currency": "eur", "created_at": tx.now, "seen_at": tx.now}
        tx.session.add(BalanceLine(id="txn_world", type="adjustment", **facts))
    return "txn_world"


def _parked_notice(work: Work) -> str:
    with work.transaction() as tx:
        keep_notice(tx.session, WaitingNotice("evt_world", "payment_intent.succeeded", "pi_x", 0), "platform", tx.now)
        park_notice(tx.session, "evt_world", tx.now, "no booking of that name")
    return "evt_world"


def _other_session(work: Work, cast: Cast) -> int:
    begun = signing_in.sign_in(work, SignIn(cast.lea.email, PASSWORD, client="192.0.2.9", device="elsewhere"))
    with work.reading() as session:
        found = signed_in_account(session, begun.token)
    assert found is not None
    return found.session_id


def _webhook(work: Work, cast: Cast) -> tuple[int, int]:
    """A program of Léa's, switched off, that was told something once."""
    with work.transaction() as tx:
        hook = Webhook(
            account_id=cast.lea.id,
            url="https://hooks.example.org/",
            events=["booking.held"],
            salt="s",
            created_at=tx.now,
            disabled_at=tx.now,
        )
        tx.session.add(hook)
        tx.session.flush()
        delivery = new_delivery(hook.id, "world", "booking.held", {}, tx.now)
        delivery.state = "sent"
        tx.session.add(delivery)
        tx.session.flush()
        return hook.id, delivery.id


def _token(work: Work, cast: Cast) -> int:
    return issue_token(work, IssueToken(cast.lea.email, "nightly", ["read"], 30)).id


def _letter(work: Work, account_id: int, purpose: links.Purpose) -> str:
    with work.reading() as session:
        claim = claim_on(session.get_one(Account, account_id))
    return links.sign(work.secret, purpose, claim, work.now())
