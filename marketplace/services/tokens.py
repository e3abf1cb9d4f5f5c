"""Personal access tokens: make one, which is shown once, and revoke it."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.tokens import MARK, PREFIX_LENGTH, check_new, checked_scopes
from marketplace.hashing import is_password
from marketplace.store import accounts, attempts, tokens
from marketplace.store.attempts import Limit
from marketplace.store.tokens import ApiToken
from marketplace.store.transaction import Transaction
from marketplace.work import Work

WRONG_PASSWORDS: Final = Limit("old-password", 10, timedelta(minutes=5))  # per account, shared with changing it


@dataclass(frozen=True, slots=True)
class MakeToken:
    """Somebody wants a token for themselves; the password shows that it is not just an open browser."""

    actor: Actor
    name: str
    scopes: Collection[str]
    days: int
    password: str


@dataclass(frozen=True, slots=True)
class IssueToken:
    """An operator makes a token for the account with this address."""

    email: str
    name: str
    scopes: Collection[str]
    days: int


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Somebody's token shall not work any more."""

    actor: Actor
    token_id: int


@dataclass(frozen=True, slots=True)
class MadeToken:
    """The token in clear: it exists only here and wherever its owner puts it."""

    id: int
    token: str


def make_token(work: Work, command: MakeToken) -> MadeToken:
    """Make a token. `Invalid` for name, scopes, days or a wrong password, `TooMany` for guessing it, `Conflict`
    "too_many_tokens"."""
    require(command.actor, Role.LEAD, Role.EXPERT, Role.ADMIN)
    checked_scopes(command.actor.role, command.scopes)
    with work.transaction() as tx:
        attempts.spend(tx.session, work.secret, WRONG_PASSWORDS, (str(command.actor.id),), tx.now)
    with work.reading() as session:
        profile = accounts.profile(session, command.actor.id)
    if not is_password(command.password, profile.password_hash):
        raise Invalid("old_password_wrong", field="password")
    with work.transaction() as tx:
        attempts.forget(tx.session, work.secret, WRONG_PASSWORDS, str(command.actor.id))
        return _add(tx, command.actor, command.actor, command)


def issue_token(work: Work, command: IssueToken) -> MadeToken:
    """As above, from the operator's shell. `NotFound` "account_unknown", `Conflict` for a suspended account."""
    with work.transaction() as tx:
        account = accounts.account_by_email(tx.session, command.email.strip())
        if account is None:
            raise NotFound("account_unknown")
        if account.suspended_at is not None:
            raise Conflict("already_suspended")
        return _add(tx, SYSTEM, accounts.actor_of(account), command)


def revoke_token(work: Work, command: RevokeToken) -> None:
    """End one of the actor's tokens; `NotFound` for anybody else's."""
    with work.transaction() as tx:
        prefix = tokens.revoke_token(tx.session, command.actor.id, command.token_id)
        if prefix is None:
            raise NotFound("token_gone")
        tx.journal(command.actor, "token.revoked", ("account", command.actor.id), old={"token": command.token_id})


def note_use(work: Work, token_id: int) -> None:
    """Write down that a token was used; ask `domain.tokens.is_worth_noting` first."""
    with work.transaction() as tx:
        tokens.note_use(tx.session, token_id, tx.now)


def _add(tx: Transaction, by: Actor, owner: Actor, command: MakeToken | IssueToken) -> MadeToken:
    scopes = checked_scopes(owner.role, command.scopes)
    check_new(command.name, command.days, tokens.count_alive(tx.session, owner.id, tx.now))
    token = MARK + secrets.token_urlsafe(32)
    row = ApiToken(
        account_id=owner.id,
        name=command.name.strip(),
        scopes=[str(scope) for scope in scopes],
        token_hash=accounts.hash_of(token),
        prefix=token[:PREFIX_LENGTH],
        created_at=tx.now,
        expires_at=tx.now + timedelta(days=command.days),
    )
    tx.session.add(row)
    tx.session.flush()
    tx.journal(by, "token.made", ("account", owner.id), new={"token": row.id, "scopes": row.scopes})
    return MadeToken(row.id, token)
