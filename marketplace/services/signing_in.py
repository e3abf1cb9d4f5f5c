"""Signing in and out: sessions in the database, and slow guessing."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from marketplace.domain import sessions
from marketplace.domain.access import Actor
from marketplace.domain.errors import Invalid
from marketplace.hashing import hash_password, is_outdated, is_password
from marketplace.store import accounts, attempts
from marketplace.store.accounts import Account, SignedIn
from marketplace.store.attempts import Limit
from marketplace.work import Work

WRONG_PASSWORDS: Final = Limit("sign-in", 10, timedelta(minutes=5))  # per address, and per client
DEVICE_LENGTH: Final = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody claims an account. `client` is the network address, only ever hashed; `device` names the browser."""

    email: str
    password: str
    client: str
    device: str
    replaces: str | None = None  # the token that this browser held until now


@dataclass(frozen=True, slots=True)
class Begun:
    """A new session; its token exists only here and in the browser."""

    token: str
    account_id: int


@dataclass(frozen=True, slots=True)
class EndSession:
    """The actor ends one of their own sessions."""

    actor: Actor
    session_id: int


def sign_in(work: Work, command: SignIn) -> Begun:
    """Begin a session under a new token.

    Raises `TooMany` after ten wrong tries in five minutes, else `Invalid("wrong_credentials")`: the same, after the
    same time, for an unknown address, a wrong password and a suspended account."""
    _count_try(work, command)
    with work.reading() as session:
        account = accounts.account_by_email(session, command.email.strip())
    known_hash = account.password_hash if account else None
    if not is_password(command.password, known_hash) or account is None or known_hash is None:
        raise Invalid("wrong_credentials")
    fresh_hash = hash_password(command.password) if is_outdated(known_hash) else known_hash
    return _begin(work, command, account.id, known_hash, fresh_hash)


def sign_out(work: Work, token: str) -> None:
    """End the session: a copy of its cookie is worthless from now on."""
    with work.transaction() as tx:
        account_id = accounts.end_token(tx.session, token)
        if account_id is not None:
            account = tx.session.get_one(Account, account_id)
            tx.journal(accounts.actor_of(account), "account.signed_out", ("account", account_id))


def note_seen(work: Work, session_id: int) -> None:
    """Write down that a session is in use; ask `sessions.is_worth_noting` first.

    Where nothing can be written at the moment (a full disk, a writer that does not end), pages can still be read.
    """
    try:
        with work.transaction(beside=True) as tx:  # one row, and it does not matter who writes it last
            accounts.note_seen(tx.session, session_id, tx.now)
    except (DBAPIError, PoolTimeout) as error:
        log.error("seen_not_noted", error=type(error).__name__, session_id=session_id)


def end_session(work: Work, command: EndSession) -> None:
    """End one of the actor's sessions; `NotFound` for anybody else's."""
    with work.transaction() as tx:
        accounts.end_session(tx.session, command.actor.id, command.session_id)
        tx.journal(command.actor, "account.session_ended", ("account", command.actor.id))


def end_other_sessions(work: Work, command: EndSession) -> None:
    """End all of the actor's sessions but the one given."""
    with work.transaction() as tx:
        accounts.end_sessions(tx.session, command.actor.id, but=command.session_id)
        tx.journal(command.actor, "account.other_sessions_ended", ("account", command.actor.id))


def sweep(work: Work) -> int:
    """Forget sessions that ran out and tries that no longer count; returns how many rows. For the worker, daily."""
    with work.transaction() as tx:
        return accounts.sweep(tx.session, tx.now - sessions.ABSOLUTE, tx.now - timedelta(days=1))


def _count_try(work: Work, command: SignIn) -> None:
    with work.transaction() as tx:
        attempts.spend(tx.session, work.secret, WRONG_PASSWORDS, (_address(command), _client(command)), tx.now)


def _begin(work: Work, command: SignIn, account_id: int, checked_hash: str, fresh_hash: str) -> Begun:
    token = secrets.token_urlsafe(32)
    with work.transaction() as tx:
        account = tx.session.get_one(Account, account_id)
        if account.suspended_at is not None or account.password_hash != checked_hash:
            raise Invalid("wrong_credentials")  # suspended, or the password changed while we were checking it
        account.password_hash = fresh_hash
        attempts.forget(tx.session, work.secret, WRONG_PASSWORDS, _address(command))
        attempts.take_back(tx.session, work.secret, WRONG_PASSWORDS, _client(command))
        if command.replaces:
            accounts.end_token(tx.session, command.replaces)
        tx.session.add(_row(token, command, account_id, tx.now))
        tx.journal(accounts.actor_of(account), "account.signed_in", ("account", account_id))
    return Begun(token, account_id)


def _row(token: str, command: SignIn, account_id: int, now: datetime) -> SignedIn:
    return SignedIn(
        token_hash=accounts.hash_of(token),
        account_id=account_id,
        device=command.device[:DEVICE_LENGTH],
        created_at=now,
        seen_at=now,
    )


def _address(command: SignIn) -> str:
    return f"address {command.email.strip().casefold()}"


def _client(command: SignIn) -> str:
    return f"client {command.client}"
