"""Requests: published, closed, invited to, proposed for, answered, run out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.domain.brief import ANSWER_WITHIN, MOST_INVITED, OPEN_FOR
from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.services import briefs
from marketplace.services.briefs import NOTE_LENGTH, Answer, Close, Invite, Propose, Publish
from marketplace.store.accounts import Account
from marketplace.store.briefs import Brief
from marketplace.store.journal import JournalRow
from tests.cast import Person, StillClock
from tests.scene import PARIS, REQUEST, Scene


def brief(scene: Scene, brief_id: int) -> Brief:
    with scene.work.reading() as session:
        return session.get_one(Brief, brief_id)


def journal(scene: Scene, what: str) -> int:
    with scene.work.reading() as session:
        return len(session.scalars(select(JournalRow.id).where(JournalRow.what == what)).all())


def invite(scene: Scene, brief_id: int, offering_id: int, by: Person | None = None, note: str = "") -> int:
    return briefs.invite(scene.work, Invite((by or scene.cast.lea).actor, brief_id, offering_id, note))


def propose(scene: Scene, brief_id: int, offering_id: int, by: Person | None = None) -> int:
    return briefs.propose(scene.work, Propose((by or scene.cast.amara).actor, brief_id, offering_id, "I can."))


def answer(scene: Scene, invitation_id: int, by: Person, accept: bool = True) -> None:
    briefs.answer(scene.work, Answer(by.actor, invitation_id, accept))


def matched(scene: Scene) -> tuple[int, int]:
    """Amara's offering, and Léa's request that it fits."""
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    assert scene.matches(brief_id) == [offering_id]
    return offering_id, brief_id


def test_a_request_is_open_for_45_days_and_remembers_its_company(scene: Scene) -> None:
    row = brief(scene, scene.ask(title="  Padded  ", budget_minor=90_000))
    assert (row.state, row.title, row.company_id) == ("open", "Padded", scene.cast.lea.company_id)
    assert row.expires_at == scene.clock() + OPEN_FOR
    assert scene.events("BriefPublished") == [{"brief_id": row.id}]


def test_only_a_lead_with_a_confirmed_address_publishes(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        scene.ask(by=scene.cast.amara)
    with pytest.raises(Forbidden, match="not_verified"):
        scene.ask(by=scene.cast.noor)


def test_the_last_day_is_judged_by_the_leads_own_calendar(scene: Scene) -> None:
    """Shortly before midnight in Paris it is still yesterday in Montreal's day, and already tomorrow in Tokyo's."""
    today = replace(REQUEST, latest=scene.today())
    briefs.publish(scene.work, Publish(scene.cast.lea.actor, today, PARIS))
    scene.clock.advance(hours=16)
    with pytest.raises(Invalid, match="brief_latest_past"):
        briefs.publish(scene.work, Publish(scene.cast.lea.actor, today, PARIS))


def test_a_closed_request_cannot_be_closed_again_and_takes_nothing(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    briefs.close(scene.work, Close(scene.cast.lea.actor, brief_id))
    assert brief(scene, brief_id).state == "closed"
    for act in (
        lambda: briefs.close(scene.work, Close(scene.cast.lea.actor, brief_id)),
        lambda: invite(scene, brief_id, offering_id),
        lambda: propose(scene, brief_id, offering_id),
    ):
        with pytest.raises(Conflict, match="brief_closed"):
            act()


def test_nobody_elses_request_can_be_closed_or_invited_to(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    for stranger in (scene.cast.hugo, scene.cast.marta, scene.cast.ada):
        with pytest.raises(NotFound):
            briefs.close(scene.work, Close(stranger.actor, brief_id))
        with pytest.raises(NotFound):
            invite(scene, brief_id, offering_id, stranger)
    with pytest.raises(NotFound):
        invite(scene, 999, offering_id)


def test_an_expert_is_invited_once_per_offering(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    row = scene.invitation(invite(scene, brief_id, offering_id, note=" Please. "))
    assert (row.kind, row.state, row.expert_id, row.note) == ("invitation", "open", scene.cast.amara.id, "Please.")
    assert row.expires_at == scene.clock() + ANSWER_WITHIN
    with pytest.raises(Conflict, match="already_invited"):
        invite(scene, brief_id, offering_id)


def test_an_offering_that_cannot_be_found_cannot_be_invited(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    with pytest.raises(NotFound):
        invite(scene, brief_id, 999)
    with scene.work.transaction() as tx:
        tx.session.get_one(Account, scene.cast.amara.id).suspended_at = tx.now
    with pytest.raises(NotFound):
        invite(scene, brief_id, offering_id)


def test_one_request_invites_ten_experts_at_most(scene: Scene) -> None:
    brief_id = scene.ask()
    offerings = [scene.offer(f"Chatbots in banks, part {number}") for number in range(MOST_INVITED + 1)]
    for offering_id in offerings[:-1]:
        invite(scene, brief_id, offering_id)
    with pytest.raises(Conflict, match="too_many_invited") as refused:
        invite(scene, brief_id, offerings[-1])
    assert refused.value.facts["most"] == MOST_INVITED


def test_a_note_has_an_end(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    with pytest.raises(Invalid, match="text_too_long"):
        invite(scene, brief_id, offering_id, note="n" * (NOTE_LENGTH + 1))


def test_an_expert_proposes_what_fits_once(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    row = scene.invitation(propose(scene, brief_id, offering_id))
    assert (row.kind, row.state, row.expert_id) == ("proposal", "open", scene.cast.amara.id)
    with pytest.raises(Conflict, match="already_proposed"):
        propose(scene, brief_id, offering_id)


def test_what_does_not_fit_cannot_be_proposed_nor_what_is_not_ones_own(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    unfit = scene.offer("Bake bread in a wood oven", by=scene.cast.ines, outcome="o" * 40, experience="e" * 80)
    with pytest.raises(NotFound):
        propose(scene, brief_id, unfit, scene.cast.ines)
    with pytest.raises(NotFound):
        propose(scene, brief_id, offering_id, scene.cast.ines)
    with pytest.raises(NotFound):
        propose(scene, 999, offering_id)
    with pytest.raises(Forbidden):
        propose(scene, brief_id, offering_id, scene.cast.lea)


@pytest.mark.parametrize(("accept", "state"), [(True, "accepted"), (False, "declined")])
def test_the_invited_expert_answers_once(scene: Scene, accept: bool, state: str) -> None:
    offering_id, brief_id = matched(scene)
    invitation_id = invite(scene, brief_id, offering_id)
    answer(scene, invitation_id, scene.cast.amara, accept)
    assert scene.invitation(invitation_id).state == state
    with pytest.raises(Conflict, match="invitation_answered"):
        answer(scene, invitation_id, scene.cast.amara, not accept)


def test_the_lead_answers_a_proposal(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    proposal_id = propose(scene, brief_id, offering_id)
    for stranger in (scene.cast.amara, scene.cast.hugo, scene.cast.ines):
        with pytest.raises(NotFound):
            answer(scene, proposal_id, stranger)
    answer(scene, proposal_id, scene.cast.lea)
    assert scene.events("InvitationAnswered") == [{"invitation_id": proposal_id, "accepted": True}]


def test_nobody_else_answers_an_invitation(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    invitation_id = invite(scene, brief_id, offering_id)
    for stranger in (scene.cast.lea, scene.cast.ines, scene.cast.ada):
        with pytest.raises(NotFound):
            answer(scene, invitation_id, stranger)
    with pytest.raises(NotFound):
        answer(scene, 999, scene.cast.amara)


def test_when_the_request_closes_an_open_invitation_closes_with_it_at_no_cost(scene: Scene) -> None:
    offering_id, brief_id = matched(scene)
    invitation_id = invite(scene, brief_id, offering_id)
    briefs.close(scene.work, Close(scene.cast.lea.actor, brief_id))
    assert scene.invitation(invitation_id).state == "closed"
    with pytest.raises(Conflict, match="brief_closed"):
        answer(scene, invitation_id, scene.cast.amara)
    scene.clock.advance(days=60)
    assert briefs.expire_due(scene.work) == 0
    assert scene.events("InvitationExpired") == []


@pytest.mark.parametrize(("seconds", "expired"), [(-1, 0), (0, 1), (1, 1)])
def test_an_invitation_runs_out_after_seven_days(scene: Scene, seconds: int, expired: int) -> None:
    offering_id, brief_id = matched(scene)
    invitation_id = invite(scene, brief_id, offering_id)
    scene.clock.advance(seconds=(ANSWER_WITHIN + timedelta(seconds=seconds)).total_seconds())
    assert briefs.expire_due(scene.work) == expired
    assert len(scene.events("InvitationExpired")) == expired
    if expired:
        with pytest.raises(Conflict, match="invitation_answered"):
            answer(scene, invitation_id, scene.cast.amara)


def test_silence_lowers_the_experts_response_and_an_answer_raises_it(scene: Scene, clock: StillClock) -> None:
    offering_id, brief_id = matched(scene)
    invite(scene, brief_id, offering_id)
    clock.advance(days=8)
    scene.settle()
    silent = scene.standing(scene.cast.amara).response
    answer(scene, invite(scene, scene.ask(by=scene.cast.hugo), offering_id, scene.cast.hugo), scene.cast.amara)
    clock.advance(seconds=1)
    scene.settle()
    assert silent < scene.standing(scene.cast.amara).response


@pytest.mark.parametrize(("seconds", "state"), [(-1, "open"), (0, "expired"), (1, "expired")])
def test_a_request_runs_out_after_45_days_and_its_invitations_with_it(scene: Scene, seconds: int, state: str) -> None:
    offering_id, brief_id = matched(scene)
    scene.clock.advance(days=40)
    invitation_id = invite(scene, brief_id, offering_id)
    scene.clock.advance(days=5, seconds=seconds)
    briefs.expire_due(scene.work)
    assert brief(scene, brief_id).state == state
    assert scene.invitation(invitation_id).state == ("open" if state == "open" else "closed")
    assert journal(scene, "brief.expired") == (state == "expired")


def test_what_somebody_else_closed_meanwhile_is_not_expired_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of what is overdue was read before; the database decides."""
    offering_id, brief_id = matched(scene)
    invitation_id = invite(scene, brief_id, offering_id)
    briefs.close(scene.work, Close(scene.cast.lea.actor, brief_id))
    monkeypatch.setattr(briefs, "overdue_briefs", lambda *_: (brief_id,))
    monkeypatch.setattr(briefs, "overdue_invitations", lambda *_: (invitation_id,))
    assert briefs.expire_due(scene.work) == 0
    assert brief(scene, brief_id).state == "closed"
