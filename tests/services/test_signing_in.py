"""Sessions end, and guessing is slow."""

from dataclasses import replace
from statistics import median
from time import process_time

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from marketplace import hashing
from marketplace.domain.errors import Invalid, NotFound, TooMany
from marketplace.queries.accounts import SignedInAccount, account_page, signed_in
from marketplace.services import signing_in
from marketplace.services.signing_in import EndSession, SignIn
from marketplace.store.accounts import Account, Attempt, SignedIn, end_sessions
from marketplace.work import Work
from tests.cast import PASSWORD, Cast, StillClock

LEA = SignIn("lea.martin@example.org", PASSWORD, client="192.0.2.1", device="Firefox on Linux")
WRONG = replace(LEA, password="not it at all")


def who(work: Work, token: str) -> SignedInAccount:
    found = signed_in(work, token)
    assert found is not None
    return found


def test_the_right_password_begins_a_session_under_a_random_token(work: Work, cast: Cast) -> None:
    first, second = signing_in.sign_in(work, LEA), signing_in.sign_in(work, LEA)
    assert first.account_id == second.account_id == cast.lea.id
    assert first.token != second.token
    assert who(work, first.token).name == "Léa Martin"


def test_the_database_keeps_only_a_hash_of_the_token(work: Work, cast: Cast) -> None:
    token = signing_in.sign_in(work, LEA).token
    with work.reading() as session:
        stored = session.scalars(select(SignedIn.token_hash)).one()
    assert token not in stored
    assert signed_in(work, stored) is None


@pytest.mark.parametrize(
    "command",
    [WRONG, replace(LEA, email="nobody@example.org"), replace(LEA, password=""), replace(LEA, email="")],
)
def test_unknown_addresses_and_wrong_passwords_get_the_same_answer(work: Work, cast: Cast, command: SignIn) -> None:
    with pytest.raises(Invalid) as refusal:
        signing_in.sign_in(work, command)
    assert (refusal.value.code, refusal.value.facts) == ("wrong_credentials", {})


def test_a_suspended_account_cannot_sign_in_and_its_sessions_are_dead(work: Work, cast: Cast) -> None:
    token = signing_in.sign_in(work, LEA).token
    with work.transaction() as tx:
        tx.session.execute(update(Account).where(Account.id == cast.lea.id).values(suspended_at=tx.now))
    assert signed_in(work, token) is None
    with pytest.raises(Invalid, match="wrong_credentials"):
        signing_in.sign_in(work, LEA)


def test_a_new_sign_in_ends_the_session_that_the_browser_had(work: Work, cast: Cast) -> None:
    old = signing_in.sign_in(work, LEA).token
    signing_in.sign_in(work, replace(LEA, replaces=old))
    assert signed_in(work, old) is None


def test_signing_out_kills_a_copied_token(work: Work, cast: Cast) -> None:
    token = signing_in.sign_in(work, LEA).token
    signing_in.sign_out(work, token)
    assert signed_in(work, token) is None
    signing_in.sign_out(work, token)  # twice does no harm


def test_a_session_in_use_lives_a_week_at_most(work: Work, cast: Cast, clock: StillClock) -> None:
    token = signing_in.sign_in(work, LEA).token
    for _ in range(14 - 1):
        clock.advance(hours=11, minutes=59)
        signing_in.note_seen(work, who(work, token).session_id)
    clock.advance(hours=11, minutes=59)
    assert signed_in(work, token) is not None
    clock.advance(minutes=14)
    assert signed_in(work, token) is None


def test_an_idle_lead_is_out_after_twelve_hours_and_an_admin_after_thirty_minutes(
    work: Work, cast: Cast, clock: StillClock
) -> None:
    lead = signing_in.sign_in(work, LEA).token
    admin = signing_in.sign_in(work, replace(LEA, email=cast.ada.email)).token
    clock.advance(minutes=29, seconds=59)
    assert signed_in(work, admin) is not None
    clock.advance(seconds=1)
    assert signed_in(work, admin) is None
    clock.advance(hours=11, minutes=29, seconds=59)
    assert signed_in(work, lead) is not None
    clock.advance(seconds=1)
    assert signed_in(work, lead) is None


def test_the_eleventh_wrong_password_for_an_address_has_to_wait(work: Work, cast: Cast, clock: StillClock) -> None:
    for number in range(10):
        with pytest.raises(Invalid):
            signing_in.sign_in(work, replace(WRONG, client=f"192.0.2.{number}"))
    for command in (WRONG, LEA, replace(LEA, client="198.51.100.1", email=LEA.email.upper())):
        with pytest.raises(TooMany) as refusal:
            signing_in.sign_in(work, command)
        assert refusal.value.facts == {"wait_seconds": 300}
    clock.advance(minutes=5)
    signing_in.sign_in(work, LEA)


def test_the_eleventh_wrong_password_of_a_client_has_to_wait(work: Work, cast: Cast) -> None:
    for number in range(10):
        with pytest.raises(Invalid):
            signing_in.sign_in(work, replace(WRONG, email=f"guess{number}@example.org"))
    with pytest.raises(TooMany):
        signing_in.sign_in(work, replace(WRONG, email=cast.marta.email))
    signing_in.sign_in(work, replace(LEA, email=cast.marta.email, client="198.51.100.1"))


def test_unknown_addresses_are_slowed_down_just_the_same(work: Work, cast: Cast) -> None:
    for number in range(10):
        with pytest.raises(Invalid):
            signing_in.sign_in(work, replace(WRONG, email="nobody@example.org", client=f"192.0.2.{number}"))
    with pytest.raises(TooMany):
        signing_in.sign_in(work, replace(WRONG, email="nobody@example.org", client="198.51.100.1"))


