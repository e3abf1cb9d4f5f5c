"""What the words of a request add to the documents of a snapshot, laid out to be added up.

A word that many documents hold is one number for each of them. What all others add lies end to end: one long addition
is many times as fast as a hundred short ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats, Numbers
from search.found import Found
from search.snapshot import Snapshot


class _Dense(NamedTuple):
    """A value for each document of a segment, 0 where a word is not held."""

    where: slice
    values: Floats
    owner: int  # the place of the word


class _Sparse(NamedTuple):
    """Documents that hold words, stretch after stretch."""

    first: int  # from where they are numbered
    documents: NDArray[np.intp]
    values: Floats
    owners: list[int]  # by stretch
    sizes: list[int]

    def spread(self, factors: Sequence[float]) -> Floats:
        """Return, for each document, the factor of the word that it holds there."""
        return np.repeat(np.array([factors[owner] for owner in self.owners], np.float32), self.sizes)


class Additions:
    """What some words add before their idf, the newest documents included, deleted ones, too."""

    def __init__(self, snapshot: Snapshot, words: Sequence[Found]) -> None:
        self._size = len(snapshot.ids)
        self._dense: list[_Dense] = []
        laid: dict[int, tuple[list[Numbers], list[Floats], list[int], list[int]]] = {}
        for owner, (known, _, _, _) in enumerate(words):
            for first, last, documents, values in known.places:
                if documents is None:
                    self._dense.append(_Dense(slice(first, last), values, owner))
                    continue
                lists = laid.setdefault(first, ([], [], [], []))
                lists[0].append(documents)
                lists[1].append(values)
                lists[2].append(owner)
                lists[3].append(len(documents))
        newest = snapshot.newest([word.slot for word in words])
        if newest is not None and newest.documents:
            lists = laid.setdefault(0, ([], [], [], []))
            lists[0].extend(newest.documents)
            lists[1].extend(newest.values)
            lists[2].extend(newest.owners)
            lists[3].extend(newest.sizes)
        self._sparse = [
            # NumPy would turn other numbers into its own each time, and slower.
            _Sparse(first, np.concatenate(documents_of, dtype=np.intp), np.concatenate(values_of), owners, sizes)
            for first, (documents_of, values_of, owners, sizes) in laid.items()
        ]

    def weighed(self, factors: Sequence[float]) -> Floats:
        """Return, for every document, what the words add, each times its factor."""
        total = np.zeros(self._size, np.float32)
        begun: set[int] = set()
        for where, values, owner in self._dense:
            if where.start in begun:
                total[where] += values * np.float32(factors[owner])
            else:  # nothing is there yet
                np.multiply(values, np.float32(factors[owner]), out=total[where])
                begun.add(where.start)
        for each in self._sparse:
            added = each.spread(factors)
            added *= each.values
            np.add.at(total[each.first :], each.documents, added)
        return total

    def counted(self, parts: Sequence[float], start: float) -> Floats:
        """Return, for every document, `start` and the parts of those words that it holds."""
        total = np.full(self._size, start, np.float32)
        for where, values, owner in self._dense:
            if parts[owner]:
                held = (values > 0).astype(np.float32)  # faster than to multiply truth values
                held *= np.float32(parts[owner])
                total[where] += held
        for each in self._sparse:
            np.add.at(total[each.first :], each.documents, each.spread(parts))
        return total
