"""What admins do about people: suspend, and let back in."""

from dataclasses import dataclass

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.store.accounts import Account, end_sessions
from marketplace.store.offerings import log_change, offerings_of
from marketplace.store.tokens import revoke_tokens
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Suspend:
    """Shut somebody out, with the reason that stays in the journal."""

    actor: Actor
    account_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class LetBackIn:
    """End a suspension."""

    actor: Actor
    account_id: int


def suspend(work: Work, command: Suspend) -> None:
    """End all sessions and tokens of an account and hide its offerings. Booked sessions stay: an admin settles them."""
    require(command.actor, Role.ADMIN)
    if not 5 <= len(command.reason) <= 400:
        raise Invalid("suspension_reason_length", field="reason")
    with work.transaction() as tx:
        account = _person(tx, command.account_id)
        if account.id == command.actor.id:
            raise Conflict("not_yourself")
        if account.suspended_at is not None:
            raise Conflict("already_suspended")
        account.suspended_at = tx.now
        end_sessions(tx.session, account.id)
        revoke_tokens(tx.session, account.id)
        _tell_index(tx, account.id)
        tx.journal(command.actor, "account.suspended", ("account", account.id), new={"reason": command.reason})


def let_back_in(work: Work, command: LetBackIn) -> None:
    """Let a suspended account sign in again; its published offerings can be found again."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        account = _person(tx, command.account_id)
        if account.suspended_at is None:
            raise Conflict("not_suspended")
        account.suspended_at = None
        _tell_index(tx, account.id)
        tx.journal(command.actor, "account.let_back_in", ("account", account.id))


def _person(tx: Transaction, account_id: int) -> Account:
    account = tx.session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("account_unknown")
    return account


def _tell_index(tx: Transaction, account_id: int) -> None:
    for offering_id in offerings_of(tx.session, account_id):
        log_change(tx, offering_id)
