"""Accounts: register, verify the address, preferences."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError

from marketplace.domain import passwords
from marketplace.domain.access import SYSTEM, Actor, Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.events import AccountRegistered, AddressRegisteredAgain
from marketplace.domain.zones import all_zones
from marketplace.hashing import hash_password
from marketplace.links import Purpose
from marketplace.store import accounts, attempts
from marketplace.store.accounts import Account, Company
from marketplace.store.attempts import Limit
from marketplace.store.experts import Expert
from marketplace.store.transaction import Transaction
from marketplace.work import Work

LANGUAGES: Final = ("fr", "en")
REGISTRATIONS: Final = Limit("register", 30, timedelta(hours=1))  # per client
LETTERS: Final = Limit("verification", 5, timedelta(hours=1))  # per account


@dataclass(frozen=True, slots=True)
class Register:
    """Somebody wants an account; a lead names their company. `client` is the network address, only ever hashed."""

    role: Role
    name: str
    email: str
    password: str
    language: str
    zone: str
    client: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class CreateAdmin:
    """An operator makes an administrator."""

    email: str
    name: str
    language: str
    password: str


@dataclass(frozen=True, slots=True)
class ChooseLanguage:
    """The language of pages and letters."""

    actor: Actor
    language: str


@dataclass(frozen=True, slots=True)
class ChangePreferences:
    """Name, language and zone of the actor's own account."""

    actor: Actor
    name: str
    language: str
    zone: str


def register(work: Work, command: Register) -> None:
    """Make an account and have its owner told; answers alike, also in time, whether or not the address was known.

    Raises `Invalid` for a weak password, `TooMany` for a client that registers too often."""
    if command.role not in (Role.LEAD, Role.EXPERT):
        raise Invalid("role_unknown", field="role")
    passwords.check(command.password, (command.name, command.email, command.company))
    password_hash = hash_password(command.password)
    with work.transaction() as tx:
        attempts.spend(tx.session, work.secret, REGISTRATIONS, (command.client,), tx.now)
    try:
        with work.transaction() as tx:
            _add_person(tx, command, password_hash)
    except IntegrityError:
        _tell_owner(work, command.email)


def create_admin(work: Work, command: CreateAdmin) -> int:
    """Make an administrator, verified from the start; returns the account's id.

    Raises `Invalid` for a weak password or a malformed address, `Conflict` when the address is taken."""
    if "@" not in command.email:
        raise Invalid("email_malformed", field="email")
    passwords.check(command.password, (command.name, command.email))
    password_hash = hash_password(command.password)
    try:
        with work.transaction() as tx:
            admin = _add_account(tx, Role.ADMIN, command, password_hash)
            admin.verified_at = tx.now
            tx.journal(SYSTEM, "account.admin_created", ("account", admin.id))
    except IntegrityError as error:
        raise Conflict("email_taken") from error
    return admin.id


def check_verification(work: Work, token: str) -> None:
    """Raise `Conflict("link_dead")` when the link would not work: before its button is shown."""
    with work.reading() as session:
        accounts.account_of_link(session, work.secret, Purpose.VERIFY, token, work.now())


def verify(work: Work, token: str) -> None:
    """Confirm the address of the account the link was made for; raises `Conflict("link_dead")`."""
    with work.transaction() as tx:
        account = accounts.account_of_link(tx.session, work.secret, Purpose.VERIFY, token, tx.now)
        account.verified_at = tx.now
        tx.journal(accounts.actor_of(account), "account.verified", ("account", account.id))


def ask_verification(work: Work, actor: Actor) -> None:
    """Send the verification letter again; nothing happens when the address is verified already."""
    with work.transaction() as tx:
        attempts.spend(tx.session, work.secret, LETTERS, (str(actor.id),), tx.now)
        account = tx.session.get_one(Account, actor.id)
        if account.verified_at is None:
            tx.emit(AccountRegistered(account.id))
            tx.journal(actor, "account.verification_asked", ("account", account.id))


def choose_language(work: Work, command: ChooseLanguage) -> None:
    """Change the language only; raises `Invalid` for one that we do not speak."""
    _check_language(command.language)
    with work.transaction() as tx:
        account = tx.session.get_one(Account, command.actor.id)
        old, account.language = account.language, command.language
        _journal_change(tx, account, {"language": old}, {"language": account.language})


def change_preferences(work: Work, command: ChangePreferences) -> None:
    """Change name, language and zone; raises `Invalid` for an unknown language or zone."""
    _check_language(command.language)
    if command.zone not in all_zones():
        raise Invalid("zone_unknown", field="zone")
    with work.transaction() as tx:
        account = tx.session.get_one(Account, command.actor.id)
        old = {"language": account.language, "zone": account.zone, "name_changed": False}
        new = {"language": command.language, "zone": command.zone, "name_changed": account.name != command.name}
        account.name, account.language, account.zone = command.name, command.language, command.zone
        _journal_change(tx, account, old, new)


def _add_person(tx: Transaction, command: Register, password_hash: str) -> None:
    account = _add_account(tx, command.role, command, password_hash)
    account.zone = command.zone
    if command.role is Role.LEAD:
        account.company_id = _add_company(tx, command.company)
    else:
        tx.session.add(Expert(id=account.id))
    tx.emit(AccountRegistered(account.id))
    tx.journal(accounts.actor_of(account), "account.registered", ("account", account.id))


def _add_account(tx: Transaction, role: Role, command: Register | CreateAdmin, password_hash: str) -> Account:
    """`IntegrityError` when the address has an account."""
    account = Account(
        email=command.email.strip().casefold(),
        name=command.name,
        password_hash=password_hash,
        role=str(role),
        language=command.language,
        created_at=tx.now,
    )
    tx.session.add(account)
    tx.session.flush()
    return account


def _add_company(tx: Transaction, name: str) -> int:
    """Always a new one: joining somebody else's company by knowing its name would open its requests."""
    company = Company(name=name, created_at=tx.now)
    tx.session.add(company)
    tx.session.flush()
    return company.id


def _tell_owner(work: Work, email: str) -> None:
    with work.transaction() as tx:
        account = accounts.account_by_email(tx.session, email.strip())
        if account is not None:
            tx.emit(AddressRegisteredAgain(account.id))


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise Invalid("language_unknown", field="language")


def _journal_change(tx: Transaction, account: Account, old: dict[str, object], new: dict[str, object]) -> None:
    if old != new:
        tx.journal(accounts.actor_of(account), "account.changed", ("account", account.id), old=old, new=new)
