"""What passes filters, and how many each choice would leave: arrays by the caller's places, no rows.

A table has one column per filter. Its arrays are the caller's, who replaces a column when its values change
(prices, ratings, free slots) without touching the others or the index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
Counts = NDArray[np.int64]

NONE: Final = -1  # the code of a document that has no value


class Column(Protocol):
    """One filter: what each document offers to it."""

    def passes(self, places: Places, chosen: Sequence[int]) -> Mask:
        """Tell, for each of these places, whether any of the chosen choices lets it through."""
        ...

    def counts(self, places: Places) -> Counts:
        """Return how many of these places each choice lets through."""
        ...


@dataclass(frozen=True, slots=True)
class One:
    """Every document has one code, or NONE: a length, a city."""

    codes: NDArray[np.int32]  # by place
    size: int  # of the list of choices; codes are places in it

    def passes(self, places: Places, chosen: Sequence[int]) -> Mask:
        return _wanted(self.size, chosen)[self.codes[places]]

    def counts(self, places: Places) -> Counts:
        return np.bincount(self.codes[places] + 1, minlength=self.size + 1)[1:]


@dataclass(frozen=True, slots=True)
class Many:
    """Every document has any number of codes, each once: topics."""

    codes: NDArray[np.int32]  # of the first document, then of the second ...
    starts: NDArray[np.int64]  # by place, and one more: where its codes start
    size: int

    @classmethod
    def of(cls, codes: Iterable[Iterable[int]], size: int) -> Many:
        """Lay lists of codes, one per place, end to end."""
        lists = [tuple(each) for each in codes]
        starts = np.cumsum([0, *map(len, lists)])
        return cls(np.array([code for each in lists for code in each], np.int32), starts, size)

    def passes(self, places: Places, chosen: Sequence[int]) -> Mask:
        wanted, passed = _wanted(self.size, chosen), np.zeros(len(places), np.bool_)
        for owners, entries in self._columns(places):
            passed[owners] |= wanted[self.codes[entries]]
        return passed

    def counts(self, places: Places) -> Counts:
        entries = [each for _, each in self._columns(places)]
        return np.bincount(self.codes[np.concatenate([np.empty(0, np.int64), *entries])], minlength=self.size)

    def _columns(self, places: Places) -> Iterator[tuple[slice | Mask, Places]]:
        """Yield where the first codes of these places stand, then the second ones ...; documents have few."""
        first = self.starts[places]
        length = self.starts[places + 1] - first
        for at in range(int(length.max(initial=0))):
            owners = length > at
            if owners.all():
                yield slice(None), first + at
            else:
                yield owners, first[owners] + at


@dataclass(frozen=True, slots=True)
class Bits:
    """Every document has some of very few codes, a bit for each: languages, formats."""

    bits: NDArray[np.int8]  # by place
    size: int  # 7 at most

    @classmethod
    def of(cls, codes: Iterable[Iterable[int]], size: int) -> Bits:
        """Take lists of codes, one per place."""
        return cls(np.array([sum(1 << code for code in each) for each in codes], np.int8), size)

    def passes(self, places: Places, chosen: Sequence[int]) -> Mask:
        return np.asarray(self.bits[places] & sum(1 << code for code in chosen), np.bool_)

    def counts(self, places: Places) -> Counts:
        by_set = np.bincount(self.bits[places], minlength=1 << self.size)
        held = np.arange(len(by_set))[:, None] >> np.arange(self.size) & 1
        return np.asarray(by_set @ held, np.int64)


@dataclass(frozen=True, slots=True)
class Within:
    """Every document has a number, and a choice lets through what lies between two: prices, stars, days to a slot."""

    values: NDArray[np.float64]  # by place; not a number where there is none
    bounds: Sequence[tuple[float, float]]  # of each choice, both included

    def passes(self, places: Places, chosen: Sequence[int]) -> Mask:
        values, passed = self.values[places], np.zeros(len(places), np.bool_)
        for choice in chosen:
            low, high = self.bounds[choice]
            passed |= (values >= low) & (values <= high)
        return passed

    def counts(self, places: Places) -> Counts:
        values = self.values[places]
        found = [np.count_nonzero((values >= low) & (values <= high)) for low, high in self.bounds]
        return np.array(found, np.int64)


Table = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Filtered:
    """What passed every filter, and, by filter, how many each of its choices leaves under all the others."""

    places: Places
    counts: Mapping[str, Counts]


def filtered(table: Table, places: Places, chosen: Mapping[str, Sequence[int]]) -> Filtered:
    """Lay the chosen filters over what was found. A filter without a choice lets everything through.

    Only what was found is looked at, so the cost does not grow with the table.
    """
    masks = {name: table[name].passes(places, choices) for name, choices in chosen.items() if len(choices)}
    kept = _kept(places, masks.values())  # and what each filter without a choice counts
    left = {name: _kept(places, _others(masks, name)) for name in masks}
    return Filtered(kept, {name: column.counts(left.get(name, kept)) for name, column in table.items()})


def _others(masks: Mapping[str, Mask], name: str) -> list[Mask]:
    return [mask for other, mask in masks.items() if other != name]


def _kept(places: Places, masks: Collection[Mask]) -> Places:
    return places[reduce(np.logical_and, masks)] if masks else places


def _wanted(size: int, chosen: Sequence[int]) -> Mask:
    """True at the chosen codes; the last place stands for NONE, which -1 reaches."""
    wanted = np.zeros(size + 1, np.bool_)
    wanted[list(chosen)] = True
    wanted[NONE] = False
    return wanted
