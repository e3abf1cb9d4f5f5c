"""What words add to the documents of the small segments, in few long arrays: word after word, by the word's slot.

A run never changes. Each commit brings a small one, and small ones are laid together before they are many. They all
stand end to end, so that a request gathers what it needs in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats, Numbers

FEW: Final = 8  # slots that are faster sliced than picked
GROWTH: Final = 4  # a run that is not so many times as long as the next one is laid together with it

Ints = NDArray[np.int64]
Stretch = tuple[Numbers, Floats]  # documents of the small segments, and what is added to them

NOTHING: Final[Stretch] = (np.empty(0, np.int32), np.empty(0, np.float32))


class Run(NamedTuple):
    """Some documents and what words add to them, before their idf."""

    starts: Ints  # where each slot's begin, and where the last one's end
    documents: Numbers  # numbered from the first of the small segments on
    values: Floats

    @classmethod
    def of(cls, owners: Ints, documents: Numbers, values: Floats, slots: int) -> Run:
        """Make a run of documents whose slots are ascending."""
        return cls(np.searchsorted(owners, np.arange(slots + 1)), documents, values)

    def over(self, slots: int) -> Run:
        """Return the same for more slots."""
        more = slots + 1 - len(self.starts)
        return self._replace(starts=np.append(self.starts, np.full(more, self.starts[-1]))) if more else self

    def moved(self, numbers: Numbers) -> Run:
        """Return the same where documents have these numbers now, without those that have none (-1)."""
        documents = numbers[self.documents]
        are_left = documents >= 0
        starts = _sums(are_left)[self.starts].astype(np.int64)
        return Run(starts, documents[are_left], self.values[are_left])

    def and_then(self, other: Run) -> Run:
        """Lay both together, this one's documents of each slot first."""
        together = len(self.documents) + len(other.documents)
        documents, values = np.empty(together, np.int32), np.empty(together, np.float32)
        for run, before in ((self, other.starts[:-1]), (other, self.starts[1:])):
            places = np.arange(len(run.documents), dtype=np.int32)
            places += np.repeat(before.astype(np.int32), np.diff(run.starts))
            documents[places], values[places] = run.documents, run.values
        return Run(self.starts + other.starts, documents, values)


class Gathered(NamedTuple):
    """What some words add to the documents of the small segments, in stretches; arrays may hold several, end to end."""

    owners: list[int]  # by stretch: the place of its word among them
    sizes: list[int]
    documents: list[Numbers]
    values: list[Floats]

    @classmethod
    def of(cls, owned: Sequence[tuple[int, Stretch]]) -> Gathered:
        """Take stretches, each with the place of its word."""
        documents = [documents for _, (documents, _) in owned]
        return cls(
            [owner for owner, _ in owned], [*map(len, documents)], documents, [values for _, (_, values) in owned]
        )

    def and_then(self, other: Gathered) -> Gathered:
        """Return both."""
        return Gathered(
            self.owners + other.owners,
            self.sizes + other.sizes,
            self.documents + other.documents,
            self.values + other.values,
        )


class Runs:
    """Runs over the same slots, end to end; to be read, documents have the numbers of the snapshot.

    `first` is that of the first document of the small segments.
    """

    def __init__(self, runs: Sequence[Run], slots: int, first: int) -> None:
        self.slots, self._first = slots, first
        self._documents = np.concatenate([NOTHING[0], *(run.documents for run in runs)]) + np.int32(first)
        self._values = np.concatenate([NOTHING[1], *(run.values for run in runs)])
        ends = np.cumsum([0, *(len(run.documents) for run in runs)]).tolist()
        starts = [run.starts + end for run, end in zip(runs, ends, strict=False)]
        self._starts = np.array(starts, np.int64).reshape(-1, slots + 1)
        self._rows = [row.data for row in self._starts]  # one number of these is read faster
        self._ends = ends

    def apart(self) -> list[Run]:
        """Return them one by one."""
        documents = self._documents - np.int32(self._first)
        return [
            Run(starts - start, documents[start:end], self._values[start:end])
            for starts, start, end in zip(self._starts, self._ends[:-1], self._ends[1:], strict=True)
        ]

    def counts(self, alive: NDArray[np.bool_]) -> Ints:
        """Return how many documents each slot has that are alive."""
        sums = _sums(alive[self._documents])[self._starts]
        counts: Ints = np.diff(sums, axis=1).sum(axis=0, dtype=np.int64)
        return counts

    def gathered(self, slots: Sequence[int]) -> Gathered:
        """Return what these slots add; their owners are their places."""
        return self._sliced(slots) if len(slots) <= FEW else self._picked(np.array(slots, np.int64))

    def _sliced(self, slots: Sequence[int]) -> Gathered:
        return Gathered.of([(owner, stretch) for owner, slot in enumerate(slots) for stretch in self.of_slot(slot)])

    def _picked(self, slots: Ints) -> Gathered:
        firsts = self._starts[:, slots].ravel()
        sizes = self._starts[:, slots + 1].ravel() - firsts
        ends = np.cumsum(sizes)
        places = np.arange(ends[-1] if len(ends) else 0)
        places += np.repeat(firsts - ends + sizes, sizes)
        owners = [*range(len(slots))] * len(self._starts)
        return Gathered(owners, sizes.tolist(), [self._documents[places]], [self._values[places]])

    def of_slot(self, slot: int) -> list[Stretch]:
        """Return one slot's documents, a stretch for each run that has any."""
        bounds = [(row[slot], row[slot + 1]) for row in self._rows]
        return [(self._documents[start:end], self._values[start:end]) for start, end in bounds if start < end]


def with_another(runs: Sequence[Run], run: Run) -> list[Run]:
    """Return the runs with one more."""
    if not len(run.documents):
        return list(runs)
    found = [*runs, run]
    while len(found) > 1 and len(found[-2].documents) < GROWTH * len(found[-1].documents):
        found[-2:] = [found[-2].and_then(found[-1])]
    return found


def end_to_end(stretches: Sequence[Stretch]) -> Stretch:
    """Lay stretches together."""
    if len(stretches) < 2:
        return stretches[0] if stretches else NOTHING
    documents, values = zip(*stretches, strict=True)
    return np.concatenate(documents), np.concatenate(values)


def _sums(are_so: NDArray[np.bool_]) -> Numbers:
    """Return how many are so before each place, and in all."""
    sums = np.zeros(len(are_so) + 1, np.int32)
    np.cumsum(are_so, out=sums[1:])
    return sums
