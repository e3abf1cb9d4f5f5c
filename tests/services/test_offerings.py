"""What an expert does with an offering."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.domain.moderation import Verdict
from marketplace.services import offerings
from marketplace.store.accounts import Account
from marketplace.store.offerings import live_offering
from tests.services.desk import TEXT, Desk


@pytest.fixture
def desk(database, clock):
    return Desk(database, clock)


def test_a_draft_keeps_every_word_and_the_order_of_topics(desk):
    offering_id = desk.draft()
    assert desk.text(desk.revision(offering_id).id) == TEXT
    assert desk.offering(offering_id).state == "draft"
    assert desk.journal() == ["offering.drafted"]
    assert desk.changes() == []


def test_a_lead_cannot_offer(desk):
    with pytest.raises(Forbidden):
        desk.draft(desk.lea)


def test_an_unknown_topic_is_refused_beside_its_field(desk):
    with pytest.raises(Invalid, match="topic_unknown") as refused:
        desk.draft(text=replace(TEXT, topic_ids=(1, 99)))
    assert refused.value.facts["field"] == "topics"


def test_saving_a_draft_changes_it_in_place(desk):
    offering_id = desk.draft()
    desk.save(offering_id, replace(TEXT, title="Kubernetes hardening", topic_ids=(1,)))
    revision = desk.revision(offering_id)
    assert (revision.number, revision.version, revision.title) == (1, 2, "Kubernetes hardening")
    assert desk.text(revision.id).topic_ids == (1,)


def test_saving_over_another_tab_is_refused_and_shows_the_other_text(desk):
    offering_id = desk.draft()
    seen = desk.revision(offering_id)
    desk.save(offering_id, replace(TEXT, title="Saved in the other tab"))
    mine = offerings.SaveOffering(desk.amara, offering_id, seen.number, seen.version, TEXT)
    with pytest.raises(Conflict, match="text_changed") as refused:
        offerings.save_offering(desk.work, mine)
    assert refused.value.facts["theirs"].title == "Saved in the other tab"
    assert (refused.value.facts["number"], refused.value.facts["version"]) == (1, 2)
    assert desk.revision(offering_id).title == "Saved in the other tab"


def test_submitting_enters_the_queue(desk):
    offering_id = desk.draft()
    revision_id = desk.submit(offering_id)
    assert desk.offering(offering_id).state == desk.revision(offering_id).state == "in_review"
    assert desk.revision(offering_id).submitted_at == desk.clock()
    assert desk.events() == ["OfferingSubmitted"]
    assert revision_id


def test_a_text_in_review_is_taken_back_before_it_is_changed(desk):
    offering_id = desk.draft()
    desk.submit(offering_id)
    with pytest.raises(Conflict):
        desk.save(offering_id, TEXT)
    offerings.take_back_offering(desk.work, desk.own(offering_id))
    assert desk.revision(offering_id).submitted_at is None
    desk.save(offering_id, replace(TEXT, title="A better title"))
    assert desk.offering(offering_id).state == "draft"


def test_a_new_expert_applies_before_submitting(desk):
    offering_id = desk.draft(desk.jeanne)
    with pytest.raises(Conflict, match="apply_first"):
        desk.submit(offering_id, desk.jeanne)


def test_an_unverified_expert_confirms_the_address_before_submitting(desk):
    offering_id = desk.draft()
    with desk.work.transaction() as tx:
        tx.session.execute(update(Account).where(Account.id == desk.amara.id).values(verified_at=None))
    with pytest.raises(Conflict, match="not_verified"):
        desk.submit(offering_id)


def test_submitting_twice_is_refused(desk):
    offering_id = desk.draft()
    desk.submit(offering_id)
    with pytest.raises(Conflict, match="move_not_possible"):
        desk.submit(offering_id)


def test_the_approved_text_stays_live_while_a_change_is_reviewed(desk):
    offering_id = desk.publish()
    live = desk.offering(offering_id).live_revision_id
    desk.save(offering_id, replace(TEXT, title="Kubernetes, second edition"))
    desk.submit(offering_id)
    offering = desk.offering(offering_id)
    assert (offering.state, offering.live_revision_id) == ("published", live)
    with desk.work.reading() as session:
        assert live_offering(session, offering_id).title == TEXT.title
    with pytest.raises(Conflict, match="take_back_first"):
        desk.save(offering_id, TEXT)


def test_a_rejected_text_is_history_and_its_change_a_new_revision(desk):
    offering_id = desk.draft()
    desk.decide(desk.submit(offering_id), Verdict.REJECT, "advertising")
    desk.save(offering_id, replace(TEXT, title="Without the advertising"))
    assert (desk.revision(offering_id).number, desk.revision(offering_id).state) == (2, "draft")


def test_pausing_hides_and_resuming_shows_again(desk):
    offering_id = desk.publish()
    offerings.pause_offering(desk.work, desk.own(offering_id))
    with desk.work.reading() as session:
        assert live_offering(session, offering_id) is None
    offerings.resume_offering(desk.work, desk.own(offering_id))
    with desk.work.reading() as session:
        assert live_offering(session, offering_id).price_minor == 90_000
    assert desk.changes() == [offering_id] * 3
    assert desk.events()[-2:] == ["OfferingHidden", "OfferingPublished"]


def test_withdrawing_ends_it_and_empties_the_queue(desk):
    offering_id = desk.publish()
    desk.save(offering_id, replace(TEXT, title="Never to be read"))
    desk.submit(offering_id)
    offerings.withdraw_offering(desk.work, desk.own(offering_id))
    assert (desk.offering(offering_id).state, desk.revision(offering_id).state) == ("withdrawn", "draft")
    assert desk.changes() == [offering_id] * 2
    with pytest.raises(Conflict, match="move_not_possible"):
        offerings.resume_offering(desk.work, desk.own(offering_id))


def test_withdrawing_what_was_never_live_tells_no_index(desk):
    offering_id = desk.draft()
    offerings.withdraw_offering(desk.work, desk.own(offering_id))
    assert desk.changes() == []
    assert desk.events() == []


def test_deleting_the_only_draft_deletes_the_offering(desk):
    offering_id = desk.draft()
    assert offerings.delete_draft(desk.work, desk.own(offering_id)) is True
    with pytest.raises(NotFound):
        offerings.delete_draft(desk.work, desk.own(offering_id))
    assert desk.journal()[-1] == "offering.draft_deleted"


def test_deleting_a_change_keeps_the_live_text(desk):
    offering_id = desk.publish()
    desk.save(offering_id, replace(TEXT, title="Second thoughts"))
    assert offerings.delete_draft(desk.work, desk.own(offering_id)) is False
    assert desk.revision(offering_id).title == TEXT.title
    with pytest.raises(Conflict, match="no_draft_to_delete"):
        offerings.delete_draft(desk.work, desk.own(offering_id))


@pytest.mark.parametrize(
    "move",
    [
        offerings.submit_offering,
        offerings.take_back_offering,
        offerings.pause_offering,
        offerings.resume_offering,
        offerings.withdraw_offering,
        offerings.delete_draft,
    ],
)
def test_a_foreign_offering_does_not_exist(desk, move):
    offering_id = desk.draft()
    with pytest.raises(NotFound, match="offering_unknown"):
        move(desk.work, desk.own(offering_id, desk.jeanne))
    with pytest.raises(Forbidden):
        move(desk.work, desk.own(offering_id, desk.lea))
