"""Pages about requests: the lead's list and request with its matches, the expert's inbox."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.brief import BriefText
from marketplace.domain.errors import NotFound
from marketplace.queries.brief_reasons import match_cards
from marketplace.queries.cards import OfferCard
from marketplace.store.accounts import Account, Company
from marketplace.store.briefs import Brief, Invitation, Match, text_of
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.work import Work

SHOWN = 50


@dataclass(frozen=True, slots=True)
class BriefLine:
    """A request in the lead's list."""

    brief_id: int
    title: str
    state: str
    matches: int
    proposals: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class BriefList:
    """The lead's requests, the newest first."""

    briefs: tuple[BriefLine, ...]


@dataclass(frozen=True, slots=True)
class Answerable:
    """An invitation or a proposal, with who made it and what became of it."""

    invitation_id: int
    kind: str
    state: str
    note: str
    expires_at: datetime
    brief_id: int
    brief_title: str
    offering_id: int
    offering_title: str
    expert_name: str
    lead_name: str

    @property
    def is_open(self) -> bool:
        """Whether it can be answered."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class BriefPage:
    """A lead's own request with everything that came of it."""

    brief_id: int
    text: BriefText
    state: str
    expires_at: datetime
    matches: tuple[OfferCard, ...]
    invited: frozenset[int]  # offerings whose experts were invited
    proposals: tuple[Answerable, ...]
    answers: tuple[Answerable, ...]  # invitations and what became of them
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Fitting:
    """A request that fits one of the expert's offerings."""

    brief_id: int
    title: str
    company: str
    expires_at: datetime
    offering_id: int
    offering_title: str
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for an expert: invitations to answer, requests that fit, and what they proposed."""

    invitations: tuple[Answerable, ...]
    fitting: tuple[Fitting, ...]
    proposals: tuple[Answerable, ...]


@dataclass(frozen=True, slots=True)
class RequestForExpert:
    """A request as an expert who fits it reads it."""

    brief_id: int
    text: BriefText
    company: str
    state: str
    expires_at: datetime
    invitation: Answerable | None
    proposal: Answerable | None
    offerings: tuple[tuple[int, str], ...]  # the expert's own that fit


def brief_list(work: Work, actor: Actor, before: int | None = None, limit: int = SHOWN) -> BriefList:
    """The lead's requests; those older than the request `before`, when a list goes on."""
    matches = select(func.count()).where(Match.brief_id == Brief.id).scalar_subquery()
    proposals = (
        select(func.count())
        .where(Invitation.brief_id == Brief.id, Invitation.kind == "proposal", Invitation.state == "open")
        .scalar_subquery()
    )
    now = work.now()
    with work.reading() as session:
        rows = session.execute(
            select(Brief.id, Brief.title, Brief.state, matches, proposals, Brief.created_at, Brief.expires_at)
            .where(Brief.lead_id == actor.id, *([Brief.id < before] if before else []))
            .order_by(Brief.id.desc())
            .limit(limit)
        ).all()
    lines = (BriefLine(*row) for row in rows)
    return BriefList(tuple(replace(line, state=_state(line.state, line.expires_at, now)) for line in lines))


def brief_page(work: Work, actor: Actor, brief_id: int, language: str, zone: ZoneInfo) -> BriefPage:
    """The lead's own request; `NotFound` for anybody else's."""
    now = work.now()
    with work.reading() as session:
        brief = session.scalar(select(Brief).where(Brief.id == brief_id, Brief.lead_id == actor.id))
        if brief is None:
            raise NotFound("brief_unknown")
        answerable = _answerable(session, now, Invitation.brief_id == brief_id)
        cards = match_cards(work, session, brief, now, language, zone)
    return BriefPage(
        brief_id=brief.id,
        text=text_of(brief),
        state=_state(brief.state, brief.expires_at, now),
        expires_at=brief.expires_at,
        matches=cards,
        invited=frozenset(each.offering_id for each in answerable if each.kind == "invitation"),
        proposals=tuple(each for each in answerable if each.kind == "proposal"),
        answers=tuple(each for each in answerable if each.kind == "invitation"),
        zone=zone,
    )


