"""Publish a request, close it, invite experts, propose oneself, answer."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.brief import ANSWER_WITHIN, MOST_INVITED, OPEN_FOR, BriefText, check, require_open
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import (
    BriefPublished,
    ExpertInvited,
    ExpertProposed,
    InvitationAnswered,
    InvitationExpired,
)
from marketplace.store.accounts import require_verified
from marketplace.store.briefs import (
    Brief,
    Invitation,
    answer_invitation,
    brief_to_change,
    close_invitations,
    expert_of_published,
    expire_brief,
    expire_invitation,
    invited_so_far,
    is_match,
    overdue_briefs,
    overdue_invitations,
)
from marketplace.store.transaction import Transaction
from marketplace.work import Work

NOTE_LENGTH = 1500
BATCH = 100


@dataclass(frozen=True, slots=True)
class Publish:
    """A lead's request; `zone` says which day is today for them."""

    actor: Actor
    text: BriefText
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Close:
    """A lead no longer looks."""

    actor: Actor
    brief_id: int


@dataclass(frozen=True, slots=True)
class Invite:
    """A lead asks the expert behind an offering to answer a request."""

    actor: Actor
    brief_id: int
    offering_id: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Propose:
    """An expert offers themselves, with one of their offerings."""

    actor: Actor
    brief_id: int
    offering_id: int
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The expert answers an invitation, or the lead a proposal."""

    actor: Actor
    invitation_id: int
    accept: bool


def publish(work: Work, command: Publish) -> int:
    """Open the request; it is matched at once by the worker. Returns its id."""
    require(command.actor, Role.LEAD)
    check(command.text, work.now().astimezone(command.zone).date())
    with work.transaction() as tx:
        require_verified(tx.session, command.actor)
        brief = _brief(tx, command)
        tx.session.add(brief)
        tx.session.flush()
        tx.journal(command.actor, "brief.published", ("brief", brief.id))
        tx.emit(BriefPublished(brief.id))
        return brief.id


def close(work: Work, command: Close) -> None:
    """Close the request; what nobody answered yet stays readable but leads nowhere."""
    with work.transaction() as tx:
        brief = _own_brief(tx, command.actor, command.brief_id)
        require_open(brief.state, brief.expires_at, tx.now)
        brief.state = "closed"
        close_invitations(tx.session, brief.id)
        tx.journal(command.actor, "brief.closed", ("brief", brief.id), old={"state": "open"}, new={"state": "closed"})


def invite(work: Work, command: Invite) -> int:
    """Invite the offering's expert, once; returns the invitation's id."""
    _check_note(command.note)
    with work.transaction() as tx:
        brief = _own_brief(tx, command.actor, command.brief_id)
        require_open(brief.state, brief.expires_at, tx.now)
        expert_id = expert_of_published(tx.session, command.offering_id)
        if expert_id is None:
            raise NotFound("offering_unknown")
        if invited_so_far(tx.session, brief.id) >= MOST_INVITED:
            raise Conflict("too_many_invited", most=MOST_INVITED, brief_id=brief.id)
        invitation = _add(tx, brief.id, command.offering_id, expert_id, "invitation", command.note)
        tx.journal(command.actor, "brief.invited", ("brief", brief.id), new={"offering": command.offering_id})
        tx.emit(ExpertInvited(invitation.id))
        return invitation.id


def propose(work: Work, command: Propose) -> int:
    """Offer oneself for an open request that fits, once per offering; returns the proposal's id."""
    require(command.actor, Role.EXPERT)
    _check_note(command.note)
    with work.transaction() as tx:
        brief = brief_to_change(tx.session, command.brief_id)
        # Who does not fit cannot read the request, and must not learn that it exists.
        if brief is None or not is_match(tx.session, command.brief_id, command.offering_id):
            raise NotFound("brief_unknown")
        if expert_of_published(tx.session, command.offering_id) != command.actor.id:
            raise NotFound("offering_unknown")
        require_open(brief.state, brief.expires_at, tx.now)
        proposal = _add(tx, brief.id, command.offering_id, command.actor.id, "proposal", command.note)
        tx.journal(command.actor, "brief.proposed", ("brief", brief.id), new={"offering": command.offering_id})
        tx.emit(ExpertProposed(proposal.id))
        return proposal.id