def test_the_right_password_counts_the_address_anew_but_not_the_client(work: Work, cast: Cast) -> None:
    for _ in range(9):
        with pytest.raises(Invalid):
            signing_in.sign_in(work, WRONG)
    signing_in.sign_in(work, LEA)
    with pytest.raises(Invalid):
        signing_in.sign_in(work, WRONG)
    with pytest.raises(TooMany):
        signing_in.sign_in(work, WRONG)
    with pytest.raises(Invalid):
        signing_in.sign_in(work, replace(WRONG, client="198.51.100.1"))


def test_signing_in_often_is_not_guessing(work: Work, cast: Cast) -> None:
    tokens = {signing_in.sign_in(work, LEA).token for _ in range(25)}
    assert len(tokens) == 25


def test_attempts_hold_no_addresses(work: Work, cast: Cast) -> None:
    with pytest.raises(Invalid):
        signing_in.sign_in(work, WRONG)
    with work.reading() as session:
        keys = session.scalars(select(Attempt.key)).all()
    assert len(keys) == 2
    assert all(len(key) == 64 and "lea" not in key for key in keys)


@pytest.mark.usefixtures("real_hashes")
def test_unknown_and_known_addresses_take_the_same_time(work: Work, cast: Cast, clock: StillClock) -> None:
    """Within ten percent, of the processor's time: what else the machine does is left out of it.

    Three chances, as caches warm up; a hash left out would fail all of them by far."""
    assert any(abs(known_to_unknown(work, clock) - 1) < 0.10 for _ in range(3))


def known_to_unknown(work: Work, clock: StillClock) -> float:
    """How much longer a wrong password takes for a known address: the median of pairs tried right after another."""
    ratios = []
    for _ in range(7):
        clock.advance(minutes=6)
        known, unknown = (seconds_of(work, email) for email in (LEA.email, "nobody@example.org"))
        ratios.append(known / unknown)
    return median(ratios)


def seconds_of(work: Work, email: str) -> float:
    started = process_time()
    with pytest.raises(Invalid):
        signing_in.sign_in(work, replace(WRONG, email=email))
    return process_time() - started


def test_an_unknown_address_costs_a_hash_too(work: Work, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a stopwatch: exactly one verification each."""
    compared = count_verifications(monkeypatch)
    for email in (LEA.email, "nobody@example.org"):
        with pytest.raises(Invalid):
            signing_in.sign_in(work, replace(WRONG, email=email))
    assert len(compared) == 2


def test_a_hash_with_old_parameters_is_renewed_at_the_next_sign_in(work: Work, cast: Cast) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with work.transaction() as tx:
        tx.session.execute(update(Account).where(Account.id == cast.lea.id).values(password_hash=weak))
    signing_in.sign_in(work, LEA)
    with work.reading() as session:
        renewed = session.get_one(Account, cast.lea.id).password_hash
    assert renewed != weak
    assert hashing.is_password(PASSWORD, renewed)
    assert not hashing.is_outdated(renewed)


def test_own_sessions_are_listed_and_ended_one_by_one(work: Work, cast: Cast, clock: StillClock) -> None:
    phone = signing_in.sign_in(work, replace(LEA, device="Mozilla/5.0 (iPhone) Safari/604.1")).token
    clock.advance(minutes=1)
    laptop = signing_in.sign_in(work, LEA).token
    here, there = who(work, laptop).session_id, who(work, phone).session_id
    shown = account_page(work, cast.lea.actor, here).sessions
    assert [(row.browser, row.system, row.is_this) for row in shown] == [
        ("Firefox", "Linux", True),
        ("Safari", "iPhone", False),
    ]
    signing_in.end_session(work, EndSession(cast.lea.actor, there))
    assert signed_in(work, phone) is None
    assert signed_in(work, laptop) is not None


def test_nobody_ends_somebody_elses_session(work: Work, cast: Cast) -> None:
    token = signing_in.sign_in(work, LEA).token
    session_id = who(work, token).session_id
    for other in (cast.hugo, cast.ada):
        with pytest.raises(NotFound):
            signing_in.end_session(work, EndSession(other.actor, session_id))
    assert signed_in(work, token) is not None


def test_all_other_sessions_end_at_once(work: Work, cast: Cast) -> None:
    tokens = [signing_in.sign_in(work, LEA).token for _ in range(3)]
    marta = signing_in.sign_in(work, replace(LEA, email=cast.marta.email)).token
    signing_in.end_other_sessions(work, EndSession(cast.lea.actor, who(work, tokens[1]).session_id))
    assert [signed_in(work, token) is not None for token in tokens] == [False, True, False]
    assert signed_in(work, marta) is not None


def test_suspension_can_end_every_session_of_an_account(work: Work, cast: Cast) -> None:
    tokens = [signing_in.sign_in(work, LEA).token for _ in range(2)]
    with work.transaction() as tx:
        end_sessions(tx.session, cast.lea.id)
    assert [signed_in(work, token) for token in tokens] == [None, None]


def test_what_ran_out_is_swept_away(work: Work, cast: Cast, clock: StillClock) -> None:
    signing_in.sign_in(work, LEA)
    with pytest.raises(Invalid):
        signing_in.sign_in(work, WRONG)
    assert signing_in.sweep(work) == 0
    clock.advance(days=7, seconds=1)
    signing_in.sign_in(work, replace(LEA, client="198.51.100.1"))
    assert signing_in.sweep(work) == 2  # the week-old session, and the client's wrong try; the address's was forgotten
    with work.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignedIn)) == 1


def count_verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were compared with a password, in order."""
    compared: list[str] = []
    real = PasswordHasher.verify

    def counting(self: PasswordHasher, stored: str, password: str) -> bool:
        compared.append(stored)
        return real(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    return compared
