"""What the search index is told: the change log, and the text of published offerings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingChange, OfferingRevision, RevisionTopic, Topic


@dataclass(frozen=True, slots=True)
class OfferingText:
    """The words of a published offering, in the language they were written in."""

    offering_id: int
    language: str
    title: str
    topics: str  # labels in both languages
    body: str


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the change log: the offerings touched, and the last sequence number."""

    offering_ids: tuple[int, ...]
    sequence: int


def changes_after(session: Session, sequence: int, limit: int) -> Changes:
    """The next changes, each offering once; `sequence` is unchanged when there are none."""
    log = select(OfferingChange.id, OfferingChange.offering_id).where(OfferingChange.id > sequence)
    rows = session.execute(log.order_by(OfferingChange.id).limit(limit)).all()
    return Changes(tuple({row.offering_id: None for row in rows}), rows[-1].id if rows else sequence)


def compact_log(session: Session, before: datetime) -> int:
    """Forget changes older than this that a newer one of the same offering made superfluous; returns how many.

    The newest change of every offering stays, so an index that stands anywhere in the log still learns of each offering
    that changed since.
    """
    newer = aliased(OfferingChange)
    is_superfluous = exists().where(newer.offering_id == OfferingChange.offering_id, newer.id > OfferingChange.id)
    old = delete(OfferingChange).where(OfferingChange.at < before, is_superfluous)
    return int(session.execute(old, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]


def last_change(session: Session) -> int:
    """The newest sequence number, 0 for an empty log."""
    return session.scalar(select(func.max(OfferingChange.id))) or 0


def offering_texts(session: Session, offering_ids: Sequence[int] | None = None) -> tuple[OfferingText, ...]:
    """The texts of those offerings that can be found (all of them for None), in two queries."""
    found = (
        select(
            Offering.id,
            OfferingRevision.id.label("revision_id"),
            OfferingRevision.language,
            OfferingRevision.title,
            OfferingRevision.outcome,
            OfferingRevision.experience,
            Expert.headline,
        )
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .join(Expert, Expert.id == Offering.expert_id)
        .join(Account, Account.id == Offering.expert_id)
        .where(Offering.state == "published", Expert.vetting == "approved", Account.suspended_at.is_(None))
    )
    if offering_ids is not None:
        found = found.where(Offering.id.in_(offering_ids))
    rows = session.execute(found.order_by(Offering.id)).all()
    labels = _topic_labels(session, [row.revision_id for row in rows])
    return tuple(
        OfferingText(
            row.id,
            row.language,
            row.title,
            " · ".join(labels.get(row.revision_id, ())),
            "\n".join((row.outcome, row.experience, row.headline)),
        )
        for row in rows
    )


def _topic_labels(session: Session, revision_ids: Sequence[int]) -> dict[int, list[str]]:
    labels: dict[int, list[str]] = {}
    of_revision = (
        select(RevisionTopic.revision_id, Topic.fr, Topic.en)
        .join(Topic, Topic.id == RevisionTopic.topic_id)
        .where(RevisionTopic.revision_id.in_(revision_ids))
        .order_by(RevisionTopic.revision_id, Topic.slug)
    )
    for row in session.execute(of_revision):
        labels.setdefault(row.revision_id, []).extend(dict.fromkeys((row.fr, row.en)))
    return labels
