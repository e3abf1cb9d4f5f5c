"""The scores of one request in the caller's own order, so that filters, counts and ranking are arrays throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats, Numbers
from search.finding import Answer
from search.port import Hit, Language
from search.ranking import shares
from search.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Places:
    """Where the documents of a caller's array stand in a snapshot."""

    snapshot: Snapshot
    ids: NDArray[np.int64]
    numbers: Numbers  # by place: the number in the snapshot, or the count of its documents where it has none

    @classmethod
    def of(cls, snapshot: Snapshot, ids: NDArray[np.int64]) -> Places:
        """Lay an array of ids over a snapshot."""
        return cls(snapshot, ids, snapshot.numbers_of(ids))

    def taken(self, values: Floats) -> Floats:
        """Return the values of a snapshot's documents in the caller's order; 0 for unknown ones."""
        return np.append(values, np.float32(0)).take(self.numbers)


class PlacedScores:
    """See search.port.Scores."""

    def __init__(self, answer: Answer, places: Places) -> None:
        self._answer, self._places = answer, places
        self.values = places.taken(answer.total)
        self.suggestion: str | None = answer.suggestion
        self.language: Language = answer.request.language

    def shares(self) -> Floats:
        return self._places.taken(shares(self._answer.snapshot, self._answer.words, self._answer.whole))

    def hits(self, places: Sequence[int]) -> tuple[Hit, ...]:
        numbers = self._places.numbers[np.asarray(places, np.int64)]
        return self._answer.hits(numbers[numbers < len(self._answer.total)])
