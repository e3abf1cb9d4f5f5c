"""Requests ("briefs" in the code), their matches, invitations and proposals."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, SmallInteger, String, Text, UniqueConstraint, exists, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.brief import BriefText
from marketplace.store.accounts import Account
from marketplace.store.base import Base, Code, Id, affected
from marketplace.store.offerings import Offering


class Brief(Base):
    """What a lead writes when they look for someone."""

    __tablename__ = "brief"

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    state: Mapped[Code] = mapped_column(default="open", index=True)  # 'open', 'closed', 'expired'
    title: Mapped[str] = mapped_column(String(120))
    problem: Mapped[str] = mapped_column(Text)
    objectives: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[Code] = mapped_column(default="beginner")  # 'beginner', 'practising', 'advanced'
    language: Mapped[str] = mapped_column(String(2), default="")  # the session's language; '' means either
    earliest: Mapped[date | None] = mapped_column(Date)
    latest: Mapped[date | None] = mapped_column(Date)
    budget_minor: Mapped[int | None]  # net of VAT, cents
    format: Mapped[Code] = mapped_column(default="")  # '', 'remote', 'onsite'
    city: Mapped[str] = mapped_column(String(80), default="")
    participants: Mapped[int] = mapped_column(SmallInteger, default=1)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    matched_at: Mapped[datetime | None]


class Match(Base):
    """An offering proposed for a request, with its score and the parts that explain it."""

    __tablename__ = "brief_match"
    __table_args__ = (UniqueConstraint("brief_id", "offering_id"),)

    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"))
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    score: Mapped[float]
    parts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Invitation(Base):
    """An expert asked to answer a request (`kind` 'invitation') or offering themselves ('proposal')."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("brief_id", "offering_id", "kind"),)

    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), index=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    kind: Mapped[Code]
    state: Mapped[Code] = mapped_column(default="open")  # 'open', 'accepted', 'declined', 'expired', 'closed'
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class OpenBrief:
    """An open request, to be matched."""

    brief_id: int
    text: BriefText
    zone: str  # the lead's: it says when the days begin and end


def brief_to_change(session: Session, brief_id: int) -> Brief | None:
    """The request, locked until the transaction ends."""
    return session.scalar(select(Brief).where(Brief.id == brief_id).with_for_update())


def text_of(brief: Brief) -> BriefText:
    """What the lead wrote."""
    return BriefText(
        title=brief.title,
        problem=brief.problem,
        objectives=brief.objectives,
        level=brief.level,
        language=brief.language,
        earliest=brief.earliest,
        latest=brief.latest,
        budget_minor=brief.budget_minor,
        format=brief.format,
        city=brief.city,
        participants=brief.participants,
    )


def open_brief(session: Session, brief_id: int, now: datetime) -> OpenBrief | None:
    """One open request."""
    return next(iter(_open(session, now, [brief_id])), None)


def open_briefs(session: Session, now: datetime) -> tuple[OpenBrief, ...]:
    """All open requests that were matched once, the newest first: the others are about to be."""
    return _open(session, now, only_matched=True)


def matched_offerings(session: Session, brief_id: int) -> frozenset[int]:
    """The offerings proposed for a request so far."""
    return frozenset(session.scalars(select(Match.offering_id).where(Match.brief_id == brief_id)))


def invited_so_far(session: Session, brief_id: int) -> int:
    """How many experts the lead has invited to a request."""
    mine = select(func.count()).where(Invitation.brief_id == brief_id, Invitation.kind == "invitation")
    return session.scalar(mine) or 0


def answer_invitation(session: Session, invitation_id: int, state: str, now: datetime) -> bool:
    """Answer once, before it runs out; False when somebody was faster or it is too late."""
    answered = update(Invitation).where(
        Invitation.id == invitation_id, Invitation.state == "open", Invitation.expires_at > now
    )
    return affected(session, answered.values(state=state, answered_at=now)) == 1


def close_invitations(session: Session, brief_id: int) -> None:
    """The request is over: what nobody answered yet leads nowhere, and is nobody's fault."""
    unanswered = update(Invitation).where(Invitation.brief_id == brief_id, Invitation.state == "open")
    session.execute(unanswered.values(state="closed"))


def overdue_briefs(session: Session, now: datetime, limit: int) -> tuple[int, ...]:
    """Open requests that have run out."""
    over = select(Brief.id).where(Brief.state == "open", Brief.expires_at <= now)
    return tuple(session.scalars(over.order_by(Brief.expires_at).limit(limit)))


def overdue_invitations(session: Session, now: datetime, limit: int) -> tuple[int, ...]:
    """Invitations and proposals whose time to answer is over."""
    over = select(Invitation.id).where(Invitation.state == "open", Invitation.expires_at <= now)
    return tuple(session.scalars(over.order_by(Invitation.expires_at).limit(limit)))


def expire_brief(session: Session, brief_id: int) -> bool:
    """Close a request that has run out; False when it is not open any more."""
    over = update(Brief).where(Brief.id == brief_id, Brief.state == "open").values(state="expired")
    return affected(session, over) == 1


def expire_invitation(session: Session, invitation_id: int) -> bool:
    """Close an invitation or a proposal that nobody answered; False when it is not open any more."""
    over = update(Invitation).where(Invitation.id == invitation_id, Invitation.state == "open")
    return affected(session, over.values(state="expired")) == 1


def expert_of_published(session: Session, offering_id: int) -> int | None:
    """Whose offering this is; None unless leads can find it."""
    found = (
        select(Offering.expert_id)
        .join(Account, Account.id == Offering.expert_id)
        .where(Offering.id == offering_id, Offering.state == "published", Account.suspended_at.is_(None))
    )
    return session.scalar(found)


def is_match(session: Session, brief_id: int, offering_id: int) -> bool:
    """Whether the offering was found to fit the request: only then may its expert read it."""
    return bool(session.scalar(select(exists().where(Match.brief_id == brief_id, Match.offering_id == offering_id))))


def _open(
    session: Session, now: datetime, brief_ids: Collection[int] | None = None, *, only_matched: bool = False
) -> tuple[OpenBrief, ...]:
    question = select(Brief, Account.zone).join(Account, Account.id == Brief.lead_id)
    question = question.where(Brief.state == "open", Brief.expires_at > now)
    if brief_ids is not None:
        question = question.where(Brief.id.in_(brief_ids))
    if only_matched:
        question = question.where(Brief.matched_at.is_not(None))
    found = session.execute(question.order_by(Brief.id.desc()))
    return tuple(OpenBrief(brief.id, text_of(brief), zone) for brief, zone in found)
