"""What an expert does with an offering: write, submit, take back, pause, resume, withdraw, delete a draft."""

from dataclasses import dataclass, fields

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import OfferingHidden, OfferingPublished, OfferingSubmitted
from marketplace.domain.moderation import Vetting
from marketplace.domain.offering import OFFERING, REVISION, OfferingState, OfferingText, RevisionState, check_text
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.offerings import (
    Offering,
    OfferingRevision,
    add_revision,
    known_topics,
    latest_revision,
    locked_offering,
    log_change,
    remove_revision,
    rewrite_revision,
    text_of,
)
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class DraftOffering:
    """A new offering, not yet submitted."""

    actor: Actor
    text: OfferingText


@dataclass(frozen=True, slots=True)
class SaveOffering:
    """A changed text; `number` and `version` say which one the expert had before their eyes."""

    actor: Actor
    offering_id: int
    number: int
    version: int
    text: OfferingText


@dataclass(frozen=True, slots=True)
class OwnOffering:
    """An expert and one of their offerings."""

    actor: Actor
    offering_id: int


def draft_offering(work: Work, command: DraftOffering) -> int:
    """Keep a new offering as a draft; returns its id. `Invalid` names the field."""
    require(command.actor, Role.EXPERT)
    check_text(command.text)
    with work.transaction() as tx:
        _check_topics(tx.session, command.text)
        if tx.session.get(Expert, command.actor.id) is None:
            raise NotFound("expert_unknown")
        offering = Offering(expert_id=command.actor.id, created_at=tx.now)
        tx.session.add(offering)
        tx.session.flush()
        add_revision(tx, offering.id, 1, command.text)
        tx.journal(command.actor, "offering.drafted", ("offering", offering.id), new={"revision": 1})
        return offering.id


def save_offering(work: Work, command: SaveOffering) -> None:
    """Keep a changed text as a draft; the approved one stays live. `Conflict("text_changed", theirs=...)` when it was
    saved elsewhere since the expert opened it."""
    check_text(command.text)
    with work.transaction() as tx:
        _check_topics(tx.session, command.text)
        offering = _own(tx.session, command.actor, command.offering_id)
        OFFERING.next(OfferingState(offering.state), "edit", command.actor.role)
        latest = latest_revision(tx.session, offering.id)
        before = text_of(tx.session, latest)
        _write(tx, command, latest, before)
        changes = {"changed": _changed(before, command.text)}
        tx.journal(command.actor, "offering.saved", ("offering", offering.id), new=changes)


def submit_offering(work: Work, command: OwnOffering) -> None:
    """Send the draft to the admins' queue. `Conflict` 'not_verified' or 'apply_first' say what comes before."""
    with work.transaction() as tx:
        offering = _own(tx.session, command.actor, command.offering_id)
        _check_may_publish(tx.session, command.actor)
        revision = _move(tx, command.actor, offering, "submit")
        revision.submitted_at = tx.now
        tx.emit(OfferingSubmitted(offering.id, revision.id))


def take_back_offering(work: Work, command: OwnOffering) -> None:
    """Take the text out of the queue to change it."""
    with work.transaction() as tx:
        offering = _own(tx.session, command.actor, command.offering_id)
        _out_of_queue(_move(tx, command.actor, offering, "take_back"))


def pause_offering(work: Work, command: OwnOffering) -> None:
    """Hide a published offering until it is resumed; what is booked stays booked."""
    with work.transaction() as tx:
        offering = _own(tx.session, command.actor, command.offering_id)
        _turn(tx, command.actor, offering, "pause")
        log_change(tx, offering.id)
        tx.emit(OfferingHidden(offering.id))


def resume_offering(work: Work, command: OwnOffering) -> None:
    """Show a paused offering again."""
    with work.transaction() as tx:
        offering = _own(tx.session, command.actor, command.offering_id)
        _turn(tx, command.actor, offering, "resume")
        log_change(tx, offering.id)
        tx.emit(OfferingPublished(offering.id))


