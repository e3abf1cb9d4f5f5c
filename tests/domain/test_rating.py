"""When a rating may be given, what it must hold, and when both are opened."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.booking import DEAD, ENDING, HELD, BookingState
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.rating import (
    COMMENT_LENGTH,
    DIMENSIONS,
    NOTE_LENGTH,
    Side,
    is_open,
    opens_now,
    require_open,
    require_sound,
)

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)
WITHOUT_SESSION = DEAD | ENDING


def refusal(state: str, rate_by: datetime | None, revealed_at: datetime | None = None) -> str:
    try:
        require_open(state, NOW, rate_by, revealed_at)
    except Conflict as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("state", sorted(BookingState))
def test_only_a_session_that_was_held_can_be_rated(state: BookingState) -> None:
    expected = "" if state in HELD else "rating_not_held" if state in WITHOUT_SESSION else "rating_too_early"
    assert refusal(state, SOON) == expected
    assert is_open(state, NOW, SOON, None) is (expected == "")


@pytest.mark.parametrize(("seconds", "code"), [(-1, "rating_closed"), (0, "rating_closed"), (1, "")])
def test_the_window_shuts_to_the_second(seconds: int, code: str) -> None:
    rate_by = NOW + timedelta(seconds=seconds)
    assert refusal("released", rate_by) == code
    assert is_open("released", NOW, rate_by, None) is (code == "")


def test_a_held_session_without_a_window_is_too_early() -> None:
    assert refusal("awaiting_feedback", None) == "rating_too_early"
    assert not is_open("awaiting_feedback", NOW, None, None)


def test_what_is_open_takes_no_further_rating() -> None:
    assert refusal("released", SOON, revealed_at=NOW) == "rating_closed"
    assert not is_open("released", NOW, SOON, NOW)


def sound(side: Side, overall: int = 3, stars: int = 3, comment: str = "", note: str = "") -> bool:
    """True for a rating without fault; a fault raises."""
    require_sound(side, overall, dict.fromkeys(DIMENSIONS[side], stars), comment, note)
    return True


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("stars", [1, 5])
def test_one_to_five_stars_for_every_question_are_sound(side: Side, stars: int) -> None:
    assert sound(side, stars, stars, "c" * COMMENT_LENGTH, "n" * NOTE_LENGTH)


@pytest.mark.parametrize("stars", [0, 6])
def test_other_stars_are_refused(stars: int) -> None:
    with pytest.raises(Invalid, match="rating_out_of_range"):
        sound(Side.LEAD, overall=stars)
    with pytest.raises(Invalid, match="rating_out_of_range"):
        sound(Side.EXPERT, stars=stars)


@pytest.mark.parametrize("answers", [{}, {"depth": 3}, dict.fromkeys(DIMENSIONS[Side.EXPERT], 3)])
def test_every_question_of_this_side_and_no_other_must_be_answered(answers: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="rating_incomplete"):
        require_sound(Side.LEAD, 3, answers, "", "")


def test_texts_have_an_end() -> None:
    with pytest.raises(Invalid, match="text_too_long"):
        sound(Side.LEAD, comment="c" * (COMMENT_LENGTH + 1))
    with pytest.raises(Invalid, match="text_too_long"):
        sound(Side.LEAD, note="n" * (NOTE_LENGTH + 1))


@pytest.mark.parametrize(
    ("sides", "opens"), [(set(), False), ({"lead"}, False), ({"expert"}, False), ({"lead", "expert"}, True)]
)
def test_both_ratings_open_when_both_are_in(sides: set[str], opens: bool) -> None:
    assert opens_now(sides) is opens
