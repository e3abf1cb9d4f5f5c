"""What admins decide, and that two of them never decide the same item."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update

from marketplace.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from marketplace.domain.moderation import Verdict
from marketplace.services import experts, moderation, offerings
from marketplace.store import queue
from marketplace.store.journal import JournalRow
from marketplace.store.offerings import OfferingRevision
from tests.services.desk import TEXT, Desk


@pytest.fixture
def desk(database, clock):
    return Desk(database, clock)


def test_approval_publishes(desk):
    offering_id = desk.draft()
    revision_id = desk.submit(offering_id)
    desk.decide(revision_id)
    offering = desk.offering(offering_id)
    assert (offering.state, offering.live_revision_id) == ("published", revision_id)
    assert offering.published_at == desk.clock()
    assert desk.changes() == [offering_id]
    assert desk.events() == ["OfferingSubmitted", "OfferingPublished", "OfferingDecided"]


def test_a_new_approval_replaces_the_earlier_text(desk):
    offering_id = desk.publish()
    first = desk.revision(offering_id).id
    published_at = desk.offering(offering_id).published_at
    desk.clock.advance(days=1)
    desk.save(offering_id, replace(TEXT, title="Kubernetes, second edition"))
    second = desk.submit(offering_id)
    desk.decide(second)
    with desk.work.reading() as session:
        assert session.get_one(OfferingRevision, first).state == "replaced"
    assert desk.offering(offering_id).live_revision_id == second
    assert desk.offering(offering_id).published_at == published_at


def test_a_paused_offering_takes_its_new_text_but_stays_hidden(desk):
    offering_id = desk.publish()
    offerings.pause_offering(desk.work, desk.own(offering_id))
    desk.save(offering_id, replace(TEXT, title="Kubernetes, second edition"))
    desk.decide(desk.submit(offering_id))
    assert desk.offering(offering_id).state == "paused"
    assert desk.events()[-1] == "OfferingDecided"


@pytest.mark.parametrize(
    ("verdict", "state"), [(Verdict.REJECT, "rejected"), (Verdict.REQUEST_CHANGES, "changes_requested")]
)
def test_other_verdicts_send_it_back_with_a_reason(desk, verdict, state):
    offering_id = desk.draft()
    revision_id = desk.submit(offering_id)
    desk.decide(revision_id, verdict, "not_precise", "Which point exactly?")
    revision = desk.revision(offering_id)
    assert (revision.state, revision.reason, revision.note) == (state, "not_precise", "Which point exactly?")
    assert desk.offering(offering_id).state == "draft"
    assert desk.journal()[-1] == f"offering.{state}"
    with desk.work.reading() as session:
        row = session.scalars(select(JournalRow).order_by(JournalRow.id.desc())).first()
    assert row.new == {"revision": 1, "reason": "not_precise", "note": "Which point exactly?"}
    assert row.actor_id == desk.odile.id


def test_a_refused_change_leaves_the_live_text_alone(desk):
    offering_id = desk.publish()
    live = desk.offering(offering_id).live_revision_id
    desk.save(offering_id, replace(TEXT, title="Call me on 06 12 34 56 78"))
    desk.decide(desk.submit(offering_id), Verdict.REJECT, "contact_details")
    assert desk.offering(offering_id).live_revision_id == live
    assert desk.offering(offering_id).state == "published"


def test_a_verdict_without_a_reason_changes_nothing(desk):
    offering_id = desk.draft()
    revision_id = desk.submit(offering_id)
    with pytest.raises(Invalid, match="reason_missing"):
        desk.decide(revision_id, Verdict.REJECT)
    assert desk.revision(offering_id).state == "in_review"


def test_only_admins_decide(desk):
    revision_id = desk.submit(desk.draft())
    with pytest.raises(Forbidden):
        desk.decide(revision_id, actor=desk.amara)
    with pytest.raises(Forbidden):
        moderation.claim_revision(desk.work, moderation.Item(desk.lea, revision_id))


def test_an_unvetted_experts_offering_waits_for_the_application(desk):
    offering_id = desk.draft(desk.jeanne)
    apply_as_jeanne(desk)
    revision_id = desk.submit(offering_id, desk.jeanne)
    with pytest.raises(Conflict, match="expert_not_vetted"):
        desk.decide(revision_id)
    vet(desk, Verdict.APPROVE)
    desk.decide(revision_id)
    assert desk.offering(offering_id).state == "published"


def test_a_claim_keeps_the_other_admin_out_for_twenty_minutes(desk):
    offering_id = desk.draft()
    revision_id = desk.submit(offering_id)
    moderation.claim_revision(desk.work, moderation.Item(desk.paul, revision_id))
    with pytest.raises(Conflict, match="item_taken") as refused:
        desk.decide(revision_id)
    assert refused.value.facts["by"] == "Paul Adam"
    with pytest.raises(Conflict, match="item_taken"):
        moderation.claim_revision(desk.work, moderation.Item(desk.odile, revision_id))
    desk.clock.advance(minutes=20)
    moderation.claim_revision(desk.work, moderation.Item(desk.odile, revision_id))
    desk.decide(revision_id)
    assert desk.offering(offering_id).state == "published"


def test_who_comes_second_learns_who_decided_what(desk):
    revision_id = desk.submit(desk.draft())
    desk.decide(revision_id, Verdict.REJECT, "duplicate")
    with pytest.raises(Conflict, match="item_decided") as refused:
        desk.decide(revision_id, actor=desk.paul)
    assert refused.value.facts == {"by": "Odile Renard", "state": "rejected", "at": desk.clock()}


def test_a_verdict_on_a_text_that_changed_meanwhile_is_refused(desk):
    offering_id = desk.draft()
    revision_id = desk.submit(offering_id)
    read = desk.revision(offering_id).version
    offerings.take_back_offering(desk.work, desk.own(offering_id))
    with pytest.raises(Conflict, match="item_taken_back"):
        desk.decide(revision_id, version=read)
    desk.submit(offering_id)
    with pytest.raises(Conflict, match="item_changed"):
        desk.decide(revision_id, version=read)
    assert desk.revision(offering_id).state == "in_review"


def test_an_unknown_item_is_not_found(desk):
    with pytest.raises(NotFound):
        moderation.claim_revision(desk.work, moderation.Item(desk.odile, 99))
    with pytest.raises(NotFound):
        moderation.decide_revision(desk.work, moderation.Decide(desk.odile, 99, 1, Verdict.APPROVE, "", ""))
    with pytest.raises(NotFound):
        moderation.claim_application(desk.work, moderation.Item(desk.odile, 99))


def test_vetting_is_decided_once_and_a_refused_expert_may_apply_again(desk):
    apply_as_jeanne(desk)
    moderation.claim_application(desk.work, moderation.Item(desk.odile, desk.jeanne.id))
    vet(desk, Verdict.REJECT, "references_missing")
    expert = desk.expert(desk.jeanne)
    assert (expert.vetting, expert.vetting_reason, expert.vetted_by) == (
        "refused",
        "references_missing",
        desk.odile.id,
    )
    with pytest.raises(Conflict, match="item_decided"):
        vet(desk, Verdict.APPROVE)
    apply_as_jeanne(desk)
    vet(desk, Verdict.APPROVE)
    assert desk.expert(desk.jeanne).vetting == "approved"
    assert desk.events() == ["ExpertApplied", "ExpertVetted", "ExpertApplied", "ExpertVetted"]


def test_two_admins_at_once_decide_once(desk):
    for _ in range(10):
        assert sorted(race(desk, changed_offering(desk))) == ["decided", "item_decided"]


def test_control_without_the_guard_both_decide(desk, monkeypatch):
    def unguarded(session, revision_id, decision):
        changed = update(OfferingRevision).where(OfferingRevision.id == revision_id)
        session.execute(changed.values(state=decision.state, decided_by=decision.admin_id))
        return True

    monkeypatch.setattr(queue, "decide_revision", unguarded)
    assert race(desk, changed_offering(desk)) == ["decided", "decided"]


def changed_offering(desk):
    """A change to a live offering in the queue: its offering's own lifecycle would let two verdicts through."""
    offering_id = desk.publish()
    desk.save(offering_id, replace(TEXT, title="Kubernetes, second edition"))
    return desk.submit(offering_id)


