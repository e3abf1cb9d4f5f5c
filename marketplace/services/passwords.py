"""Passwords: a link to set a new one, and changing it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from marketplace.domain import passwords
from marketplace.domain.access import Actor
from marketplace.domain.errors import Invalid, TooMany
from marketplace.domain.events import PasswordChanged, PasswordResetAsked
from marketplace.hashing import hash_password, is_password
from marketplace.links import Purpose
from marketplace.store import accounts, attempts
from marketplace.store.accounts import Account
from marketplace.store.attempts import Limit
from marketplace.store.tokens import revoke_tokens
from marketplace.store.transaction import Transaction
from marketplace.work import Work

RESETS: Final = Limit("reset", 3, timedelta(hours=1))  # per address: a stranger must not fill somebody's mailbox
WRONG_OLD: Final = Limit("old-password", 10, timedelta(minutes=5))  # per account


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """A new password by somebody who knows the old one; their session `session_id` goes on, all others end."""

    actor: Actor
    old: str
    new: str
    session_id: int


def ask_reset(work: Work, email: str) -> None:
    """Have the owner of an address sent a link; answers alike whether or not there is one, or too many were asked."""
    address = email.strip().casefold()
    try:
        with work.transaction() as tx:
            attempts.spend(tx.session, work.secret, RESETS, (address,), tx.now)
            account = accounts.account_by_email(tx.session, address)
            if account is not None and account.suspended_at is None:
                tx.emit(PasswordResetAsked(account.id))
                tx.journal(accounts.actor_of(account), "account.reset_asked", ("account", account.id))
    except TooMany:
        return


def check_reset(work: Work, token: str) -> None:
    """Raise `Conflict("link_dead")` when the link would not work: before its form is shown."""
    with work.reading() as session:
        accounts.account_of_link(session, work.secret, Purpose.RESET, token, work.now())


def reset_password(work: Work, token: str, password: str) -> None:
    """Set a new password through a letter's link; every session and token ends, and the address counts as verified.

    Raises `Conflict("link_dead")`, and `Invalid` for a weak password."""
    with work.reading() as session:
        account = accounts.account_of_link(session, work.secret, Purpose.RESET, token, work.now())
    passwords.check(password, (account.name, account.email))
    password_hash = hash_password(password)
    with work.transaction() as tx:
        account = accounts.account_of_link(tx.session, work.secret, Purpose.RESET, token, tx.now)
        account.verified_at = account.verified_at or tx.now  # whoever has the letter has the address
        revoke_tokens(tx.session, account.id)  # whoever was locked out does not know who else got in
        _set(tx, account, password_hash)


def change_password(work: Work, command: ChangePassword) -> None:
    """Set a new password; raises `Invalid("old_password_wrong")`, `Invalid` for a weak one, `TooMany` for guessing."""
    with work.transaction() as tx:
        attempts.spend(tx.session, work.secret, WRONG_OLD, (str(command.actor.id),), tx.now)
    with work.reading() as session:
        profile = accounts.profile(session, command.actor.id)
    if not is_password(command.old, profile.password_hash):
        raise Invalid("old_password_wrong", field="old")
    passwords.check(command.new, (profile.name, profile.email))
    password_hash = hash_password(command.new)
    with work.transaction() as tx:
        attempts.forget(tx.session, work.secret, WRONG_OLD, str(command.actor.id))
        _set(tx, tx.session.get_one(Account, command.actor.id), password_hash, but=command.session_id)


def _set(tx: Transaction, account: Account, password_hash: str, but: int | None = None) -> None:
    account.password_hash = password_hash
    accounts.end_sessions(tx.session, account.id, but=but)
    tx.emit(PasswordChanged(account.id))
    tx.journal(accounts.actor_of(account), "account.password_changed", ("account", account.id))
