"""What people do with a booking: reserve, answer, withdraw, move in time, take notes, cancel."""

from marketplace.services.bookings.answering import Answer, accept, decline, withdraw
from marketplace.services.bookings.cancelling import Cancel, cancel
from marketplace.services.bookings.no_shows import (
    Absence,
    contest_no_show,
    decide_due,
    report_no_show,
    retract_no_show,
)
from marketplace.services.bookings.notes import WriteNote, write_shared_note
from marketplace.services.bookings.paying import Again, Reserved, give_up, pay_again
from marketplace.services.bookings.problems import Problem, answer_problem, report_problem
from marketplace.services.bookings.proposals import (
    AnswerProposal,
    Propose,
    accept_proposal,
    expire_due,
    propose,
    refuse_proposal,
    withdraw_proposal,
)
from marketplace.services.bookings.reschedules import Reschedule, reschedule
from marketplace.services.bookings.reserving import Reserve, reserve
from marketplace.services.bookings.settling import (
    RefundBeyond,
    SettleCase,
    SettleProblem,
    refund_beyond_policy,
    repeat_refund,
    settle_dispute,
    settle_problem,
)

__all__ = [
    "Absence",
    "Again",
    "Answer",
    "AnswerProposal",
    "Cancel",
    "Problem",
    "Propose",
    "RefundBeyond",
    "Reschedule",
    "Reserve",
    "Reserved",
    "SettleCase",
    "SettleProblem",
    "WriteNote",
    "accept",
    "accept_proposal",
    "answer_problem",
    "cancel",
    "contest_no_show",
    "decide_due",
    "decline",
    "expire_due",
    "give_up",
    "pay_again",
    "propose",
    "refund_beyond_policy",
    "refuse_proposal",
    "repeat_refund",
    "report_no_show",
    "report_problem",
    "reschedule",
    "reserve",
    "retract_no_show",
    "settle_dispute",
    "settle_problem",
    "withdraw",
    "withdraw_proposal",
    "write_shared_note",
]