def race(desk, revision_id):
    """Both have read the item as waiting; both send a verdict at the same moment, each on a connection of their own."""
    outcomes, barrier = [], Barrier(2)

    def decide(admin, verdict, reason):
        with desk.work.reading() as session:
            version = session.get_one(OfferingRevision, revision_id).version
        command = moderation.Decide(admin, revision_id, version, verdict, reason, "")
        barrier.wait(timeout=10)
        try:
            moderation.decide_revision(desk.work, command)
            outcomes.append("decided")
        except DomainError as refused:
            outcomes.append(refused.code)

    threads = [
        Thread(target=decide, args=(desk.odile, Verdict.REJECT, "duplicate")),
        Thread(target=decide, args=(desk.paul, Verdict.REQUEST_CHANGES, "not_precise")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return outcomes


def apply_as_jeanne(desk):
    profile = experts.SaveProfile(desk.jeanne, "Identity consultant", "x" * 80, ("fr", "en"), "Lille", "franchise")
    experts.save_profile(desk.work, profile)
    experts.apply(desk.work, experts.Apply(desk.jeanne, "m" * 80, "r" * 40, "t" * 80))


def vet(desk, verdict, reason=""):
    version = desk.expert(desk.jeanne).vetting_version
    command = moderation.Decide(desk.odile, desk.jeanne.id, version, verdict, reason, "")
    moderation.decide_application(desk.work, command)
