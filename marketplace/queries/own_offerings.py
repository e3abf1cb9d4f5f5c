"""An expert's own offerings: the list with states and reasons, and one of them in the editor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import NotFound
from marketplace.domain.offering import OFFERING, REVISION, OfferingState, OfferingText, RevisionState
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision, Topic, latest_revision, text_of
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class OwnOffering:
    """A row of the list: where the offering stands, where its newest text stands, and the admins' words on it.
    `actions` are the moves open to the expert now; prices are cents, net of VAT."""

    offering_id: int
    title: str
    language: str
    state: str
    revision_state: str
    reason: str
    note: str
    price_minor: int
    currency: str
    length_minutes: int
    changed_at: datetime
    live: bool
    actions: frozenset[str]


@dataclass(frozen=True, slots=True)
class OwnOfferings:
    """The list, newest first, and where the expert's vetting stands."""

    offerings: tuple[OwnOffering, ...]
    vetting: str
    vetting_reason: str
    vetting_note: str
    profile_missing: bool


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """A topic in the viewer's language."""

    id: int
    label: str


@dataclass(frozen=True, slots=True)
class Editor:
    """One offering in the editor: its newest text, and which version that is."""

    offering: OwnOffering
    text: OfferingText
    number: int
    version: int


def own_offerings(work: Work, actor: Actor) -> OwnOfferings:
    """All offerings of the expert. Two queries."""
    with work.reading() as session:
        expert = session.get(Expert, actor.id)
        if expert is None:
            raise NotFound("expert_unknown")
        return OwnOfferings(
            offerings=_rows(session, actor.id),
            vetting=expert.vetting,
            vetting_reason=expert.vetting_reason,
            vetting_note=expert.vetting_note,
            profile_missing=not (expert.headline and expert.bio),
        )


def editor(work: Work, actor: Actor, offering_id: int) -> Editor:
    """One's own offering with its newest text. `NotFound` for foreign ones."""
    with work.reading() as session:
        found = _rows(session, actor.id, offering_id)
        if not found:
            raise NotFound("offering_unknown")
        revision = latest_revision(session, offering_id)
        return Editor(found[0], text_of(session, revision), revision.number, revision.version)


def topic_choices(work: Work, language: str) -> tuple[TopicChoice, ...]:
    """All topics, in the viewer's language and its order."""
    label = Topic.fr if language == "fr" else Topic.en
    with work.reading() as session:
        rows = session.execute(select(Topic.id, label))
        return tuple(sorted((TopicChoice(id_, words) for id_, words in rows), key=lambda topic: topic.label.casefold()))


def _rows(session: Session, expert_id: int, offering_id: int | None = None) -> tuple[OwnOffering, ...]:
    other = aliased(OfferingRevision)
    newest = select(func.max(other.number)).where(other.offering_id == Offering.id).correlate(Offering)
    query = (
        select(
            Offering.id,
            Offering.state,
            Offering.live_revision_id,
            OfferingRevision.state.label("revision_state"),
            OfferingRevision.title,
            OfferingRevision.language,
            OfferingRevision.reason,
            OfferingRevision.note,
            OfferingRevision.price_minor,
            OfferingRevision.currency,
            OfferingRevision.length_minutes,
            func.coalesce(
                OfferingRevision.decided_at, OfferingRevision.submitted_at, OfferingRevision.created_at
            ).label("changed_at"),
        )
        .join(OfferingRevision, OfferingRevision.offering_id == Offering.id)
        .where(Offering.expert_id == expert_id, OfferingRevision.number == newest.scalar_subquery())
        .order_by(Offering.state == "withdrawn", Offering.id.desc())
    )
    if offering_id is not None:
        query = query.where(Offering.id == offering_id)
    return tuple(_row(row) for row in session.execute(query))


def _row(row: Any) -> OwnOffering:
    return OwnOffering(
        offering_id=row.id,
        title=row.title,
        language=row.language,
        state=row.state,
        revision_state=row.revision_state,
        reason=row.reason,
        note=row.note,
        price_minor=row.price_minor,
        currency=row.currency,
        length_minutes=row.length_minutes,
        changed_at=row.changed_at,
        live=row.live_revision_id is not None,
        actions=_actions(OfferingState(row.state), RevisionState(row.revision_state)),
    )


def _actions(state: OfferingState, revision_state: RevisionState) -> frozenset[str]:
    """What the expert may do now: buttons that would only end in a refusal are not shown."""
    names = {name for name in ("pause", "resume", "withdraw") if OFFERING.allows(state, name, Role.EXPERT)}
    for name in ("submit", "take_back"):
        if OFFERING.allows(state, name, Role.EXPERT) and REVISION.allows(revision_state, name, Role.EXPERT):
            names.add(name)
    if OFFERING.allows(state, "edit", Role.EXPERT) and revision_state != RevisionState.IN_REVIEW:
        names.add("edit")
    if revision_state == RevisionState.DRAFT and state != OfferingState.WITHDRAWN:
        names.add("delete")
    return frozenset(names)
