"""A text that holds all of a few words says more than one that repeats the rarest of them.

Of the score, the part TOGETHER counts by how much of the request a text holds, by the rarity of its words: classic
Lucene's coordination factor with idf in it. Of a longer request no text holds everything; what it lacks says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from search.arrays import Floats
from search.ranking import Word, holders
from search.request import FEW_WORDS, Request
from search.snapshot import Places, Snapshot

# Measured with search.evaluate: 0.4 to 0.8 help wherever a few words are asked for, and more helps more.
TOGETHER: Final = 0.8


def lowered(
    snapshot: Snapshot, request: Request, words: Sequence[Word], asked: Sequence[Word], total: Floats
) -> Floats:
    """Return the scores, lower where a text lacks some of what was asked; `words` are its words put right."""
    if not 1 < len(request.wanted) <= FEW_WORDS:
        return total
    whole = sum(word.weight(snapshot) for word in asked)
    factors = np.full(len(total), 1 - TOGETHER, np.float32)
    slots: list[int] = []
    parts: list[float] = []
    for word in words:
        part = TOGETHER * word.weight(snapshot) / whole
        if len(word.found) == 1:
            found, _ = word.found[0]
            _add(factors, found.known.places, np.float32(part))
            slots.append(found.slot)
            parts.append(part)
        else:  # a text may hold the word and its translation, too
            mask = np.zeros(len(total), np.bool_)
            mask[holders(snapshot, word)] = True
            factors += mask * np.float32(part)
    snapshot.add_newest(factors, slots, parts, are_weighed=False)
    if len(words) > len(asked):  # one was completed in several ways
        np.minimum(factors, np.float32(1), out=factors)
    return total * factors


def _add(factors: Floats, places: Places, part: np.float32) -> None:
    for first, last, documents, values in places:
        here = factors[first:last]
        if documents is None:
            here += (values > 0) * part
        else:
            here[documents] += part
