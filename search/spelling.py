"""Words that the index does not know: completed, put right, or found by their letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import fold, grams
from search.arrays import Floats
from search.schema import EXACT, GRAMS
from search.snapshot import Snapshot

SHORTEST: Final = 5  # letters of a word that may hold an error
UNFINISHED_FROM: Final = 4  # letters of a word that may be completed
TWO_ERRORS_FROM: Final = 8  # letters of a word that may hold two
COMPLETIONS: Final = 5
ENOUGH_GRAMS: Final = 0.5  # share of a word's 4-grams that a title must hold


def completions(snapshot: Snapshot, key: str) -> tuple[str, ...]:
    """Return the most frequent words that begin like an unfinished one."""
    if len(key) < UNFINISHED_FROM:
        return ()
    longer = [word for word in _beginning_with(snapshot, key[0]) if word.startswith(key)]
    return tuple(_by_frequency(snapshot, longer)[:COMPLETIONS])


def correction(snapshot: Snapshot, key: str) -> str | None:
    """Return the known word nearest to an unknown one, without accents; the more frequent of equals.

    One letter may be wrong, missing, too many or swapped with its neighbour, two in a long word; the first one is
    right or swapped with the second.
    """
    if len(key) < SHORTEST or not key.isalpha():
        return None
    return _nearest(snapshot, key, _beginning_with(snapshot, key[0])) or _nearest(
        snapshot, key, _beginning_with(snapshot, key[1])
    )


def spelled(snapshot: Snapshot, key: str) -> str:
    """Return a known word as people write it, with its accents."""
    accented = [word for word in _beginning_with(snapshot, key[0]) if fold(word) == key and word != key]
    return next(iter(_by_frequency(snapshot, accented)), key)


def likeness(snapshot: Snapshot, keys: Iterable[str]) -> Floats:
    """Return, per document, the sum over the words of the share of their 4-grams in its title and topics.

    A word must begin alike (tarification finds tarifer, not electrification); shares below one half are chance.
    """
    total = np.zeros(len(snapshot.ids), np.float32)
    for key in keys:
        share = _share_of_grams(snapshot, grams(key))
        total += np.where(share >= ENOUGH_GRAMS, share, np.float32(0))
    return total


def _share_of_grams(snapshot: Snapshot, sought: list[str]) -> Floats:
    share = np.zeros(len(snapshot.ids), np.float32)
    for gram in sought:
        share[snapshot.holders(GRAMS, gram)] += np.float32(1 / len(sought))
    begins_alike = np.zeros(len(snapshot.ids), np.bool_)
    begins_alike[snapshot.holders(GRAMS, sought[0])] = True
    return share * begins_alike


def _nearest(snapshot: Snapshot, key: str, words: Iterable[str]) -> str | None:
    allowed = 2 if len(key) >= TWO_ERRORS_FROM else 1
    near = process.extract(
        key, [word for word in words if word.isascii()], scorer=OSA.distance, score_cutoff=allowed, limit=None
    )
    if not near:
        return None
    least = min(distance for _, distance, _ in near)
    return next(iter(_by_frequency(snapshot, [word for word, distance, _ in near if distance == least])), None)


def _by_frequency(snapshot: Snapshot, words: Iterable[str]) -> list[str]:
    living = [(len(snapshot.holders(EXACT, word)), word) for word in set(words)]
    return [word for count, word in sorted(living, key=lambda each: (-each[0], each[1])) if count]


def _beginning_with(snapshot: Snapshot, letter: str) -> Iterable[str]:
    return (word for view in snapshot.views for word in view.segment.vocabulary.get(fold(letter), ()))
