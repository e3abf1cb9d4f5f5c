"""The scores of one request in the caller's own order, so that filters, counts and ranking are arrays throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats, Numbers
from search.finding import Answer
from search.port import Hit, Language
from search.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Places:
    """Where the documents of a caller's array stand in a snapshot."""

    snapshot: Snapshot
    # By place: the number in the snapshot, or the count of its documents where it has none. As wide as addresses are,
    # so that they need not be widened at every request.
    numbers: NDArray[np.intp]

    def taken(self, values: Floats) -> Floats:
        """Return the values of a snapshot's documents in the caller's order; 0 for unknown ones."""
        return np.append(values, np.float32(0)).take(self.numbers)


class Layout:
    """A caller's array of ids; where each segment's documents stand in it is found once a segment."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self.ids = ids
        self._order = np.argsort(ids, kind="stable")
        self._in_order = ids[self._order]
        self._segments: dict[str, Numbers] = {}
        self._latest: Places | None = None

    def over(self, snapshot: Snapshot) -> Places:
        """Lay the array over a snapshot."""
        latest = self._latest
        if latest is None or latest.snapshot is not snapshot:
            latest = self._latest = Places(snapshot, self._numbers(snapshot))
        return latest

    def _numbers(self, snapshot: Snapshot) -> NDArray[np.intp]:
        self._segments = {
            view.name: self._found(view.segment.ids) if (known := self._segments.get(view.name)) is None else known
            for view in snapshot.views
        }
        numbers = np.full(len(self.ids) + 1, len(snapshot.ids), np.intp)  # unknown documents go to the last place
        for view, start in zip(snapshot.views, snapshot.starts, strict=False):
            places = self._segments[view.name].copy()
            places[list(view.deleted)] = len(self.ids)
            numbers[places] = np.arange(start, start + view.segment.size)
        return numbers[:-1]

    def _found(self, ids: NDArray[np.int64]) -> Numbers:
        if not len(self.ids):
            return np.zeros(len(ids), np.int32)
        places = np.searchsorted(self._in_order, ids).clip(max=len(self.ids) - 1)
        found = np.where(self._in_order[places] == ids, self._order[places], len(self.ids))
        return found.astype(np.int32)


class PlacedScores:
    """See search.port.Scores."""

    def __init__(self, answer: Answer, places: Places) -> None:
        self._answer, self._places = answer, places
        self.values = places.taken(answer.total)
        self.suggestion: str | None = answer.suggestion
        self.language: Language = answer.request.language

    def shares(self) -> Floats:
        return self._places.taken(self._answer.shares())

    def hits(self, places: Sequence[int]) -> tuple[Hit, ...]:
        numbers = self._places.numbers[np.asarray(places, np.int64)]
        return self._answer.hits(numbers[numbers < len(self._answer.total)].astype(np.int32))
