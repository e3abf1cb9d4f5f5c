"""Operations: a write to Stripe is a committed row first, then a call with its stored key, then its outcome.

Whoever dies between two of the three steps is healed by the next one who finds the row: the same key never acts
twice at Stripe, and an outcome is followed only by the one who closes the row.
"""

from datetime import timedelta

import structlog

from marketplace.cashier.calls import Answer, Call, call_stripe, look_up
from marketplace.cashier.outcomes import Refusal, follow_answer, follow_refusal
from marketplace.store.ledger_checks import transfers_stopped
from marketplace.store.money import raise_alert
from marketplace.store.operations import (
    Operation,
    add_operation,
    due_operations,
    finish_operation,
    lease_operation,
    postpone_operation,
)
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import GatewayError, GatewayRefused, GatewayUnknown, Hold

LEASE = timedelta(seconds=60)  # longer than the gateway waits for an answer
KEY_LIFE = timedelta(hours=23)  # Stripe forgets a key after 24
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=10)
BATCH = 20

log = structlog.get_logger()


def run_operation(work: Work, operation_id: int) -> bool:
    """Call Stripe for an operation and write down the outcome; False when it must be tried again later.

    Nothing happens when somebody else is calling with it or it is finished.
    """
    call = _lease(work, operation_id)
    if call is None:
        return False
    try:
        answer = _ask(work, call)
    except GatewayUnknown as unknown:
        _postpone(work, call, str(unknown))
        return False
    except GatewayRefused as refused:
        return _settle_refusal(work, call, refused)
    return _settle(work, call, answer) if answer is not None else _renew(work, call)


def run_due(work: Work) -> int:
    """Run what is due; returns how many were finished."""
    with work.reading() as session:
        due = due_operations(session, work.now(), BATCH)
    return sum(_run_alone(work, operation_id) for operation_id in due)


def _run_alone(work: Work, operation_id: int) -> bool:
    try:
        return run_operation(work, operation_id)
    except Exception:
        # A mistake of ours in one operation must not hold up everybody else's money.
        log.exception("operation.broken", operation_id=operation_id)
        with work.transaction() as tx:
            postpone_operation(tx.session, operation_id, tx.now + LONGEST_WAIT, "broken: see the log")
            raise_alert(tx, "operation_broken", f"operation:{operation_id}")
        return False


def wait_before(attempt: int) -> timedelta:
    """How long to wait after this many calls without an outcome."""
    return min(FIRST_WAIT * (1 << min(attempt - 1, 16)), LONGEST_WAIT)


def _lease(work: Work, operation_id: int) -> Call | None:
    with work.transaction() as tx:
        if _is_held_back(tx, operation_id):
            return None
        if not lease_operation(tx.session, operation_id, tx.now, tx.now + LEASE):
            return None
        row = tx.session.get_one(Operation, operation_id, populate_existing=True)
        return Call(
            row.id, row.kind, row.subject, row.booking_id, dict(row.params), row.key, row.attempts, row.created_at
        )


def _is_held_back(tx: Transaction, operation_id: int) -> bool:
    """While our books are in doubt no transfer leaves; everything else goes on, refunds above all."""
    operation = tx.session.get_one(Operation, operation_id)
    # One that was sent before may be with the expert already: its outcome is wanted all the more.
    if operation.kind != "transfer" or operation.attempts or not transfers_stopped(tx.session):
        return False
    operation.next_at = tx.now + LONGEST_WAIT
    return True


def _ask(work: Work, call: Call) -> Answer | None:
    sent_before = call.attempts > 1
    if sent_before and work.now() - call.created_at >= KEY_LIFE:
        return look_up(work.gateway, call)
    return call_stripe(work.gateway, call)


def _settle(work: Work, call: Call, answer: Answer) -> bool:
    with work.transaction() as tx:
        if finish_operation(tx.session, call.operation_id, "done", tx.now, object_id=answer.id):
            follow_answer(work, tx, call, answer)
    log.info("operation.done", operation_id=call.operation_id, kind=call.kind)
    return True


def _settle_refusal(work: Work, call: Call, refused: GatewayRefused) -> bool:
    try:
        refusal = Refusal(refused, _present_hold(work, call))
    except GatewayError as error:
        # Without knowing how the payment stands now, the refusal cannot be understood: ask for both again.
        _postpone(work, call, str(error))
        return False
    with work.transaction() as tx:
        if finish_operation(tx.session, call.operation_id, "failed", tx.now, error=str(refused)):
            follow_refusal(work, tx, call, refusal)
    log.warning("operation.refused", operation_id=call.operation_id, kind=call.kind, code=refused.code)
    return True


def _present_hold(work: Work, call: Call) -> Hold | None:
    if call.kind in ("capture", "void"):
        return work.gateway.fetch_hold(call.params["hold_id"])
    if call.kind == "expire":
        hold_id = work.gateway.fetch_checkout(call.params["checkout_id"]).payment_intent_id
        return work.gateway.fetch_hold(hold_id) if hold_id else None
    return None


def _postpone(work: Work, call: Call, error: str) -> None:
    with work.transaction() as tx:
        postpone_operation(tx.session, call.operation_id, tx.now + wait_before(call.attempts), error)
    log.warning("operation.unknown", operation_id=call.operation_id, kind=call.kind, attempt=call.attempts)


def _renew(work: Work, call: Call) -> bool:
    """It never happened, and its key is too old to be safe: close it and start again with a new one."""
    with work.transaction() as tx:
        if not finish_operation(tx.session, call.operation_id, "failed", tx.now, error="key ran out"):
            return True
        if call.kind in ("checkout", "account"):
            refusal = Refusal(GatewayRefused("key_ran_out", "no answer within 23 hours"))
            follow_refusal(work, tx, call, refusal)
        else:
            add_operation(tx, work.environment, call.kind, call.subject, call.params, call.booking_id)
    return True
