"""The facts that letters need, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from marketplace.links import Claim, claim_on
from marketplace.post.letters import Reader
from marketplace.store.accounts import Account, Company
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Brief, Invitation
from marketplace.store.cases import Case
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.proposals import Proposal, proposed_times
from marketplace.store.ratings import Rating
from marketplace.store.saved_searches import SavedSearch


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """A booking with both people, for letters and calendar files."""

    id: int
    reference: str
    state: str
    ending: str
    title: str
    starts_at: datetime
    ends_at: datetime
    format: str
    city: str
    objective: str
    po_number: str
    room: str
    gross_minor: int
    net_minor: int
    payout_minor: int
    refund_minor: int
    currency: str
    accept_by: datetime | None
    contest_by: datetime | None
    hold_until: datetime
    ended_reason: str
    sequence: int
    company: str
    lead: Reader
    expert: Reader


@dataclass(frozen=True, slots=True)
class OfferingFacts:
    """An offering's latest decision, for its expert."""

    id: int
    title: str
    reason: str
    note: str
    expert: Reader


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """An invitation or proposal with its request and both people."""

    id: int
    kind: str
    note: str
    brief_id: int
    brief_title: str
    offering_id: int
    offering_title: str
    expires_at: datetime
    lead: Reader
    expert: Reader


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """Proposed times (UTC), who proposes them ('lead' or 'expert') and until when they can be taken."""

    id: int
    booking_id: int
    side: str
    state: str
    note: str
    expires_at: datetime
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class ProblemFacts:
    """What one side has reported, what the other answered, and the admin's reason; '' for what was not said."""

    words: str
    answer: str
    reason: str


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """A request and an offering that newly fits it."""

    brief_id: int
    brief_title: str
    offering_id: int
    offering_title: str
    expert_name: str
    lead: Reader


@dataclass(frozen=True, slots=True)
class NewsOffering:
    """An offering that is new in a saved search."""

    offering_id: int
    title: str
    expert_name: str


@dataclass(frozen=True, slots=True)
class NewsFacts:
    """What is new in a saved search."""

    label: str
    query: str
    offerings: tuple[NewsOffering, ...]
    owner: Reader


def reader(session: Session, account_id: int) -> Reader:
    """One account as a letter's reader."""
    return _readers(session, account_id)[account_id]


def admins(session: Session) -> tuple[Reader, ...]:
    """Everybody who looks after the marketplace."""
    rows = session.execute(_READER.where(Account.role == "admin", Account.suspended_at.is_(None)))
    return tuple(Reader(*row) for row in rows)


def said_of_problem(session: Session, booking_id: int) -> ProblemFacts:
    """The words of the newest problem, or contested absence, of a booking."""
    kinds = Case.kind.in_(("problem", "no_show"))
    newest = select(Case).where(Case.booking_id == booking_id, kinds).order_by(Case.id.desc()).limit(1)
    row = session.scalars(newest).first()
    return ProblemFacts(row.words, row.answer, row.note) if row else ProblemFacts("", "", "")


def reason_of(session: Session, case_id: int) -> str:
    """Why an admin gives back more than the policy says."""
    return session.get_one(Case, case_id).words


def booking_is_known(session: Session, booking_id: int) -> bool:
    """Whether there is such a booking."""
    return bool(session.scalar(select(exists().where(Booking.id == booking_id))))


def booking_facts(session: Session, booking_id: int) -> BookingFacts:
    """One booking, in two queries."""
    row = session.execute(_BOOKING.where(Booking.id == booking_id)).one()
    values = dict(row._mapping)
    lead_id, expert_id = values.pop("lead_id"), values.pop("expert_id")
    people = _readers(session, lead_id, expert_id)
    return BookingFacts(**values, lead=people[lead_id], expert=people[expert_id])


def offering_facts(session: Session, offering_id: int, revision_id: int) -> OfferingFacts:
    """The decision on one revision."""
    row = session.execute(
        select(Offering.expert_id, OfferingRevision.title, OfferingRevision.reason, OfferingRevision.note)
        .join(OfferingRevision, OfferingRevision.offering_id == Offering.id)
        .where(Offering.id == offering_id, OfferingRevision.id == revision_id)
    ).one()
    return OfferingFacts(offering_id, row.title, row.reason, row.note, reader(session, row.expert_id))