def withdraw_offering(work: Work, command: OwnOffering) -> None:
    """Take an offering off the market for good; what is booked stays booked."""
    with work.transaction() as tx:
        offering = _own(tx.session, command.actor, command.offering_id)
        _turn(tx, command.actor, offering, "withdraw")
        latest = latest_revision(tx.session, offering.id)
        if latest.state == RevisionState.IN_REVIEW:
            latest.state = REVISION.next(RevisionState.IN_REVIEW, "take_back", command.actor.role)
            _out_of_queue(latest)
        if offering.live_revision_id is not None:
            log_change(tx, offering.id)
            tx.emit(OfferingHidden(offering.id))


def delete_draft(work: Work, command: OwnOffering) -> bool:
    """Throw the unsubmitted text away, and the offering with it if it has no other; True if it is gone."""
    with work.transaction() as tx:
        offering = _own(tx.session, command.actor, command.offering_id)
        latest = latest_revision(tx.session, offering.id)
        if latest.state != RevisionState.DRAFT or offering.state == OfferingState.WITHDRAWN:
            raise Conflict("no_draft_to_delete", state=latest.state)
        remove_revision(tx.session, latest.id)
        gone = _count_revisions(tx.session, offering.id) == 0
        if gone:
            tx.session.delete(offering)
        tx.journal(command.actor, "offering.draft_deleted", ("offering", offering.id), old={"revision": latest.number})
        return gone


def _own(session: Session, actor: Actor, offering_id: int) -> Offering:
    require(actor, Role.EXPERT)
    offering = locked_offering(session, offering_id)
    if offering is None or offering.expert_id != actor.id:
        raise NotFound("offering_unknown")
    return offering


def _write(tx: Transaction, command: SaveOffering, latest: OfferingRevision, before: OfferingText) -> None:
    if latest.state == RevisionState.IN_REVIEW:
        raise Conflict("take_back_first", offering_id=command.offering_id)
    if (latest.number, latest.version) != (command.number, command.version):
        raise Conflict("text_changed", theirs=before, number=latest.number, version=latest.version)
    if latest.state != RevisionState.DRAFT:  # decided ones are history: a change is a new revision
        add_revision(tx, command.offering_id, latest.number + 1, command.text)
    elif not rewrite_revision(tx.session, latest.id, command.version, command.text):
        raise Conflict("text_changed", theirs=before, number=latest.number, version=latest.version)


def _move(tx: Transaction, actor: Actor, offering: Offering, name: str) -> OfferingRevision:
    """Move the newest revision, and the offering with it."""
    revision = latest_revision(tx.session, offering.id)
    revision.state = REVISION.next(RevisionState(revision.state), name, actor.role)
    _turn(tx, actor, offering, name)
    return revision


def _turn(tx: Transaction, actor: Actor, offering: Offering, name: str) -> None:
    before = OfferingState(offering.state)
    offering.state = OFFERING.next(before, name, actor.role)
    old, new = {"state": str(before)}, {"state": str(offering.state)}
    if old == new:  # only its newest text moved
        old, new = {}, {"revision": str(latest_revision(tx.session, offering.id).number)}
    tx.journal(actor, f"offering.{_PAST[name]}", ("offering", offering.id), old=old, new=new)


def _out_of_queue(revision: OfferingRevision) -> None:
    revision.submitted_at = revision.claimed_by = revision.claimed_at = None
    revision.version += 1  # a verdict on what was read before no longer fits


def _check_may_publish(session: Session, actor: Actor) -> None:
    account, expert = session.get(Account, actor.id), session.get(Expert, actor.id)
    if account is None or account.verified_at is None:
        raise Conflict("not_verified")
    if expert is None or expert.vetting in (Vetting.NEW, Vetting.REFUSED):
        raise Conflict("apply_first")


def _check_topics(session: Session, text: OfferingText) -> None:
    if not known_topics(session, text.topic_ids):
        raise Invalid("topic_unknown", field="topics")


def _changed(before: OfferingText, after: OfferingText) -> list[str]:
    return [field.name for field in fields(after) if getattr(before, field.name) != getattr(after, field.name)]


def _count_revisions(session: Session, offering_id: int) -> int:
    query = select(func.count()).select_from(OfferingRevision).where(OfferingRevision.offering_id == offering_id)
    return session.scalar(query) or 0


_PAST = {
    "submit": "submitted",
    "take_back": "taken_back",
    "pause": "paused",
    "resume": "resumed",
    "withdraw": "withdrawn",
}
