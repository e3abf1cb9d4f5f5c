"""Verdicts, reasons, claims and differences."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Forbidden, Invalid
from marketplace.domain.moderation import (
    CLAIM,
    OFFERING_REASONS,
    VETTING,
    Change,
    Piece,
    Verdict,
    Vetting,
    checked_reason,
    claim_ends,
    difference,
    held_by_other,
)

NINE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
VETTING_TABLE = {
    ("new", "apply"): ("expert", "applied"),
    ("refused", "apply"): ("expert", "applied"),
    ("applied", "approve"): ("admin", "approved"),
    ("applied", "reject"): ("admin", "refused"),
}


@pytest.mark.parametrize(
    ("state", "move", "role"), list(product(Vetting, ("apply", "approve", "reject", "request_changes"), Role))
)
def test_every_cell_of_the_vetting_lifecycle(state, move, role):
    cell = VETTING_TABLE.get((state, move))
    if cell is None:
        with pytest.raises(Conflict):
            VETTING.next(state, move, role)
    elif cell[0] != role:
        with pytest.raises(Forbidden):
            VETTING.next(state, move, role)
    else:
        assert VETTING.next(state, move, role) == cell[1]


def test_an_approval_needs_no_reason():
    assert checked_reason(Verdict.APPROVE, "", "", OFFERING_REASONS) == "fits"


def test_a_refusal_needs_a_reason_of_the_list():
    assert checked_reason(Verdict.REJECT, "advertising", "", OFFERING_REASONS) == "advertising"
    for reason in ("", "because", "fits"):
        with pytest.raises(Invalid, match="reason_missing"):
            checked_reason(Verdict.REQUEST_CHANGES, reason, "", OFFERING_REASONS)


def test_another_reason_needs_words():
    assert checked_reason(Verdict.REJECT, "other", "See our mail.", OFFERING_REASONS) == "other"
    with pytest.raises(Invalid, match="note_missing"):
        checked_reason(Verdict.REJECT, "other", "", OFFERING_REASONS)


def test_a_note_has_a_limit():
    assert checked_reason(Verdict.APPROVE, "", "x" * 2000, OFFERING_REASONS)
    with pytest.raises(Invalid, match="note_length"):
        checked_reason(Verdict.APPROVE, "", "x" * 2001, OFFERING_REASONS)


@pytest.mark.parametrize(("seconds", "held"), [(-1, True), (0, False), (1, False)])
def test_a_claim_ends_after_twenty_minutes(seconds, held):
    now = NINE + CLAIM + timedelta(seconds=seconds)
    assert held_by_other(7, NINE, 8, now) is held
    assert claim_ends(NINE) == NINE + timedelta(minutes=20)


def test_nobody_or_oneself_does_not_hold_an_item_against_oneself():
    assert not held_by_other(None, None, 8, NINE)
    assert not held_by_other(8, NINE, 8, NINE)


def test_changed_words_are_shown_as_one_change():
    assert difference("I drove a red car to Paris.", "I drove a blue bus to Paris, twice.") == (
        Piece(Change.SAME, "I drove a "),
        Piece(Change.REMOVED, "red car"),
        Piece(Change.ADDED, "blue bus"),
        Piece(Change.SAME, " to Paris"),
        Piece(Change.ADDED, ", twice"),
        Piece(Change.SAME, "."),
    )


def test_an_amount_is_one_word():
    assert difference("900.00", "950.00") == (Piece(Change.REMOVED, "900.00"), Piece(Change.ADDED, "950.00"))


def test_equal_texts_have_no_change():
    assert difference("Same words", "Same words") == (Piece(Change.SAME, "Same words"),)
    assert difference("", "") == ()


@given(st.text(alphabet="ab é,\n", max_size=40), st.text(alphabet="ab é,\n", max_size=40))
def test_the_pieces_make_up_both_texts(old, new):
    pieces = difference(old, new)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == old
    assert "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == new
