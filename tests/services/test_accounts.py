"""Registering, confirming the address, preferences, administrators."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from marketplace import links
from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Forbidden, Invalid, TooMany
from marketplace.hashing import is_password
from marketplace.services import accounts
from marketplace.services.accounts import ChangePreferences, ChooseLanguage, CreateAdmin, Register
from marketplace.store.accounts import Account, Company, claim_on, require_verified
from marketplace.store.experts import Expert
from marketplace.store.journal import JournalRow
from marketplace.store.outbox import OutboxRow
from marketplace.work import Work
from tests.cast import Cast, StillClock

ZOE = Register(
    role=Role.LEAD,
    name="Zoé Lambert",
    email="Zoe.Lambert@Exemple.FR ",
    password="poule mouillee ardente",
    language="en",
    zone="Europe/Paris",
    client="192.0.2.1",
    company="Tramways de l'Ouest",
)


def account(work: Work, email: str) -> Account:
    with work.reading() as session:
        return session.scalars(select(Account).where(Account.email == email)).one()


def events(work: Work) -> list[tuple[str, dict[str, object]]]:
    with work.reading() as session:
        return [(row.event, row.payload) for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id))]


def journal(work: Work) -> list[JournalRow]:
    with work.reading() as session:
        return list(session.scalars(select(JournalRow).order_by(JournalRow.id)))


def test_a_lead_registers_with_a_company_of_their_own(work: Work) -> None:
    accounts.register(work, ZOE)
    zoe = account(work, "zoe.lambert@exemple.fr")
    assert (zoe.name, zoe.role, zoe.language, zoe.verified_at) == ("Zoé Lambert", "lead", "en", None)
    with work.reading() as session:
        assert session.get_one(Company, zoe.company_id).name == "Tramways de l'Ouest"
    assert events(work) == [("AccountRegistered", {"account_id": zoe.id})]
    assert [(row.what, row.subject_id) for row in journal(work)] == [("account.registered", zoe.id)]


def test_the_password_is_kept_as_an_argon2id_hash_only(work: Work) -> None:
    accounts.register(work, ZOE)
    stored = account(work, "zoe.lambert@exemple.fr").password_hash
    assert stored.startswith("$argon2id$")
    assert is_password(ZOE.password, stored)
    assert not is_password(ZOE.password + " ", stored)


def test_an_expert_registers_with_an_empty_profile_and_no_company(work: Work) -> None:
    accounts.register(work, replace(ZOE, role=Role.EXPERT, company=""))
    zoe = account(work, "zoe.lambert@exemple.fr")
    assert zoe.company_id is None
    with work.reading() as session:
        assert session.get_one(Expert, zoe.id).vetting == "new"


def test_naming_a_company_that_exists_does_not_let_anybody_into_it(work: Work, cast: Cast) -> None:
    accounts.register(work, replace(ZOE, company="Banque Horizon"))
    assert account(work, "zoe.lambert@exemple.fr").company_id != cast.lea.company_id


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SYSTEM])
def test_nobody_registers_as_an_administrator(work: Work, role: Role) -> None:
    with pytest.raises(Invalid):
        accounts.register(work, replace(ZOE, role=role))


def test_a_known_address_changes_nothing_and_only_its_owner_is_told(work: Work, cast: Cast) -> None:
    before = account(work, cast.lea.email)
    accounts.register(work, replace(ZOE, email=cast.lea.email.upper()))
    after = account(work, cast.lea.email)
    assert (after.name, after.password_hash) == (before.name, before.password_hash)
    assert events(work) == [("AddressRegisteredAgain", {"account_id": cast.lea.id})]
    with work.reading() as session:
        assert session.scalar(select(func.count()).select_from(Company)) == 2  # the failed one left none behind


def test_a_weak_password_is_refused_before_anything_is_written(work: Work) -> None:
    with pytest.raises(Invalid, match="password_guessable"):
        accounts.register(work, replace(ZOE, password="zoelambert"))
    assert events(work) == []


def test_a_client_that_registers_all_the_time_has_to_wait(work: Work, clock: StillClock) -> None:
    for number in range(accounts.REGISTRATIONS.most):
        with work.transaction() as tx:
            accounts.attempts.spend(tx.session, work.secret, accounts.REGISTRATIONS, (ZOE.client,), tx.now)
        assert number < accounts.REGISTRATIONS.most
    with pytest.raises(TooMany):
        accounts.register(work, ZOE)
    accounts.register(work, replace(ZOE, client="192.0.2.2"))
    clock.advance(hours=1)
    accounts.register(work, replace(ZOE, email="other@exemple.fr"))


def test_the_link_confirms_the_address_once(work: Work, cast: Cast) -> None:
    token = verification_token(work, cast.noor.id)
    accounts.check_verification(work, token)
    accounts.verify(work, token)
    assert account(work, cast.noor.email).verified_at == work.now()
    for again in (accounts.verify, accounts.check_verification):
        with pytest.raises(Conflict, match="link_dead"):
            again(work, token)
    assert journal(work)[-1].what == "account.verified"


def test_a_verification_link_dies_after_a_day(work: Work, cast: Cast, clock: StillClock) -> None:
    token = verification_token(work, cast.noor.id)
    clock.advance(hours=24)
    with pytest.raises(Conflict, match="link_dead"):
        accounts.verify(work, token)


def test_another_verification_letter_is_sent_at_most_five_times_an_hour(work: Work, cast: Cast) -> None:
    for _ in range(5):
        accounts.ask_verification(work, cast.noor.actor)
    with pytest.raises(TooMany):
        accounts.ask_verification(work, cast.noor.actor)
    assert events(work) == [("AccountRegistered", {"account_id": cast.noor.id})] * 5


def test_a_confirmed_address_needs_no_letter(work: Work, cast: Cast) -> None:
    accounts.ask_verification(work, cast.lea.actor)
    assert events(work) == []


def test_only_confirmed_accounts_may_book_and_publish(work: Work, cast: Cast) -> None:
    with work.reading() as session:
        require_verified(session, cast.lea.actor)
        with pytest.raises(Forbidden, match="not_verified"):
            require_verified(session, cast.noor.actor)


def test_an_operator_makes_an_administrator(work: Work) -> None:
    accounts.create_admin(work, CreateAdmin("Ada@Cadran.Example", "Ada", "en", "poule mouillee ardente"))
    ada = account(work, "ada@cadran.example")
    assert (ada.role, ada.language, ada.verified_at) == ("admin", "en", work.now())
    assert (journal(work)[-1].what, journal(work)[-1].actor_role) == ("account.admin_created", "system")


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"email": "lea.martin@example.org"}, Conflict, "email_taken"),
        ({"email": "nothing"}, Invalid, "email_malformed"),
        ({"password": "admin1234"}, Invalid, "password_guessable"),
    ],
)
def test_wrong_administrators_are_refused(
    work: Work, cast: Cast, change: dict[str, str], kind: type[Exception], code: str
) -> None:
    command = CreateAdmin("ada@cadran.example", "Ada", "en", "poule mouillee ardente")
    with pytest.raises(kind, match=code):
        accounts.create_admin(work, replace(command, **change))


def test_preferences_change_and_the_journal_names_no_one(work: Work, cast: Cast) -> None:
    accounts.change_preferences(work, ChangePreferences(cast.lea.actor, "Léa M.", "en", "America/Montreal"))
    lea = account(work, cast.lea.email)
    assert (lea.name, lea.language, lea.zone) == ("Léa M.", "en", "America/Montreal")
    row = journal(work)[-1]
    assert row.new == {"language": "en", "zone": "America/Montreal", "name_changed": True}
    assert "Léa" not in str((row.old, row.new))


def test_unknown_languages_and_zones_are_refused(work: Work, cast: Cast) -> None:
    for language, zone in (("de", "Europe/Paris"), ("fr", "Europe/Atlantis"), ("fr", "../etc/passwd")):
        with pytest.raises(Invalid):
            accounts.change_preferences(work, ChangePreferences(cast.lea.actor, "Léa", language, zone))
    with pytest.raises(Invalid):
        accounts.choose_language(work, ChooseLanguage(cast.lea.actor, "de"))


def test_the_same_language_again_is_no_change(work: Work, cast: Cast) -> None:
    accounts.choose_language(work, ChooseLanguage(cast.lea.actor, "fr"))
    assert journal(work) == []
    accounts.choose_language(work, ChooseLanguage(cast.lea.actor, "en"))
    assert [(row.old, row.new) for row in journal(work)] == [({"language": "fr"}, {"language": "en"})]


def verification_token(work: Work, account_id: int) -> str:
    with work.reading() as session:
        claim = claim_on(session.get_one(Account, account_id))
    return links.sign(work.secret, links.Purpose.VERIFY, claim, work.now())
