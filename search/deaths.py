"""Which documents of a segment are dead, and how many of them hold a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import Numbers
from search.found import Part

Ints = NDArray[np.int64]

SHORT: Final = 1_000  # documents that are faster looked at than searched


class Dead(NamedTuple):
    """Some dead documents of a segment: their numbers, ascending, and the same as a mask."""

    numbers: Numbers  # as wide as those of parts, or a search would widen these
    mask: NDArray[np.bool_]

    @classmethod
    def of(cls, numbers: Numbers, size: int) -> Dead:
        """Make the mask."""
        mask = np.zeros(size, np.bool_)
        mask[numbers] = True
        return cls(numbers, mask)

    def since(self, earlier: Dead) -> Dead:
        """Return those that were not dead earlier."""
        return Dead.of(self.numbers[~earlier.mask[self.numbers]], len(self.mask))

    def among(self, parts: Sequence[Part]) -> Ints:
        """Return how many of them hold each word."""
        counts = np.zeros(len(parts), np.int64)
        if not len(self.numbers):
            return counts
        short = [place for place, part in enumerate(parts) if part.documents is not None and part.held < SHORT]
        if short:
            counts[short] = self._looked_at([parts[place] for place in short])
        for place, part in enumerate(parts):
            if part.documents is None or part.held >= SHORT:
                counts[place] = self._searched(part)
        return counts

    def _looked_at(self, parts: Sequence[Part]) -> Ints:
        ends = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([part.held for part in parts], out=ends[1:])
        sums = np.zeros(ends[-1] + 1, np.int64)
        np.cumsum(self.mask[np.concatenate([part.documents for part in parts])], out=sums[1:])
        return np.diff(sums[ends])

    def _searched(self, part: Part) -> int:
        if part.documents is None:
            return int(np.count_nonzero(part.values[self.numbers] > 0))
        places = part.documents.searchsorted(self.numbers)
        return int(np.count_nonzero(part.documents.take(places, mode="clip") == self.numbers))
