"""Ratings: what each side is asked, when it may answer, and when both answers are opened."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from marketplace.domain.booking import DEAD, ENDING, HELD
from marketplace.domain.errors import Conflict, Invalid


class Side(StrEnum):
    """Who rates."""

    LEAD = "lead"
    EXPERT = "expert"


# What each side is asked about the other, 1 to 5 each.
DIMENSIONS: Mapping[Side, tuple[str, ...]] = {
    Side.LEAD: ("depth", "clarity", "preparation", "usefulness", "punctuality"),
    Side.EXPERT: ("brief_quality", "respect", "punctuality", "openness"),
}
LEAST, MOST = 1, 5
COMMENT_LENGTH = 1500
NOTE_LENGTH = 1500
REPLY_LENGTH = 1000


def require_open(state: str, now: datetime, rate_by: datetime | None, revealed_at: datetime | None) -> None:
    """Raise `Conflict` unless the session was held, its 14 days are not over and nothing is open yet."""
    if is_over_without_session(state):
        raise Conflict("rating_not_held")
    if state not in HELD or rate_by is None:
        raise Conflict("rating_too_early")
    if now >= rate_by or revealed_at is not None:
        raise Conflict("rating_closed")


def is_over_without_session(state: str) -> bool:
    """Whether the booking ended, or is ending, without a session: there is nothing to rate."""
    return state in DEAD or state in ENDING


def is_open(state: str, now: datetime, rate_by: datetime | None, revealed_at: datetime | None) -> bool:
    """Whether `require_open` would let a rating pass: for showing the button."""
    return state in HELD and rate_by is not None and now < rate_by and revealed_at is None


def require_sound(side: Side, overall: int, dimensions: Mapping[str, int], comment: str, note: str) -> None:
    """Raise `Invalid` unless every question of this side has an answer from 1 to 5 and the texts fit."""
    if set(dimensions) != set(DIMENSIONS[side]):
        raise Invalid("rating_incomplete", field="dimensions")
    if not all(LEAST <= stars <= MOST for stars in (overall, *dimensions.values())):
        raise Invalid("rating_out_of_range", field="overall")
    if len(comment) > COMMENT_LENGTH or len(note) > NOTE_LENGTH:
        raise Invalid("text_too_long", field="comment")


def opens_now(sides_in: Collection[str]) -> bool:
    """Whether both sides have rated, so that both ratings appear together."""
    return set(sides_in) == set(Side)
