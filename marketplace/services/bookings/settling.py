"""An admin's verdict: on a problem with a session, on a refund beyond the policy, on what a lost dispute has cost."""

from dataclasses import dataclass

from marketplace.cashier.operations import run_operation
from marketplace.cashier.refunds import give_back, give_back_settled, repeat
from marketplace.cashier.shares import is_settled, kept_minor, pay_expert
from marketplace.domain import ledger
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BookingState
from marketplace.domain.errors import Conflict, Invalid, NotFound
from marketplace.domain.events import ProblemSettled, RefundedBeyondPolicy
from marketplace.domain.ledger import Source
from marketplace.services.bookings.owned import own_booking
from marketplace.store.bookings import Booking
from marketplace.store.cases import Case, Dispute, open_case
from marketplace.store.ledger import balance_of, party_of, post
from marketplace.store.operations import unfinished_operation, unfinished_refund
from marketplace.store.transaction import Transaction
from marketplace.work import Work

S = BookingState
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class SettleProblem:
    """An admin's verdict on a problem or a contested no-show.

    `refund_minor` goes back to the lead, in cents: 0 pays the expert in full, all that is left pays the lead back.
    `absent`: '' or who did not come after all, which marks their reliability. `note` is the reason.
    """

    actor: Actor
    booking_id: int
    refund_minor: int
    note: str
    absent: str = ""


@dataclass(frozen=True, slots=True)
class RefundBeyond:
    """An admin gives back more than the policy says, in cents, with a reason."""

    actor: Actor
    booking_id: int
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class SettleCase:
    """An admin settles what needs no further words than a reason."""

    actor: Actor
    booking_id: int
    note: str


def settle_problem(work: Work, command: SettleProblem) -> None:
    """Decide a case: the money moves as the verdict says.

    Raises `Conflict` "move_not_possible" when nothing is on hold, `Invalid` "refund_too_large" or "reason_missing".
    """
    require(command.actor, Role.ADMIN)
    note = _reason(command.note, "note")
    if command.absent not in ("", "lead", "expert"):
        raise Invalid("absent_unknown", field="absent")
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        if not 0 <= command.refund_minor <= kept_minor(booking):
            raise Invalid("refund_too_large", field="refund_minor", most=kept_minor(booking))
        everything = command.refund_minor == kept_minor(booking)
        operation_id = _decide(work, tx, command, booking, everything=everything)
        verdict = "pay_expert" if command.refund_minor == 0 else "refund_all" if everything else "refund_part"
        _close_cases(tx, command.actor, booking, verdict, command.refund_minor, note)
        _mark(booking, command.absent)
        tx.emit(ProblemSettled(booking.id, verdict))
    _run(work, operation_id)


def refund_beyond_policy(work: Work, command: RefundBeyond) -> None:
    """Give money back that the policy keeps; what the expert has got of it is taken back first.

    Raises `Conflict` "move_not_possible" in a state that does not allow it, "transfer_under_way"; `Invalid`
    "refund_too_large", "reason_missing".
    """
    require(command.actor, Role.ADMIN)
    reason = _reason(command.reason, "reason")
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        if not 0 < command.amount_minor <= kept_minor(booking):
            raise Invalid("refund_too_large", field="amount", most=kept_minor(booking))
        if unfinished_operation(tx.session, "transfer", f"booking:{booking.id}") is not None:
            raise Conflict("transfer_under_way", booking_id=booking.id)
        case = _case(tx, command.actor, booking, command.amount_minor, reason)
        operation_id = _give_back_beyond(work, tx, command, booking, case)
        tx.emit(RefundedBeyondPolicy(booking.id, case.id))
    _run(work, operation_id)


def repeat_refund(work: Work, command: SettleCase) -> None:
    """Make a refund again that a bank had sent back. `Conflict` "nothing_to_repeat" or "operation_under_way"."""
    require(command.actor, Role.ADMIN)
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        case = open_case(tx.session, booking.id, "refund_failed")
        if case is None:
            raise Conflict("nothing_to_repeat", booking_id=booking.id)
        if booking.state == S.DISPUTED:
            raise Conflict("dispute_open", booking_id=booking.id)
        if unfinished_refund(tx.session, booking.id):
            raise Conflict("operation_under_way", booking_id=booking.id)
        case.settled_by, case.note = command.actor.id, command.note.strip()[:LONGEST_NOTE]
        operation_id = repeat(work, tx, booking, case)
        tx.journal(command.actor, "booking.refund_repeated", ("booking", booking.id))
    _run(work, operation_id)