def inbox(work: Work, actor: Actor) -> Inbox:
    """What waits for the expert."""
    now = work.now()
    with work.reading() as session:
        mine = _answerable(session, now, Invitation.expert_id == actor.id)
        fitting = _fitting(session, actor, now, {(each.brief_id, each.offering_id) for each in mine})
    waiting = [each for each in mine if each.kind == "invitation"]
    waiting.sort(key=lambda each: (not each.is_open, each.expires_at))
    return Inbox(tuple(waiting), fitting, tuple(each for each in mine if each.kind == "proposal"))


def request_for_expert(work: Work, actor: Actor, brief_id: int) -> RequestForExpert:
    """A request that fits the expert or that they were invited to; `NotFound` otherwise."""
    now = work.now()
    with work.reading() as session:
        mine = _answerable(session, now, (Invitation.expert_id == actor.id) & (Invitation.brief_id == brief_id))
        offerings = _fitting_offerings(session, actor, brief_id)
        row = session.execute(
            select(Brief, Company.name)
            .outerjoin(Company, Company.id == Brief.company_id)
            .where(Brief.id == brief_id, or_(Brief.state == "open", Brief.id.in_([each.brief_id for each in mine])))
        ).one_or_none()
    if row is None or not (mine or offerings):
        raise NotFound("brief_unknown")
    brief, company = row
    return RequestForExpert(
        brief_id=brief.id,
        text=text_of(brief),
        company=company or "",
        state=_state(brief.state, brief.expires_at, now),
        expires_at=brief.expires_at,
        invitation=next((each for each in mine if each.kind == "invitation"), None),
        proposal=next((each for each in mine if each.kind == "proposal"), None),
        offerings=offerings,
    )


def _state(state: str, expires_at: datetime, now: datetime) -> str:
    """As it is at this moment, whether or not the worker has come round to writing it down."""
    return "expired" if state == "open" and expires_at <= now else state


def _answerable(session: Session, now: datetime, condition: ColumnElement[bool]) -> tuple[Answerable, ...]:
    expert, lead = Account.__table__.alias("expert_account"), Account.__table__.alias("lead_account")
    is_over = or_(Brief.state != "open", Brief.expires_at <= now)
    state = case(
        (Invitation.state != "open", Invitation.state),
        (Invitation.expires_at <= now, "expired"),
        (is_over, "closed"),
        else_="open",
    )
    rows = session.execute(
        select(
            Invitation.id,
            Invitation.kind,
            state,
            Invitation.note,
            Invitation.expires_at,
            Invitation.brief_id,
            Brief.title,
            Invitation.offering_id,
            OfferingRevision.title,
            expert.c.name,
            lead.c.name,
        )
        .join(Brief, Brief.id == Invitation.brief_id)
        .join(Offering, Offering.id == Invitation.offering_id)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .join(expert, expert.c.id == Invitation.expert_id)
        .join(lead, lead.c.id == Brief.lead_id)
        .where(condition)
        .order_by(Invitation.id.desc())
        .limit(SHOWN)
    )
    return tuple(Answerable(*tuple(row)) for row in rows)


def _fitting(session: Session, actor: Actor, now: datetime, known: set[tuple[int, int]]) -> tuple[Fitting, ...]:
    rows = session.execute(
        select(Brief.id, Brief.title, Company.name, Brief.expires_at, Offering.id, OfferingRevision.title)
        .join(Match, Match.brief_id == Brief.id)
        .join(Offering, Offering.id == Match.offering_id)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .outerjoin(Company, Company.id == Brief.company_id)
        .where(Offering.expert_id == actor.id, Offering.state == "published")
        .where(Brief.state == "open", Brief.expires_at > now)
        .order_by(Match.score.desc())
        .limit(SHOWN)
    ).all()
    best: dict[int, Fitting] = {}
    for row in rows:  # a request once, with the offering that fits it best
        is_known = (row[0], row[4]) in known
        best.setdefault(row[0], Fitting(row[0], row[1], row[2] or "", row[3], row[4], row[5], is_known))
    return tuple(best.values())


def _fitting_offerings(session: Session, actor: Actor, brief_id: int) -> tuple[tuple[int, str], ...]:
    rows = session.execute(
        select(Offering.id, OfferingRevision.title)
        .join(Match, Match.offering_id == Offering.id)
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .where(Match.brief_id == brief_id, Offering.expert_id == actor.id, Offering.state == "published")
        .order_by(Match.score.desc())
    )
    return tuple((row[0], row[1]) for row in rows)