def answer(work: Work, command: Answer) -> None:
    """Say yes or no, once and in time."""
    with work.transaction() as tx:
        invitation = tx.session.get(Invitation, command.invitation_id)
        brief = brief_to_change(tx.session, invitation.brief_id) if invitation else None
        if invitation is None or brief is None or command.actor.id != _who_answers(brief, invitation):
            raise NotFound("invitation_unknown")
        require_open(brief.state, brief.expires_at, tx.now)
        state = "accepted" if command.accept else "declined"
        if not answer_invitation(tx.session, invitation.id, state, tx.now):
            raise Conflict("invitation_answered")
        tx.journal(command.actor, f"invitation.{state}", ("invitation", invitation.id))
        tx.emit(InvitationAnswered(invitation.id, command.accept))


def expire_due(work: Work) -> int:
    """Close requests, invitations and proposals that have run out; returns how many."""
    with work.reading() as session:  # looked at every half second: do not take the write lock for nothing
        invitations = overdue_invitations(session, work.now(), BATCH)
        overdue = overdue_briefs(session, work.now(), BATCH)
    return sum(_expire_invitation(work, each) for each in invitations) + sum(_expire(work, each) for each in overdue)


def _expire(work: Work, brief_id: int) -> bool:
    with work.transaction() as tx:
        if not expire_brief(tx.session, brief_id):
            return False
        close_invitations(tx.session, brief_id)
        tx.journal(SYSTEM, "brief.expired", ("brief", brief_id), old={"state": "open"}, new={"state": "expired"})
    return True


def _expire_invitation(work: Work, invitation_id: int) -> bool:
    with work.transaction() as tx:
        if not expire_invitation(tx.session, invitation_id):
            return False
        tx.journal(SYSTEM, "invitation.expired", ("invitation", invitation_id))
        tx.emit(InvitationExpired(invitation_id))
    return True


def _brief(tx: Transaction, command: Publish) -> Brief:
    text = command.text
    return Brief(
        lead_id=command.actor.id,
        company_id=command.actor.company_id,
        title=text.title.strip(),
        problem=text.problem.strip(),
        objectives=text.objectives.strip(),
        level=text.level,
        language=text.language,
        earliest=text.earliest,
        latest=text.latest,
        budget_minor=text.budget_minor,
        format=text.format,
        city=text.city.strip(),
        participants=text.participants,
        created_at=tx.now,
        expires_at=tx.now + OPEN_FOR,
    )


def _own_brief(tx: Transaction, actor: Actor, brief_id: int) -> Brief:
    brief = brief_to_change(tx.session, brief_id)
    if brief is None or brief.lead_id != actor.id:
        raise NotFound("brief_unknown")
    return brief


def _add(tx: Transaction, brief_id: int, offering_id: int, expert_id: int, kind: str, note: str) -> Invitation:
    invitation = Invitation(
        brief_id=brief_id,
        offering_id=offering_id,
        expert_id=expert_id,
        kind=kind,
        note=note.strip(),
        created_at=tx.now,
        expires_at=tx.now + ANSWER_WITHIN,
    )
    tx.session.add(invitation)
    try:
        tx.session.flush()
    except IntegrityError as error:  # the database keeps one of a kind per request and offering
        raise Conflict("already_invited" if kind == "invitation" else "already_proposed", brief_id=brief_id) from error
    return invitation


def _who_answers(brief: Brief, invitation: Invitation) -> int:
    return invitation.expert_id if invitation.kind == "invitation" else brief.lead_id


def _check_note(note: str) -> None:
    if len(note) > NOTE_LENGTH:
        raise Invalid("text_too_long", field="note")
