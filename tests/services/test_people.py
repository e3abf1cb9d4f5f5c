"""Suspension: sessions end, offerings disappear, and both come back."""

import pytest
from sqlalchemy import select

from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.services import people
from marketplace.store.accounts import Account, SignedIn
from marketplace.store.offerings import live_offering
from tests.services.desk import Desk


@pytest.fixture
def desk(database, clock):
    return Desk(database, clock)


def suspend(desk, account_id, reason="Sells phone numbers", actor=None):
    people.suspend(desk.work, people.Suspend(actor or desk.odile, account_id, reason))


def test_suspension_ends_sessions_and_hides_offerings(desk):
    offering_id = desk.publish()
    with desk.work.transaction() as tx:
        signed_in = SignedIn(token_hash="t", account_id=desk.amara.id, created_at=tx.now, seen_at=tx.now)
        tx.session.add(signed_in)
    suspend(desk, desk.amara.id)
    with desk.work.reading() as session:
        assert session.scalars(select(SignedIn)).all() == []
        assert live_offering(session, offering_id) is None
        assert session.get_one(Account, desk.amara.id).suspended_at == desk.clock()
    assert desk.changes() == [offering_id, offering_id]
    assert desk.journal()[-1] == "account.suspended"


def test_who_is_let_back_in_is_found_again(desk):
    offering_id = desk.publish()
    suspend(desk, desk.amara.id)
    people.let_back_in(desk.work, people.LetBackIn(desk.odile, desk.amara.id))
    with desk.work.reading() as session:
        assert live_offering(session, offering_id) is not None
    assert desk.changes() == [offering_id] * 3


def test_wrong_moves_are_refused(desk):
    with pytest.raises(Conflict, match="not_yourself"):
        suspend(desk, desk.odile.id)
    with pytest.raises(Conflict, match="not_suspended"):
        people.let_back_in(desk.work, people.LetBackIn(desk.odile, desk.lea.id))
    suspend(desk, desk.lea.id)
    with pytest.raises(Conflict, match="already_suspended"):
        suspend(desk, desk.lea.id)
    with pytest.raises(NotFound):
        suspend(desk, 999)
    with pytest.raises(Invalid, match="suspension_reason_length"):
        suspend(desk, desk.jeanne.id, "no")
    with pytest.raises(Forbidden):
        suspend(desk, desk.jeanne.id, actor=desk.lea)
