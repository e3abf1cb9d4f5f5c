"""The admins' queue: who holds an item, and the one decision on it. The database settles every race."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.domain.moderation import CLAIM
from marketplace.store.accounts import Account
from marketplace.store.base import affected
from marketplace.store.experts import Expert
from marketplace.store.offerings import OfferingRevision


@dataclass(frozen=True, slots=True)
class Decision:
    """What an admin decided on an item, and on which version of it they had read."""

    state: str
    reason: str
    note: str
    admin_id: int
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an item stands and who brought it there: what the admin who came second is told."""

    state: str
    claimed_by_id: int | None
    claimed_by: str | None
    claimed_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None


def claim_revision(session: Session, revision_id: int, admin_id: int, now: datetime) -> bool:
    """Take a waiting revision for `CLAIM`; False when it is no longer waiting or another admin holds it."""
    waiting = and_(OfferingRevision.id == revision_id, OfferingRevision.state == "in_review")
    free = _free(OfferingRevision.claimed_by, OfferingRevision.claimed_at, admin_id, now)
    query = update(OfferingRevision).where(waiting, free).values(claimed_by=admin_id, claimed_at=now)
    return affected(session, query) == 1


def claim_application(session: Session, expert_id: int, admin_id: int, now: datetime) -> bool:
    """Take a waiting application for `CLAIM`; False as above."""
    waiting = and_(Expert.id == expert_id, Expert.vetting == "applied")
    free = _free(Expert.vetting_claimed_by, Expert.vetting_claimed_at, admin_id, now)
    values = {"vetting_claimed_by": admin_id, "vetting_claimed_at": now}
    return affected(session, update(Expert).where(waiting, free).values(values)) == 1


def release_revision(session: Session, revision_id: int, admin_id: int) -> bool:
    """Give a claimed revision back; False when it is not this admin's."""
    mine = and_(OfferingRevision.id == revision_id, OfferingRevision.claimed_by == admin_id)
    query = update(OfferingRevision).where(mine).values(claimed_by=None, claimed_at=None)
    return affected(session, query) == 1


def release_application(session: Session, expert_id: int, admin_id: int) -> bool:
    """Give a claimed application back; False when it is not this admin's."""
    mine = and_(Expert.id == expert_id, Expert.vetting_claimed_by == admin_id)
    query = update(Expert).where(mine).values(vetting_claimed_by=None, vetting_claimed_at=None)
    return affected(session, query) == 1


def decide_revision(session: Session, revision_id: int, decision: Decision) -> bool:
    """Write the decision on a revision still waiting, unchanged and not held by another; False for the loser."""
    waiting = and_(
        OfferingRevision.id == revision_id,
        OfferingRevision.state == "in_review",
        OfferingRevision.version == decision.version,
    )
    free = _free(OfferingRevision.claimed_by, OfferingRevision.claimed_at, decision.admin_id, decision.at)
    values = {
        "state": decision.state,
        "reason": decision.reason,
        "note": decision.note,
        "decided_by": decision.admin_id,
        "decided_at": decision.at,
        "claimed_by": None,
        "claimed_at": None,
    }
    query = update(OfferingRevision).where(waiting, free).values(values)
    return affected(session, query) == 1


def decide_application(session: Session, expert_id: int, decision: Decision) -> bool:
    """Write the decision on an application still waiting, unchanged and not held by another; False for the loser."""
    waiting = and_(Expert.id == expert_id, Expert.vetting == "applied", Expert.vetting_version == decision.version)
    free = _free(Expert.vetting_claimed_by, Expert.vetting_claimed_at, decision.admin_id, decision.at)
    values = {
        "vetting": decision.state,
        "vetting_reason": decision.reason,
        "vetting_note": decision.note,
        "vetted_by": decision.admin_id,
        "vetted_at": decision.at,
        "vetting_claimed_by": None,
        "vetting_claimed_at": None,
    }
    return affected(session, update(Expert).where(waiting, free).values(values)) == 1


def revision_outcome(session: Session, revision_id: int) -> Outcome | None:
    """Where a revision stands now; None when there is none."""
    _ = OfferingRevision
    columns = (_.state, _.claimed_by, _.claimed_at, _.decided_by, _.decided_at)
    row = session.execute(select(*columns).where(_.id == revision_id)).one_or_none()
    return None if row is None else _named(session, *row)


def application_outcome(session: Session, expert_id: int) -> Outcome | None:
    """Where an application stands now; None when there is none."""
    _ = Expert
    columns = (_.vetting, _.vetting_claimed_by, _.vetting_claimed_at, _.vetted_by, _.vetted_at)
    row = session.execute(select(*columns).where(_.id == expert_id)).one_or_none()
    return None if row is None else _named(session, *row)


def _named(
    session: Session,
    state: str,
    claimed_by: int | None,
    claimed_at: datetime | None,
    decided_by: int | None,
    decided_at: datetime | None,
) -> Outcome:
    ids = [id_ for id_ in (claimed_by, decided_by) if id_ is not None]
    names = dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all())
    return Outcome(state, claimed_by, names.get(claimed_by or 0), claimed_at, names.get(decided_by or 0), decided_at)


def _free(
    claimed_by: InstrumentedAttribute[int | None],
    claimed_at: InstrumentedAttribute[datetime | None],
    admin_id: int,
    now: datetime,
) -> ColumnElement[bool]:
    return or_(claimed_by.is_(None), claimed_by == admin_id, claimed_at <= now - CLAIM)
