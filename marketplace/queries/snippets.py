"""The few lines of an offering's text that a list shows: its opening, or where the searched words stand."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate

from marketplace import wording
from search.port import Piece

SNIPPET = 190  # characters

# Texts are shown again and again; a list of ten reads twenty of them.
one_line = lru_cache(maxsize=2048)(wording.one_line)

Snippet = tuple[tuple[str, bool], ...]  # (words, whether they match the search)
Highlight = Callable[[str], Sequence[Piece]]

_STARTS = re.compile(r"(?<=[.!?…]) |(?<=[,;:]) ")


def opening(text: str) -> Snippet:
    """The first lines, unmarked."""
    return ((_cut(one_line(text)), False),)


def extract(text: str, highlight: Highlight) -> Snippet:
    """The stretch, from a sentence's or a clause's start, that holds the most different matches.

    The opening is preferred whenever it holds one, for it is written to be read first, and shown when nothing matches.
    """
    text = one_line(text)
    marked = highlight(_cut(text))
    if any(piece.is_match for piece in marked):
        return _snippet(marked)
    start = _richest_start(text, highlight(text))
    return _snippet(highlight(_cut(text[start:])), "… " if start else "")


def _richest_start(text: str, pieces: Sequence[Piece]) -> int:
    ends = list(accumulate(len(piece.text) for piece in pieces))
    matches = [(end, piece.text.casefold()) for end, piece in zip(ends, pieces, strict=True) if piece.is_match]
    starts = [0, *(found.end() for found in _STARTS.finditer(text))] if matches else [0]

    def worth(start: int) -> tuple[int, bool, int]:
        words = {word for end, word in matches if start <= end - len(word) and end < start + SNIPPET}
        return len(words), start == 0 or text[start - 2] not in ",;:", start

    return max(starts, key=worth)


def _snippet(pieces: Sequence[Piece], before: str = "") -> Snippet:
    shown = tuple((piece.text, piece.is_match) for piece in pieces)
    return ((before, False), *shown) if before else shown


def _cut(text: str) -> str:
    if len(text) <= SNIPPET:
        return text
    kept = text[:SNIPPET].rpartition(" ")[0] or text[: SNIPPET - 1]
    return kept.rstrip(" ,;:.") + "…"
