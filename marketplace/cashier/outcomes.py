"""What follows from an operation's outcome: projection, postings, the booking's move and events, all in one go."""

from collections.abc import Callable
from dataclasses import dataclass

from marketplace.cashier.calls import Call
from marketplace.cashier.disputes import conclude, secure_share
from marketplace.cashier.moves import end_unpaid, finish_ending, move
from marketplace.cashier.queue import queue_expire, queue_void_stray, subject_of
from marketplace.cashier.reducer import apply_hold, ask_again
from marketplace.cashier.refunds import FAILED, undo
from marketplace.cashier.reversals import share_not_taken_back, share_taken_back
from marketplace.cashier.shares import settle_rest
from marketplace.domain import ledger
from marketplace.domain.access import SYSTEM
from marketplace.domain.booking import BookingState
from marketplace.domain.events import MoneyReleased, PayoutBlocked
from marketplace.store.bookings import Booking, booking_to_change
from marketplace.store.cases import close_case, open_dispute
from marketplace.store.experts import Expert
from marketplace.store.ledger import post
from marketplace.store.money import raise_alert
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import Account, Checkout, GatewayRefused, Hold, Refund, Reversal, Transfer

# A part went back and the session is still to come, or to be released: nothing is shared out yet.
GOES_ON = frozenset({BookingState.CONFIRMED, BookingState.IN_PROGRESS, BookingState.AWAITING_FEEDBACK})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definite no, with what Stripe shows of the payment since, where that helps to understand it."""

    error: GatewayRefused
    hold: Hold | None = None


def follow_answer(work: Work, tx: Transaction, call: Call, answer: object) -> None:
    """Stripe did it: whatever follows, in the caller's transaction."""
    match answer:
        case Account():
            _account_opened(tx, call, answer)
        case Checkout():
            _checkout_answered(work, tx, _booking(tx, call), call, answer)
        case Hold():
            _payment_changed(work, tx, _booking(tx, call), answer)
        case Refund():
            _refund_given(work, tx, _booking(tx, call), call, answer)
        case Transfer():
            _share_sent(work, tx, _booking(tx, call), answer)
        case Reversal():
            share_taken_back(work, tx, _booking(tx, call), call, answer)


