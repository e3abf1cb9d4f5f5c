"""The index at one generation: segments laid end to end, deletions masked, lengths counted; nothing of its words."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import LENGTHS, SMALL, Floats, Numbers, Segment
from search.deaths import Dead
from search.found import Basis
from search.schema import PHRASE, SCORED, TEXT, TITLE
from search.sought import PLACES

K1: Final = 1.2
B: Final = 0.75
TITLE_B: Final = 1.0  # the title that says only what was asked for comes first
# Mean lengths are rounded to this part of themselves, as Whoosh rounds every length to one byte (far more coarsely):
# what was reckoned from them holds over thousands of commits.
MEAN_STEP: Final = 5e-3


class View(NamedTuple):
    """A segment and which of its documents are deleted."""

    segment: Segment
    deleted: tuple[int, ...]

    @property
    def name(self) -> str:
        """The segment's, the same as long as the segment is there."""
        return self.segment.name


class Frame:
    """Where documents stand until the next commit.

    Large segments come first, and what was found in them is kept as long as they are there. The small ones behind them
    come with every commit and go with every merge.
    """

    def __init__(self, generation: int, views: Sequence[View], earlier: Frame | None = None) -> None:
        self.generation = generation
        self.large = tuple(view for view in views if view.segment.size > SMALL)
        small = tuple(view for view in views if view.segment.size <= SMALL)
        self.views = (*self.large, *small)
        self.small = tuple(view.segment for view in small)
        self.ids: NDArray[np.int64] = _joined([view.segment.ids for view in self.views], np.int64)
        self.starts: list[int] = np.cumsum([0, *(view.segment.size for view in self.views)]).tolist()
        self.small_starts = [start - self.starts[len(self.large)] for start in self.starts[len(self.large) :]]
        self._dead = [np.array(sorted(view.deleted), np.int32) for view in self.views]
        self.dead: NDArray[np.int64] = _joined(
            [dead + np.int64(start) for dead, start in zip(self._dead, self.starts, strict=False)], np.int64
        )
        self.alive = np.ones(len(self.ids), np.bool_)
        self.alive[self.dead] = False
        self.dead_in_large = [
            Dead.of(dead, view.segment.size) for dead, view in zip(self._dead, self.large, strict=False)
        ]
        self.count = len(self.ids) - len(self.dead)
        self.basis: Basis = self._basis(earlier.basis if earlier else None)
        self._norms = {field: _norms(field, mean) for field, mean in zip(SCORED, self.basis.means, strict=True)}
        self._norms[PHRASE] = self._norms[TEXT]
        self._divisors: dict[str, Floats] = {}

    def idf(self, frequency: int) -> float:
        """Return Lucene's idf of a term that so many documents hold."""
        return log(1 + (max(self.count - frequency, 0) + 0.5) / (frequency + 0.5))

    def idfs(self, frequencies: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return Lucene's idf of many."""
        idf: NDArray[np.float64] = np.log(1 + (np.maximum(self.count - frequencies, 0) + 0.5) / (frequencies + 0.5))
        return idf

    def holders(self, field: str, term: str) -> Numbers:
        """Return the living documents that hold a term."""
        found: Numbers = _joined(
            [view.segment.holders(field, term) + np.int32(start) for view, start in self._placed()], np.int32
        )
        return found[self.alive[found]]

    def numbers(self, ids: NDArray[np.int64]) -> Numbers:
        """Return the numbers of the living documents with these ids; unknown ids are passed over."""
        found: Numbers = _joined([own + np.int32(start) for own, start in self.located(ids)], np.int32)
        return found

    def located(self, ids: NDArray[np.int64]) -> list[tuple[Numbers, int]]:
        """Return, for each segment, its living documents with these ids, and the number of its first document."""
        found = [(view.segment.numbers(ids), start) for view, start in self._placed()]
        return [(numbers[self.alive[numbers + start]], start) for numbers, start in found]

    def divisors(self, field: str, segment: Segment, documents: Numbers) -> Floats:
        """Return what the formula divides by for some documents of a segment."""
        return self._norms[field][segment.lengths[field][documents]]

    def all_divisors(self, segment: Segment) -> Floats:
        """Return what the formula divides by, by field (see search.sought.PLACES) and document."""
        known = self._divisors.get(segment.name)
        if known is None:
            known = np.stack([self._norms[field][segment.lengths[field]] for field in PLACES])
            self._divisors[segment.name] = known
        return known

    def _placed(self) -> zip[tuple[View, int]]:
        return zip(self.views, self.starts, strict=False)

    def _basis(self, earlier: Basis | None) -> Basis:
        """Return the earlier one if it still holds."""
        names = tuple(view.name for view in self.large)
        means = tuple(self._mean(field) for field in SCORED)
        if earlier and (earlier.names, earlier.means) == (names, means):
            return earlier
        return Basis(names, means)

    def _mean(self, field: str) -> float:
        counts = np.zeros(256, np.int64)
        for view, dead in zip(self.views, self._dead, strict=True):
            codes = view.segment.lengths[field]
            counts += view.segment.spread[field] - np.bincount(codes[dead], minlength=256)
        return rounded(float(counts @ LENGTHS) / max(self.count, 1))


def rounded(number: float) -> float:
    """Round a number from 1 on to steps of `MEAN_STEP` of itself."""
    return exp(round(log(max(number, 1.0)) / MEAN_STEP) * MEAN_STEP)


def _norms(field: str, mean: float) -> Floats:
    """Return, for each of Whoosh's 256 lengths, what it divides by."""
    b = TITLE_B if field == TITLE else B
    return (K1 * (1 - b + b * LENGTHS / mean)).astype(np.float32)


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)