def link_claim(session: Session, account_id: int) -> Claim:
    """What a link in a letter to this account says; it dies with the state it was made for."""
    row = session.execute(select(Account.password_hash, Account.verified_at).where(Account.id == account_id)).one()
    return claim_on(account_id, row.password_hash, row.verified_at)


def vetting_note(session: Session, expert_id: int) -> str:
    """What the admin wrote with the decision."""
    return session.scalar(select(Expert.vetting_note).where(Expert.id == expert_id)) or ""


def invitation_facts(session: Session, invitation_id: int) -> InvitationFacts:
    """One invitation or proposal."""
    row = session.execute(
        select(
            Invitation.id,
            Invitation.kind,
            Invitation.note,
            Invitation.brief_id,
            Brief.title.label("brief_title"),
            Invitation.offering_id,
            OfferingRevision.title.label("offering_title"),
            Invitation.expires_at,
            Brief.lead_id,
            Invitation.expert_id,
        )
        .join(Brief, Brief.id == Invitation.brief_id)
        .join(Offering, Offering.id == Invitation.offering_id)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .where(Invitation.id == invitation_id)
    ).one()
    values = dict(row._mapping)
    lead_id, expert_id = values.pop("lead_id"), values.pop("expert_id")
    people = _readers(session, lead_id, expert_id)
    return InvitationFacts(**values, lead=people[lead_id], expert=people[expert_id])


def proposal_facts(session: Session, proposal_id: int) -> ProposalFacts:
    """One proposal of times."""
    row = session.get_one(Proposal, proposal_id)
    times = proposed_times(session, proposal_id)
    return ProposalFacts(row.id, row.booking_id, row.side, row.state, row.note, row.expires_at, times)


def match_facts(session: Session, brief_id: int, offering_id: int) -> MatchFacts:
    """A request and a new offering for it."""
    brief = session.execute(select(Brief.title, Brief.lead_id).where(Brief.id == brief_id)).one()
    offering = session.execute(
        select(OfferingRevision.title, Account.name)
        .select_from(Offering)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .join(Account, Account.id == Offering.expert_id)
        .where(Offering.id == offering_id)
    ).one()
    lead = reader(session, brief.lead_id)
    return MatchFacts(brief_id, brief.title, offering_id, offering.title, offering.name, lead)


def search_news(session: Session, saved_id: int, offering_ids: Sequence[int]) -> NewsFacts | None:
    """News of a saved search; None when nobody wants to hear it any more."""
    saved = session.get(SavedSearch, saved_id)
    if saved is None or not saved.alerts:
        return None
    rows = session.execute(
        select(Offering.id, OfferingRevision.title, Account.name)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .join(Account, Account.id == Offering.expert_id)
        .where(Offering.id.in_(offering_ids), Offering.state == "published")
    ).all()
    known = {row[0]: NewsOffering(*row) for row in rows}
    told = tuple(known[each] for each in offering_ids if each in known)
    return NewsFacts(saved.label, saved.query, told, reader(session, saved.account_id)) if told else None


def rated_sides(session: Session, booking_id: int) -> frozenset[str]:
    """Which sides have rated: never what they said."""
    return frozenset(session.scalars(select(Rating.side).where(Rating.booking_id == booking_id)))


def reply_facts(session: Session, rating_id: int) -> tuple[int, Reader]:
    """The booking of a rating, and its author."""
    row = session.execute(select(Rating.booking_id, Rating.author_id).where(Rating.id == rating_id)).one()
    return row.booking_id, reader(session, row.author_id)


def _readers(session: Session, *account_ids: int) -> dict[int, Reader]:
    return {row.id: Reader(*row) for row in session.execute(_READER.where(Account.id.in_(account_ids)))}


_READER = select(Account.id, Account.email, Account.name, Account.language, Account.zone)

_BOOKING = (
    select(
        Booking.id,
        Booking.reference,
        Booking.state,
        Booking.ending,
        OfferingRevision.title,
        Booking.starts_at,
        Booking.ends_at,
        Booking.format,
        OfferingRevision.city,
        Booking.objective,
        Booking.po_number,
        Booking.room,
        Booking.gross_minor,
        Booking.net_minor,
        Booking.payout_minor,
        Booking.refund_minor,
        Booking.currency,
        Booking.accept_by,
        Booking.contest_by,
        Booking.hold_until,
        Booking.ended_reason,
        Booking.sequence,
        func.coalesce(Company.name, "").label("company"),
        Booking.lead_id,
        Booking.expert_id,
    )
    .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
    .outerjoin(Company, Company.id == Booking.company_id)
)