def follow_refusal(work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    """Stripe will never do it: whatever follows, in the caller's transaction."""
    _REFUSED[call.kind](work, tx, call, refusal)


def _booking(tx: Transaction, call: Call) -> Booking:
    booking = booking_to_change(tx.session, call.booking_id or 0)
    if booking is None:
        raise LookupError(f"{call.key} belongs to no booking")
    return booking


def _account_opened(tx: Transaction, call: Call, account: Account) -> None:
    expert = _expert(tx, call)
    expert.payout_account = account.id
    expert.payouts_active = account.transfers_active
    expert.payouts_checked_at = tx.now
    tx.journal(SYSTEM, "expert.payout_account_opened", ("expert", expert.id), new={"account": account.id})


def _checkout_answered(work: Work, tx: Transaction, booking: Booking, call: Call, checkout: Checkout) -> None:
    if call.kind == "expire":
        return
    if booking.state != BookingState.AWAITING_PAYMENT:
        # The page came up after its booking had ended (a late retry): nobody may pay there.
        queue_expire(work, tx, booking, checkout.id)
        return
    booking.checkout_id = checkout.id
    booking.checkout_url = checkout.url


def _payment_changed(work: Work, tx: Transaction, booking: Booking, hold: Hold) -> None:
    apply_hold(work, tx, booking, hold, booking.payment_intent_id)


def _refund_given(work: Work, tx: Transaction, booking: Booking, call: Call, refund: Refund) -> None:
    again, settled = bool(call.params.get("again")), bool(call.params.get("from_reserve"))
    post(tx, ledger.refund(booking.id, refund.id, refund.amount_minor, refund.currency, settled=settled))
    if call.subject == subject_of(booking.id):
        _own_refund_given(work, tx, booking, refund, again=again)
    elif booking.state == BookingState.VOIDING and call.params["hold_id"] == booking.payment_intent_id:
        finish_ending(tx, booking)
    if again:
        close_case(tx, booking, "refund_failed", "repeated")
    if refund.status in FAILED:  # back before it was away: as if a notice had told so later
        undo(tx, booking, refund)


def _own_refund_given(work: Work, tx: Transaction, booking: Booking, refund: Refund, *, again: bool) -> None:
    booking.refunded_minor += refund.amount_minor
    if again:  # another refund of the same booking leaves what a bank had sent back where it is
        booking.undone_minor -= refund.amount_minor
    if booking.state == BookingState.REFUNDING:
        finish_ending(tx, booking)
    if booking.state not in GOES_ON:
        settle_rest(work, tx, booking)


def _share_sent(work: Work, tx: Transaction, booking: Booking, transfer: Transfer) -> None:
    post(tx, ledger.transfer(booking.id, booking.expert_id, transfer.id, transfer.amount_minor, transfer.currency))
    booking.sent_minor += transfer.amount_minor
    booking.transfer_id, booking.released_at = transfer.id, tx.now
    if booking.state == BookingState.RELEASING:
        move(tx, SYSTEM, booking, "pay_out")
    tx.emit(MoneyReleased(booking.id, transfer.amount_minor))
    _take_up_dispute(work, tx, booking)


def _take_up_dispute(work: Work, tx: Transaction, booking: Booking) -> None:
    """A dispute that came while a transfer was on its way waited for its outcome."""
    dispute = open_dispute(tx.session, booking.id)
    if booking.state == BookingState.DISPUTED and dispute is not None:
        secure_share(work, tx, booking, dispute)
        conclude(work, tx, booking, dispute)


def _checkout_refused(_work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    booking = _booking(tx, call)
    if booking.state == BookingState.AWAITING_PAYMENT and booking.checkout_id is None:
        end_unpaid(tx, SYSTEM, booking, "lapse")
    _alert(tx, "checkout_refused", call, refusal)


def _expire_refused(work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    # Already shut, or paid in the last moment: then the money goes back.
    if refusal.hold is not None:
        _payment_changed(work, tx, _booking(tx, call), refusal.hold)


def _capture_refused(work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    booking = _booking(tx, call)
    _alert(tx, "capture_refused", call, refusal)
    if refusal.hold is not None and refusal.hold.status != "requires_capture":
        _payment_changed(work, tx, booking, refusal.hold)
    elif booking.state == BookingState.CAPTURING:
        hold_id = call.params["hold_id"]
        ask_again(tx, booking)
        queue_void_stray(work, tx, booking, hold_id)


def _void_refused(work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    if refusal.hold is None or refusal.hold.status == "requires_capture":
        _alert(tx, "void_refused", call, refusal)
    else:
        _payment_changed(work, tx, _booking(tx, call), refusal.hold)


def _refund_refused(_work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    _alert(tx, "refund_refused", call, refusal)


def _transfer_refused(work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    booking = _booking(tx, call)
    expert = tx.session.get_one(Expert, booking.expert_id)
    # Not before Stripe says again that the account can receive money.
    expert.payouts_active, expert.payouts_checked_at = False, tx.now
    if booking.state == BookingState.RELEASING:
        move(tx, SYSTEM, booking, "block")
    tx.emit(PayoutBlocked(booking.id, call.params["amount_minor"]))
    _alert(tx, "transfer_refused", call, refusal)
    _take_up_dispute(work, tx, booking)


def _reversal_refused(work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    share_not_taken_back(work, tx, _booking(tx, call), call, refusal.error.code)


def _account_refused(_work: Work, tx: Transaction, call: Call, refusal: Refusal) -> None:
    _alert(tx, "account_refused", call, refusal)


def _expert(tx: Transaction, call: Call) -> Expert:
    return tx.session.get_one(Expert, int(call.subject.removeprefix("expert:")))


def _alert(tx: Transaction, code: str, call: Call, refusal: Refusal) -> None:
    raise_alert(tx, code, call.subject, f"{call.key}: {refusal.error.code}")


_REFUSED: dict[str, Callable[[Work, Transaction, Call, Refusal], None]] = {
    "checkout": _checkout_refused,
    "expire": _expire_refused,
    "capture": _capture_refused,
    "void": _void_refused,
    "refund": _refund_refused,
    "transfer": _transfer_refused,
    "reversal": _reversal_refused,
    "account": _account_refused,
}
