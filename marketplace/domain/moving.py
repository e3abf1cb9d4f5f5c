"""Moving a session in time: who may, until when, how often, and the life of proposed times. No money moves."""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.domain.access import Role
from marketplace.domain.booking import ANSWER_AT_LEAST, BookingState, accept_deadline
from marketplace.domain.errors import Conflict
from marketplace.domain.lifecycle import Lifecycle, Move, rows

MOST_TIMES = 3  # in one proposal
MOST_MOVES = 2  # of one booking
FREE_UNTIL = timedelta(hours=48)  # before the start
ANSWER_WITHIN = timedelta(hours=48)
ANSWER_BEFORE = timedelta(hours=2)  # the first of the proposed times, or the session itself
SHORTEST_ANSWER = timedelta(hours=1)
LONGEST_NOTE = 400  # characters

MOVABLE = frozenset({BookingState.REQUESTED, BookingState.CONFIRMED})


class ProposalState(StrEnum):
    """Where a proposal of other times stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    COUNTERED = "countered"  # the other side proposed times in turn
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"  # the session was moved, answered or ended otherwise


_P = ProposalState
_SIDES = frozenset({Role.LEAD, Role.EXPERT})
_SYSTEM = frozenset({Role.SYSTEM})

PROPOSAL: Lifecycle[ProposalState] = Lifecycle(
    "proposal",
    (
        Move(_P.OPEN, "accept", _SIDES, _P.ACCEPTED),
        Move(_P.OPEN, "counter", _SIDES, _P.COUNTERED),
        Move(_P.OPEN, "refuse", _SIDES, _P.REFUSED),
        Move(_P.OPEN, "withdraw", _SIDES, _P.WITHDRAWN),
        *rows("expire", (_P.OPEN,), _SYSTEM, _P.EXPIRED),
        *rows("overtake", (_P.OPEN,), _SYSTEM, _P.OVERTAKEN),
    ),
)


def check_movable(state: str, moves: int, starts_at: datetime, now: datetime) -> None:
    """Raise `Conflict` unless a booking may still be moved: "booking_not_movable", "moves_used" after two moves,
    "move_too_late" from 48 hours before a confirmed session on (a request may move until it starts)."""
    if state not in MOVABLE:
        raise Conflict("booking_not_movable")
    if moves >= MOST_MOVES:
        raise Conflict("moves_used", most=MOST_MOVES)
    last = starts_at - FREE_UNTIL if state == BookingState.CONFIRMED else starts_at
    if now > last:
        raise Conflict("move_too_late", hours=int(FREE_UNTIL / timedelta(hours=1)))


def is_movable(state: str, moves: int, starts_at: datetime, now: datetime) -> bool:
    """Whether `check_movable` lets it pass."""
    try:
        check_movable(state, moves, starts_at, now)
    except Conflict:
        return False
    return True


def answer_deadline_after(capture_before: datetime | None, starts_at: datetime, now: datetime) -> datetime:
    """Until when the expert answers a request whose time moved at `now`; the card's hold stays what it is.

    `Conflict` "authorisation_too_short" when the hold would end before the expert has had an hour.
    """
    deadline = accept_deadline(now, capture_before, starts_at)
    if deadline < now + ANSWER_AT_LEAST:
        raise Conflict("authorisation_too_short")
    return deadline


def proposal_deadline(now: datetime, starts_at: datetime, first: datetime, accept_by: datetime | None) -> datetime:
    """Until when the other side may take one of the times: two days, sooner where the session, the first of the times
    or the answer to the request is near; never less than an hour."""
    limits = [now + ANSWER_WITHIN, starts_at - ANSWER_BEFORE, first - ANSWER_BEFORE]
    if accept_by is not None:
        limits.append(accept_by)
    return max(min(limits), now + SHORTEST_ANSWER)
