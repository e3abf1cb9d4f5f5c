"""An expert opens the account that their money goes to, at Stripe."""

from dataclasses import dataclass

from marketplace.cashier.accounts import refresh_account
from marketplace.cashier.operations import run_operation
from marketplace.cashier.queue import queue_account
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, NotFound, Unavailable
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert
from marketplace.store.operations import unfinished_operation
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import GatewayError, GatewayRefused, GatewayUnknown


@dataclass(frozen=True, slots=True)
class Payouts:
    """An expert deals with their payout account."""

    actor: Actor


def onboarding_page(work: Work, command: Payouts) -> str:
    """The address of a fresh page at Stripe on which the expert gives what is missing; opens the account first.

    `Unavailable` when Stripe does not answer; `Conflict` "payouts_refused" when it will not open an account.
    """
    require(command.actor, Role.EXPERT)
    return _onboarding(work, _account_id(work, command.actor.id) or _open(work, command.actor.id))


def fresh_page(work: Work, command: Payouts) -> str:
    """The same for an account that is open already: a link that is merely followed opens none.

    `Conflict` "payouts_not_started" when there is none.
    """
    require(command.actor, Role.EXPERT)
    return _onboarding(work, _started(work, command))


def look_at_account(work: Work, command: Payouts) -> bool:
    """Whether money can be sent to the expert now, as Stripe says; as last known when Stripe does not answer."""
    require(command.actor, Role.EXPERT)
    try:
        return refresh_account(work, command.actor.id)
    except GatewayError:
        with work.reading() as session:
            return session.get_one(Expert, command.actor.id).payouts_active


def dashboard_page(work: Work, command: Payouts) -> str:
    """The address of a fresh page at Stripe on which the expert sees their payouts."""
    require(command.actor, Role.EXPERT)
    try:
        return work.gateway.dashboard_link(_started(work, command)).url
    except GatewayRefused:  # Stripe has no such page for an account that is not complete
        raise Conflict("payouts_not_started") from None
    except GatewayUnknown:
        raise Unavailable("stripe_unavailable") from None


def _onboarding(work: Work, account_id: str) -> str:
    back = f"{work.base_url}/expert/payouts"
    try:
        return work.gateway.onboarding_link(account_id, return_url=back, refresh_url=f"{back}/fresh").url
    except GatewayError:
        raise Unavailable("stripe_unavailable") from None


def _started(work: Work, command: Payouts) -> str:
    account_id = _account_id(work, command.actor.id)
    if account_id is None:
        raise Conflict("payouts_not_started")
    return account_id


def _open(work: Work, expert_id: int) -> str:
    with work.transaction() as tx:
        operation_id = unfinished_operation(tx.session, "account", f"expert:{expert_id}") or _queue(work, tx, expert_id)
    refused = run_operation(work, operation_id)
    account_id = _account_id(work, expert_id)
    if account_id is None:
        raise Conflict("payouts_refused") if refused else Unavailable("stripe_unavailable")
    return account_id


def _queue(work: Work, tx: Transaction, expert_id: int) -> int:
    expert = tx.session.get(Expert, expert_id)
    if expert is None:
        raise NotFound("expert_not_found")
    return queue_account(work, tx, expert, tx.session.get_one(Account, expert_id))


def _account_id(work: Work, expert_id: int) -> str | None:
    with work.reading() as session:
        expert = session.get(Expert, expert_id)
        return expert.payout_account if expert else None
