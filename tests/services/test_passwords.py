"""Resetting and changing a password ends what it must, and tells strangers nothing."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from marketplace import links
from marketplace.domain.errors import Conflict, Invalid, TooMany
from marketplace.queries.accounts import signed_in
from marketplace.services import accounts, passwords, signing_in
from marketplace.services.passwords import ChangePassword
from marketplace.services.signing_in import SignIn
from marketplace.store.accounts import Account, claim_on
from marketplace.store.outbox import OutboxRow
from marketplace.work import Work
from tests.cast import PASSWORD, Cast, StillClock

NEW = "violette chevaux tonnerre 8"
LEA = SignIn("lea.martin@example.org", PASSWORD, client="192.0.2.1", device="")


def token_for(work: Work, account_id: int, purpose: links.Purpose = links.Purpose.RESET) -> str:
    with work.reading() as session:
        claim = claim_on(session.get_one(Account, account_id))
    return links.sign(work.secret, purpose, claim, work.now())


def events(work: Work) -> list[str]:
    with work.reading() as session:
        return list(session.scalars(select(OutboxRow.event).order_by(OutboxRow.id)))


def test_a_known_address_gets_a_letter_and_an_unknown_one_nothing_and_neither_is_told(work: Work, cast: Cast) -> None:
    passwords.ask_reset(work, cast.lea.email.upper())
    passwords.ask_reset(work, "nobody@example.org")
    assert events(work) == ["PasswordResetAsked"]


def test_a_stranger_cannot_fill_somebodys_mailbox(work: Work, cast: Cast, clock: StillClock) -> None:
    for _ in range(20):
        passwords.ask_reset(work, cast.lea.email)
    assert events(work) == ["PasswordResetAsked"] * 3
    clock.advance(hours=1)
    passwords.ask_reset(work, cast.lea.email)
    assert len(events(work)) == 4


def test_the_link_sets_a_new_password_and_ends_every_session(work: Work, cast: Cast) -> None:
    session = signing_in.sign_in(work, LEA).token
    passwords.reset_password(work, token_for(work, cast.lea.id), NEW)
    assert signed_in(work, session) is None
    with pytest.raises(Invalid):
        signing_in.sign_in(work, LEA)
    signing_in.sign_in(work, replace(LEA, password=NEW))
    assert events(work) == ["PasswordChanged"]


def test_the_link_works_once(work: Work, cast: Cast) -> None:
    token = token_for(work, cast.lea.id)
    passwords.check_reset(work, token)
    passwords.reset_password(work, token, NEW)
    with pytest.raises(Conflict, match="link_dead"):
        passwords.check_reset(work, token)
    with pytest.raises(Conflict, match="link_dead"):
        passwords.reset_password(work, token, NEW)


def test_the_link_dies_after_an_hour(work: Work, cast: Cast, clock: StillClock) -> None:
    token = token_for(work, cast.lea.id)
    clock.advance(minutes=60)
    with pytest.raises(Conflict, match="link_dead"):
        passwords.reset_password(work, token, NEW)


def test_a_verification_link_sets_no_password(work: Work, cast: Cast) -> None:
    with pytest.raises(Conflict, match="link_dead"):
        passwords.reset_password(work, token_for(work, cast.noor.id, links.Purpose.VERIFY), NEW)


def test_a_link_for_a_suspended_or_vanished_account_is_dead(work: Work, cast: Cast) -> None:
    token = token_for(work, cast.lea.id)
    with work.transaction() as tx:
        tx.session.execute(update(Account).where(Account.id == cast.lea.id).values(suspended_at=tx.now))
    gone = links.sign(work.secret, links.Purpose.RESET, links.claim_on(999, "x", None), work.now())
    for dead in (token, gone):
        with pytest.raises(Conflict, match="link_dead"):
            passwords.reset_password(work, dead, NEW)
    passwords.ask_reset(work, cast.lea.email)
    assert events(work) == []


def test_whoever_has_the_letter_has_the_address(work: Work, cast: Cast) -> None:
    verification = token_for(work, cast.noor.id, links.Purpose.VERIFY)
    passwords.reset_password(work, token_for(work, cast.noor.id), NEW)
    with work.reading() as session:
        assert session.get_one(Account, cast.noor.id).verified_at == work.now()
    with pytest.raises(Conflict):
        accounts.verify(work, verification)


def test_a_weak_new_password_is_refused_and_the_link_stays_good(work: Work, cast: Cast) -> None:
    token = token_for(work, cast.lea.id)
    with pytest.raises(Invalid, match="password_guessable"):
        passwords.reset_password(work, token, "lea.martin")
    passwords.reset_password(work, token, NEW)


def test_changing_the_password_keeps_this_session_and_ends_the_others(work: Work, cast: Cast) -> None:
    here, there = (signing_in.sign_in(work, LEA).token for _ in range(2))
    this = signed_in(work, here)
    assert this is not None
    passwords.change_password(work, ChangePassword(cast.lea.actor, PASSWORD, NEW, this.session_id))
    assert signed_in(work, here) is not None
    assert signed_in(work, there) is None
    assert events(work) == ["PasswordChanged"]


def test_the_old_password_must_be_right_and_cannot_be_guessed_at_leisure(
    work: Work, cast: Cast, clock: StillClock
) -> None:
    command = ChangePassword(cast.lea.actor, "wrong", NEW, 0)
    for _ in range(10):
        with pytest.raises(Invalid, match="old_password_wrong"):
            passwords.change_password(work, command)
    with pytest.raises(TooMany):
        passwords.change_password(work, replace(command, old=PASSWORD))
    clock.advance(minutes=5)
    passwords.change_password(work, replace(command, old=PASSWORD))


def test_a_weak_change_is_refused(work: Work, cast: Cast) -> None:
    with pytest.raises(Invalid, match="password_short"):
        passwords.change_password(work, ChangePassword(cast.lea.actor, PASSWORD, "short", 0))
