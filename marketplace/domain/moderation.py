"""Moderation: verdicts and their reasons, who holds an item, and what changed between two versions of a text."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum

from marketplace.domain.access import Role
from marketplace.domain.errors import Invalid
from marketplace.domain.lifecycle import Lifecycle, Move, rows

CLAIM = timedelta(minutes=20)  # how long an admin who opened an item keeps it from the others
MAX_NOTE = 2000  # characters
FITS = "fits"  # the reason an approval carries


class Verdict(StrEnum):
    """What an admin may decide; the words are also the moves of the lifecycles."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"


class Vetting(StrEnum):
    """Where an expert's application stands."""

    NEW = "new"
    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"


class Change(StrEnum):
    """What happened to a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and what happened to it."""

    change: Change
    text: str


VETTING: Lifecycle[Vetting] = Lifecycle(
    "application",
    (
        *rows("apply", (Vetting.NEW, Vetting.REFUSED), (Role.EXPERT,), Vetting.APPLIED),
        Move(Vetting.APPLIED, "approve", frozenset({Role.ADMIN}), Vetting.APPROVED),
        Move(Vetting.APPLIED, "reject", frozenset({Role.ADMIN}), Vetting.REFUSED),
    ),
)

OFFERING_REASONS = (
    "not_precise",
    "outcome_unclear",
    "experience_missing",
    "advertising",
    "contact_details",
    "price_unfit",
    "wrong_topics",
    "hard_to_read",
    "duplicate",
    "confidential",
    "not_allowed",
    "other",
)
EXPERT_REASONS = (
    "more_details",
    "references_missing",
    "references_unclear",
    "teaching_unclear",
    "experience_short",
    "not_allowed",
    "other",
)


def checked_reason(verdict: Verdict, reason: str, note: str, reasons: tuple[str, ...]) -> str:
    """The reason to write down: an approval fits; anything else needs one of the list, and 'other' needs words."""
    if len(note) > MAX_NOTE:
        raise Invalid("note_length", field="note")
    if verdict is Verdict.APPROVE:
        return FITS
    if reason not in reasons:
        raise Invalid("reason_missing", field="reason")
    if reason == "other" and not note:
        raise Invalid("note_missing", field="note")
    return reason


def claim_ends(claimed_at: datetime) -> datetime:
    """When an item is free for the other admins again."""
    return claimed_at + CLAIM


def held_by_other(claimed_by: int | None, claimed_at: datetime | None, admin_id: int, now: datetime) -> bool:
    """Whether another admin has this item open: at the end of the claim it is free."""
    if claimed_by is None or claimed_at is None or claimed_by == admin_id:
        return False
    return now < claim_ends(claimed_at)


def difference(old: str, new: str) -> tuple[Piece, ...]:
    """Word by word. All pieces but the added ones make up the old text, all but the removed ones the new text."""
    before, after = _words(old), _words(new)
    pieces: list[Piece] = []
    for change, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if change == "equal":
            pieces.append(Piece(Change.SAME, "".join(before[i1:i2])))
            continue
        pieces.append(Piece(Change.REMOVED, "".join(before[i1:i2])))
        pieces.append(Piece(Change.ADDED, "".join(after[j1:j2])))
    return tuple(piece for piece in _bridged(pieces) if piece.text)


def _words(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,]\d+)+|\w+|\s+|[^\w\s]", text)


def _bridged(pieces: list[Piece]) -> list[Piece]:
    """Join changes that only a space keeps apart: 'red car' -> 'blue bus' reads better as one change than as two."""
    removed, added, result = "", "", []
    following = [*pieces[1:], Piece(Change.SAME, "")]
    for piece, after in zip(pieces, following, strict=False):
        if piece.change is Change.REMOVED:
            removed += piece.text
        elif piece.change is Change.ADDED:
            added += piece.text
        elif piece.text.isspace() and (removed or added) and after.change is not Change.SAME:
            removed, added = removed + piece.text, added + piece.text
        else:
            result += [Piece(Change.REMOVED, removed), Piece(Change.ADDED, added), piece]
            removed, added = "", ""
    return [*result, Piece(Change.REMOVED, removed), Piece(Change.ADDED, added)]
