"""An admin has a call to Stripe, or a notice from it, tried again."""

from dataclasses import dataclass

from marketplace.cashier.operations import run_operation
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import Conflict, NotFound
from marketplace.store.inbox import is_known, unpark_notice
from marketplace.store.operations import REPEATABLE, UNFINISHED, Operation, add_operation, is_last_operation
from marketplace.store.transaction import Transaction
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class RetryOperation:
    """An admin does not want to wait."""

    actor: Actor
    operation_id: int


@dataclass(frozen=True, slots=True)
class RetryNotice:
    """An admin knows by now what a parked notice is about."""

    actor: Actor
    notice_id: str


def retry_operation(work: Work, command: RetryOperation) -> bool:
    """Call Stripe at once with an unfinished operation, or anew (next key) with the last one that was refused.

    Returns whether the outcome is known now. `Conflict` "operation_busy" while somebody else is calling,
    "operation_over" when there is nothing to try again.
    """
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        operation = tx.session.get(Operation, command.operation_id, with_for_update=True)
        if operation is None:
            raise NotFound("operation_not_found")
        live = _live(work, tx, operation)
        tx.journal(command.actor, "operation.retried", ("operation", operation.id), new={"operation": live.id})
    return run_operation(work, live.id)


def retry_notice(work: Work, command: RetryNotice) -> None:
    """Hand a parked notice to the worker again. `Conflict` "notice_not_parked" when it is not parked."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        if unpark_notice(tx.session, command.notice_id, tx.now):
            tx.journal(command.actor, "notice.retried", ("notice", 0), new={"notice": command.notice_id})
        elif is_known(tx.session, command.notice_id):
            raise Conflict("notice_not_parked")
        else:
            raise NotFound("notice_not_found")


def _live(work: Work, tx: Transaction, operation: Operation) -> Operation:
    if operation.status in UNFINISHED:
        if operation.leased_until is not None and operation.leased_until > tx.now:
            raise Conflict("operation_busy")
        return operation
    repeats = operation.status == "failed" and operation.kind in REPEATABLE
    if not repeats or not is_last_operation(tx.session, operation):
        raise Conflict("operation_over")
    return add_operation(
        tx, work.environment, operation.kind, operation.subject, operation.params, operation.booking_id
    )
