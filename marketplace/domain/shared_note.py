"""The note that both sides of a session share: when it is open, and which of two writers is heard."""

from datetime import datetime

from marketplace.domain.booking import HELD, RATING_WINDOW, BookingState, outcome_of
from marketplace.domain.errors import Conflict, Invalid

LONGEST = 5_000  # characters
UNWRITTEN = 0  # the version of a note that nobody has written yet

# Paid, and the session is ahead, takes place, or is argued about before it counted as held.
_ALIVE = frozenset(
    {BookingState.CONFIRMED, BookingState.IN_PROGRESS, BookingState.NO_SHOW_REPORTED, BookingState.ON_HOLD}
)


def state_for_note(state: str, ending: str, disputed_from: str) -> str:
    """Where the booking stands for the two sides: a bank's question does not change it, nor does money on its way."""
    if state == BookingState.DISPUTED:
        state = disputed_from
    return outcome_of(state, ending)


def open_until(state: str, ends_at: datetime, rate_by: datetime | None) -> datetime | None:
    """When the note shuts: with the rating window. None where it is not open at all.

    `state` is that of `state_for_note`; `rate_by` is set when the session is over.
    """
    if state in HELD and rate_by is not None:
        return rate_by
    return ends_at + RATING_WINDOW if state in _ALIVE else None


def is_open(until: datetime | None, now: datetime) -> bool:
    """Whether the note can be written."""
    return until is not None and now < until


def require_open(until: datetime | None, now: datetime) -> None:
    """Raise `Conflict` "note_closed" where `is_open` says no."""
    if not is_open(until, now):
        raise Conflict("note_closed")


def tidy(text: str) -> str:
    """As it is kept: one kind of line break, nothing invisible at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def require_fitting(text: str) -> None:
    """Raise `Invalid` "text_too_long" for a note beyond the limit. An empty one is a note, too."""
    if len(text) > LONGEST:
        raise Invalid("text_too_long", field="text", most=LONGEST)