def settle_dispute(work: Work, dispute_id: str, command: SettleCase) -> None:
    """Bear what an expert owes from a lost dispute: it will not come back.

    Raises `Conflict` "dispute_open" while the bank has not decided, "nothing_owed" when there is nothing to bear.
    """
    require(command.actor, Role.ADMIN)
    note = _reason(command.note, "note")
    with work.transaction() as tx:
        booking = own_booking(tx, command.actor, command.booking_id)
        row = tx.session.get(Dispute, dispute_id)
        if row is None or row.booking_id != booking.id:
            raise NotFound("dispute_not_found")
        if row.closed_at is None:
            raise Conflict("dispute_open", booking_id=booking.id)
        owed = balance_of(tx.session, ledger.expert_receivable(booking.expert_id), booking.id)
        if owed <= 0 or row.written_off_at is not None:
            raise Conflict("nothing_owed", booking_id=booking.id)
        post(tx, ledger.written_off(party_of(booking), Source("dispute", row.id), owed))
        row.written_off_at = tx.now
        tx.journal(command.actor, "booking.written_off", ("booking", booking.id), new={"minor": owed, "note": note})


def _decide(work: Work, tx: Transaction, command: SettleProblem, booking: Booking, *, everything: bool) -> int | None:
    if command.refund_minor == 0:
        pay_expert(work, tx, command.actor, booking, "pay_expert")
        return None
    whole = S.NO_SHOW_EXPERT if command.absent == "expert" else S.REFUNDED
    ending = whole if everything else S.RELEASING
    return give_back(work, tx, command.actor, booking, "refund_lead", ending, command.refund_minor)


def _give_back_beyond(work: Work, tx: Transaction, command: RefundBeyond, booking: Booking, case: Case) -> int:
    ending = BookingState(booking.state)
    if command.amount_minor == kept_minor(booking) and ending is not S.CANCELLED_BY_LEAD:
        ending = S.REFUNDED
    if ending is S.REFUNDED and booking.state == S.CONFIRMED:
        raise Conflict("cancel_instead", booking_id=booking.id)
    if is_settled(tx, booking):
        return give_back_settled(work, tx, command.actor, booking, ending, case)
    return give_back(work, tx, command.actor, booking, "refund_beyond", ending, command.amount_minor)


def _case(tx: Transaction, actor: Actor, booking: Booking, amount_minor: int, reason: str) -> Case:
    case = Case(
        booking_id=booking.id,
        kind="refund_beyond",
        side="admin",
        opened_by=actor.account_id,
        opened_at=tx.now,
        settled_by=actor.account_id,
        settled_at=tx.now,
        verdict="refund_part" if amount_minor < kept_minor(booking) else "refund_all",
        refund_minor=amount_minor,
        words=reason,
    )
    tx.session.add(case)
    tx.session.flush()
    return case


def _close_cases(tx: Transaction, actor: Actor, booking: Booking, verdict: str, refund_minor: int, note: str) -> None:
    for kind in ("problem", "no_show"):
        case = open_case(tx.session, booking.id, kind)
        if case is not None:
            case.settled_by, case.settled_at, case.verdict = actor.id, tx.now, verdict
            case.refund_minor, case.note = refund_minor, note


def _mark(booking: Booking, absent: str) -> None:
    booking.absent = absent
    if absent:
        booking.rate_by = None


def _reason(words: str, field: str) -> str:
    if not words.strip():
        raise Invalid("reason_missing", field=field)
    if len(words) > LONGEST_NOTE:
        raise Invalid("text_too_long", field=field, most=LONGEST_NOTE)
    return words.strip()


def _run(work: Work, operation_id: int | None) -> None:
    if operation_id is not None:
        run_operation(work, operation_id)
