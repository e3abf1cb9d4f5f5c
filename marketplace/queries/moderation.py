"""The admins' queue, and one of its items with everything a verdict needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import NotFound
from marketplace.domain.moderation import Change, Piece, Vetting, claim_ends, difference, held_by_other
from marketplace.domain.offering import OfferingText, RevisionState, words_of
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision, Topic, text_of
from marketplace.work import Work

LONGEST_QUEUE = 200  # rows shown; the oldest come first, so the rest is only further away

Kind = Literal["offering", "expert"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds an item until when; `mine` if it is the viewer."""

    name: str
    until: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One waiting item. `id` is a revision's or an expert's; `change` means an approved text is live already."""

    kind: Kind
    id: int
    title: str
    expert_name: str
    since: datetime
    waiting: timedelta
    change: bool
    claim: Claim | None
    offering_id: int | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of the text: in pieces against the approved version, or plain when there is none."""

    name: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return any(piece.change is not Change.SAME for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier decision on the same subject."""

    number: int
    state: str
    reason: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class QueueItem:
    """Everything on one item. `waiting` tells whether it can still be decided."""

    kind: Kind
    id: int
    version: int
    title: str
    subject_id: int  # the offering's or the expert's
    expert_id: int
    expert_name: str
    expert_vetting: str
    state: str
    since: datetime | None
    waiting: bool
    change: bool
    fields: tuple[FieldChange, ...]
    claim: Claim | None
    earlier: tuple[Earlier, ...]


def queue(work: Work, actor: Actor) -> tuple[QueueRow, ...]:
    """Everything that waits, oldest first. Two queries."""
    require(actor, Role.ADMIN)
    now = work.now()
    with work.reading() as session:
        rows = _offering_rows(session, actor, now) + _expert_rows(session, actor, now)
    return tuple(sorted(rows, key=lambda row: (row.since, row.kind, row.id))[:LONGEST_QUEUE])


def waiting_item(work: Work, actor: Actor, offering_id: int) -> QueueItem:
    """The text of an offering that waits for a verdict. `NotFound` when none does."""
    require(actor, Role.ADMIN)
    waits = (OfferingRevision.offering_id == offering_id, OfferingRevision.state == RevisionState.IN_REVIEW)
    with work.reading() as session:
        revision_id = session.scalar(select(OfferingRevision.id).where(*waits))
    if revision_id is None:
        raise NotFound("item_unknown")
    return revision_item(work, actor, revision_id)


def revision_item(work: Work, actor: Actor, revision_id: int) -> QueueItem:
    """A revision beside the approved text. `NotFound` when there is none, or it was never submitted."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        revision = session.get(OfferingRevision, revision_id)
        if revision is None or revision.state == RevisionState.DRAFT:
            raise NotFound("item_unknown")
        offering = session.get_one(Offering, revision.offering_id)
        expert, name = session.execute(
            select(Expert, Account.name).join(Account, Account.id == Expert.id).where(Expert.id == offering.expert_id)
        ).one()
        before = _approved_before(session, offering, revision)
        return QueueItem(
            kind="offering",
            id=revision.id,
            version=revision.version,
            title=revision.title,
            subject_id=offering.id,
            expert_id=expert.id,
            expert_name=name,
            expert_vetting=expert.vetting,
            state=revision.state,
            since=revision.submitted_at,
            waiting=revision.state == RevisionState.IN_REVIEW,
            change=before is not None,
            fields=_text_fields(session, before, text_of(session, revision), _language_of(session, actor.id)),
            claim=_claim(
                _name_of(session, revision.claimed_by), revision.claimed_by, revision.claimed_at, actor, work.now()
            ),
            earlier=_earlier(session, offering.id, revision.id),
        )


def application_item(work: Work, actor: Actor, expert_id: int) -> QueueItem:
    """An expert's application. `NotFound` when they never applied."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        expert = session.get(Expert, expert_id)
        if expert is None or expert.applied_at is None:
            raise NotFound("item_unknown")
        name = _name_of(session, expert.id) or ""
        return QueueItem(
            kind="expert",
            id=expert.id,
            version=expert.vetting_version,
            title=name,
            subject_id=expert.id,
            expert_id=expert.id,
            expert_name=name,
            expert_vetting=expert.vetting,
            state=expert.vetting,
            since=expert.applied_at,
            waiting=expert.vetting == Vetting.APPLIED,
            change=False,
            fields=_application_fields(expert),
            claim=_claim(
                _name_of(session, expert.vetting_claimed_by),
                expert.vetting_claimed_by,
                expert.vetting_claimed_at,
                actor,
                work.now(),
            ),
            earlier=_earlier_vetting(session, expert),
        )


def _offering_rows(session: Session, actor: Actor, now: datetime) -> list[QueueRow]:
    admin = aliased(Account)
    rows = session.execute(
        select(
            OfferingRevision.id,
            OfferingRevision.title,
            Account.name,
            OfferingRevision.submitted_at,
            Offering.live_revision_id,
            OfferingRevision.claimed_by,
            OfferingRevision.claimed_at,
            admin.name,
            Offering.id,
        )
        .join(Offering, Offering.id == OfferingRevision.offering_id)
        .join(Account, Account.id == Offering.expert_id)
        .outerjoin(admin, admin.id == OfferingRevision.claimed_by)
        .where(OfferingRevision.state == "in_review", OfferingRevision.submitted_at.is_not(None))
        .order_by(OfferingRevision.submitted_at, OfferingRevision.id)
        .limit(LONGEST_QUEUE)
    )
    return [
        QueueRow(
            "offering",
            id_,
            title,
            name,
            since,
            now - since,
            live is not None,
            _claim(admin_name, by, at, actor, now),
            offering_id,
        )
        for id_, title, name, since, live, by, at, admin_name, offering_id in rows
        if since is not None
    ]


def _expert_rows(session: Session, actor: Actor, now: datetime) -> list[QueueRow]:
    admin = aliased(Account)
    rows = session.execute(
        select(
            Expert.id,
            Expert.headline,
            Account.name,
            Expert.applied_at,
            Expert.vetting_claimed_by,
            Expert.vetting_claimed_at,
            admin.name,
        )
        .join(Account, Account.id == Expert.id)
        .outerjoin(admin, admin.id == Expert.vetting_claimed_by)
        .where(Expert.vetting == "applied", Expert.applied_at.is_not(None))
        .order_by(Expert.applied_at, Expert.id)
        .limit(LONGEST_QUEUE)
    )
    return [
        QueueRow("expert", id_, headline, name, since, now - since, False, _claim(admin_name, by, at, actor, now))
        for id_, headline, name, since, by, at, admin_name in rows
        if since is not None
    ]


def _claim(
    name: str | None, claimed_by: int | None, claimed_at: datetime | None, actor: Actor, now: datetime
) -> Claim | None:
    if name is None or claimed_at is None or now >= claim_ends(claimed_at):
        return None
    return Claim(name, claim_ends(claimed_at), mine=not held_by_other(claimed_by, claimed_at, actor.id, now))


def _name_of(session: Session, account_id: int | None) -> str | None:
    return session.scalar(select(Account.name).where(Account.id == account_id))


def _approved_before(session: Session, offering: Offering, revision: OfferingRevision) -> OfferingText | None:
    """The approved text that this revision would replace (or did replace, once decided)."""
    before = session.scalars(
        select(OfferingRevision)
        .where(
            OfferingRevision.offering_id == offering.id,
            OfferingRevision.number < revision.number,
            OfferingRevision.state.in_(("approved", "replaced")),
        )
        .order_by(OfferingRevision.number.desc())
        .limit(1)
    ).one_or_none()
    return None if before is None else text_of(session, before)


def _language_of(session: Session, account_id: int) -> str:
    return session.execute(select(Account.language).where(Account.id == account_id)).scalar_one()


def _text_fields(
    session: Session, before: OfferingText | None, after: OfferingText, language: str
) -> tuple[FieldChange, ...]:
    labels = dict(session.execute(select(Topic.id, Topic.fr if language == "fr" else Topic.en)).all())
    old = {} if before is None else words_of(before, labels)
    new = words_of(after, labels)
    return tuple(
        FieldChange(name, difference(old[name], words) if name in old else difference(words, words))
        for name, words in new.items()
    )


def _application_fields(expert: Expert) -> tuple[FieldChange, ...]:
    words = {
        "headline": expert.headline,
        "bio": expert.bio,
        "languages": ", ".join(expert.languages),
        "city": expert.city,
        "motivation": expert.motivation,
        "references": expert.references,
        "teaching": expert.teaching,
    }
    return tuple(FieldChange(name, difference(text, text)) for name, text in words.items())


def _earlier(session: Session, offering_id: int, revision_id: int) -> tuple[Earlier, ...]:
    rows = session.execute(
        select(
            OfferingRevision.number,
            OfferingRevision.state,
            OfferingRevision.reason,
            OfferingRevision.note,
            Account.name,
            OfferingRevision.decided_at,
        )
        .join(Account, Account.id == OfferingRevision.decided_by)
        .where(OfferingRevision.offering_id == offering_id, OfferingRevision.decided_at.is_not(None))
        .order_by(OfferingRevision.number.desc())
    )
    return tuple(Earlier(number, state, reason, note, by, at) for number, state, reason, note, by, at in rows if at)


def _earlier_vetting(session: Session, expert: Expert) -> tuple[Earlier, ...]:
    by = _name_of(session, expert.vetted_by)
    if by is None or expert.vetted_at is None:
        return ()
    # While a second application waits, the row still carries the words on the first one.
    state = "refused" if expert.vetting == Vetting.APPLIED else expert.vetting
    return (Earlier(expert.vetting_version, state, expert.vetting_reason, expert.vetting_note, by, expert.vetted_at),)
