"""A text that holds all of a few words says more than one that repeats the rarest of them.

Of the score, the part TOGETHER counts by how much of the request a text holds, by the rarity of its words: classic
Lucene's coordination factor with idf in it. Of a longer request no text holds everything; what it lacks says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from search.additions import Additions
from search.arrays import Floats
from search.ranking import Word, summed
from search.request import FEW_WORDS, Request
from search.snapshot import Snapshot

# Measured with search.evaluate: 0.4 to 0.8 help wherever a few words are asked for, and more helps more.
TOGETHER: Final = 0.8


_REST: Final = np.float32(1 - TOGETHER)


def factors(
    snapshot: Snapshot,
    request: Request,
    words: Sequence[Word],
    asked: Sequence[Word],
    whole: float,
    added: Additions,
) -> Floats | None:
    """Return what each score is multiplied with, less where a text lacks some of what was asked, which weighs `whole`.

    `words` are its words put right. None where a request has one word, or more than a few.
    """
    if not 1 < len(request.wanted) <= FEW_WORDS:
        return None
    parts = [TOGETHER * word.weight(snapshot) / whole for word in words]
    found = summed(snapshot, words, parts, float(_REST), added)
    # A word that was completed in several ways may be held in each of them.
    return np.minimum(found, np.float32(1), out=found) if len(words) > len(asked) else found


def shares_in(found: Floats) -> Floats:
    """Return how much of the request each text holds, from what its score was multiplied with."""
    shares: Floats = np.minimum((found - _REST) / np.float32(TOGETHER), np.float32(1))
    return shares
