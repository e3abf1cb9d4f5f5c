"""What admins decide: claim an item of the queue, and give the one verdict on it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, DomainError, NotFound
from marketplace.domain.events import ExpertVetted, OfferingDecided, OfferingPublished
from marketplace.domain.moderation import (
    EXPERT_REASONS,
    OFFERING_REASONS,
    VETTING,
    Verdict,
    Vetting,
    checked_reason,
    held_by_other,
)
from marketplace.domain.offering import OFFERING, REVISION, OfferingState, RevisionState
from marketplace.store import queue
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision, locked_offering, log_change
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Item:
    """An admin and an item of the queue: a revision's id, or an expert's."""

    actor: Actor
    id: int


@dataclass(frozen=True, slots=True)
class Decide:
    """A verdict on an item as it stood at `version`; `reason` is one of the list, `note` is free text."""

    actor: Actor
    id: int
    version: int
    verdict: Verdict
    reason: str
    note: str


def claim_revision(work: Work, command: Item) -> None:
    """Take a revision for 20 minutes. `Conflict` 'taken' or 'decided' say by whom."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        if not queue.claim_revision(tx.session, command.id, command.actor.id, tx.now):
            raise _lost(queue.revision_outcome(tx.session, command.id), tx, command.actor)
        tx.journal(command.actor, "revision.claimed", ("revision", command.id))


def claim_application(work: Work, command: Item) -> None:
    """Take an expert's application for 20 minutes. `Conflict` as above."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        if not queue.claim_application(tx.session, command.id, command.actor.id, tx.now):
            raise _lost(queue.application_outcome(tx.session, command.id), tx, command.actor)
        tx.journal(command.actor, "application.claimed", ("expert", command.id))


def release_revision(work: Work, command: Item) -> None:
    """Give a revision back to the others; nothing happens if it is not one's own."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        if queue.release_revision(tx.session, command.id, command.actor.id):
            tx.journal(command.actor, "revision.released", ("revision", command.id))


def release_application(work: Work, command: Item) -> None:
    """Give an application back to the others, as above."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        if queue.release_application(tx.session, command.id, command.actor.id):
            tx.journal(command.actor, "application.released", ("expert", command.id))


def decide_revision(work: Work, command: Decide) -> None:
    """Approve a revision (it goes live at once), ask for changes, or reject it. The second admin gets a `Conflict`
    that says who decided what."""
    require(command.actor, Role.ADMIN)
    reason = checked_reason(command.verdict, command.reason, command.note, OFFERING_REASONS)
    with work.transaction() as tx:
        offering, revision = _revision(tx.session, command.id)
        state = REVISION.next(RevisionState.IN_REVIEW, command.verdict, command.actor.role)
        if command.verdict is Verdict.APPROVE:
            _check_vetted(tx.session, offering)
        if not queue.decide_revision(tx.session, revision.id, _decision(tx, command, state, reason)):
            raise _lost(queue.revision_outcome(tx.session, revision.id), tx, command.actor)
        _follow(tx, command, offering, revision.id)
        tx.emit(OfferingDecided(offering.id, revision.id, str(state)))
        new = {"revision": revision.number, "reason": reason, "note": command.note}
        tx.journal(command.actor, f"offering.{state}", ("offering", offering.id), new=new)


def decide_application(work: Work, command: Decide) -> None:
    """Vet an expert: approve, or reject (they may apply again). The second admin gets a `Conflict`."""
    require(command.actor, Role.ADMIN)
    reason = checked_reason(command.verdict, command.reason, command.note, EXPERT_REASONS)
    state = VETTING.next(Vetting.APPLIED, command.verdict, command.actor.role)
    with work.transaction() as tx:
        if not queue.decide_application(tx.session, command.id, _decision(tx, command, state, reason)):
            raise _lost(queue.application_outcome(tx.session, command.id), tx, command.actor)
        tx.emit(ExpertVetted(command.id, approved=state is Vetting.APPROVED))
        new = {"vetting": str(state), "reason": reason, "note": command.note}
        tx.journal(command.actor, f"expert.{state}", ("expert", command.id), new=new)


def _revision(session: Session, revision_id: int) -> tuple[Offering, OfferingRevision]:
    revision = session.get(OfferingRevision, revision_id)
    offering = None if revision is None else locked_offering(session, revision.offering_id)
    if revision is None or offering is None:
        raise NotFound("item_unknown")
    return offering, revision


def _check_vetted(session: Session, offering: Offering) -> None:
    expert = session.get(Expert, offering.expert_id)
    if expert is None or expert.vetting != Vetting.APPROVED:
        raise Conflict("expert_not_vetted", expert_id=offering.expert_id)


def _decision(tx: Transaction, command: Decide, state: str, reason: str) -> queue.Decision:
    return queue.Decision(str(state), reason, command.note, command.actor.id, tx.now, command.version)


def _follow(tx: Transaction, command: Decide, offering: Offering, revision_id: int) -> None:
    """Bring the offering to where its decided revision says."""
    before = OfferingState(offering.state)
    if command.verdict is not Verdict.APPROVE:
        offering.state = OFFERING.next(before, "send_back", command.actor.role)
        return
    _replace(tx.session, offering.live_revision_id, command.actor)
    offering.live_revision_id = revision_id
    offering.published_at = offering.published_at or tx.now
    offering.state = OFFERING.next(before, "publish", command.actor.role)
    log_change(tx, offering.id)
    if offering.state == OfferingState.PUBLISHED:  # a paused one stays hidden, with its new text
        tx.emit(OfferingPublished(offering.id))


def _replace(session: Session, revision_id: int | None, actor: Actor) -> None:
    earlier = session.get(OfferingRevision, revision_id) if revision_id is not None else None
    if earlier is not None:
        earlier.state = REVISION.next(RevisionState(earlier.state), "replace", actor.role)


def _lost(outcome: queue.Outcome | None, tx: Transaction, actor: Actor) -> DomainError:
    """What to tell the admin who came second."""
    if outcome is None:
        return NotFound("item_unknown")
    waiting = outcome.state in (RevisionState.IN_REVIEW, Vetting.APPLIED)
    if waiting and held_by_other(outcome.claimed_by_id, outcome.claimed_at, actor.id, tx.now):
        return Conflict("item_taken", by=outcome.claimed_by, since=outcome.claimed_at)
    if waiting:
        return Conflict("item_changed")
    if outcome.decided_by is None:
        return Conflict("item_taken_back")
    return Conflict("item_decided", by=outcome.decided_by, state=outcome.state, at=outcome.decided_at)
