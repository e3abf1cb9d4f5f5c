"""The index at one generation: segments laid end to end, deletions masked, BM25 impacts per term.

Formula: BM25 with Lucene's idf, log(1 + (N - df + 0.5) / (df + 0.5)), as in Robertson and Zaragoza, "The
Probabilistic Relevance Framework" (2009), and Lucene's BM25Similarity. N, df and the mean length count living
documents only, so that a score does not depend on the commits and merges that led to it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from math import log
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.analysis import LANGUAGES
from search.arrays import Floats, Numbers, Segment
from search.cache import ArrayCache
from search.port import Language
from search.schema import GRAMS, SCORED, TITLE

K1: Final = 1.2
B: Final = 0.75
TITLE_B: Final = 1.0  # the title that says only what was asked for comes first
CACHE_BYTES: Final = 64_000_000
FREQUENCIES_BYTES: Final = 4_000_000


class Impacts(NamedTuple):
    """The living documents that hold a term, by their number in the snapshot, and what it adds to each."""

    documents: Numbers
    values: Floats
    idf: float


class Term(NamedTuple):
    """What is looked up: a term of a field, what it counts, and in texts of which language (None for all)."""

    field: str
    text: str
    weight: float
    language: Language | None = None


class View(NamedTuple):
    """A segment and which of its documents are deleted."""

    name: str
    segment: Segment
    deleted: tuple[int, ...]


NOTHING: Final = Impacts(np.empty(0, np.int32), np.empty(0, np.float32), 0.0)


class Snapshot:
    """What a reader sees until the next commit."""

    def __init__(self, generation: int, views: Sequence[View]) -> None:
        self.generation = generation
        self.views = tuple(views)
        self.ids: NDArray[np.int64] = _joined([view.segment.ids for view in views], np.int64)
        self.alive = _joined([_alive(view) for view in views], np.bool_)
        self.count = int(self.alive.sum())
        self._languages: NDArray[np.uint8] = _joined([view.segment.languages for view in views], np.uint8)
        self._starts = np.cumsum([0, *(view.segment.size for view in views)])
        self._norms = {field: self._norm(field) for field in SCORED}
        self._impacts = ArrayCache[Impacts](CACHE_BYTES, _bytes)
        self._frequencies = ArrayCache[int](FREQUENCIES_BYTES, lambda _: 0)

    def impacts(self, field: str, term: str, language: Language | None = None) -> Impacts:
        """Return what a term adds to every document that holds it, in one language or in all."""
        if language is None:
            return self._impacts.get((field, term), lambda: self._weighed(field, term))
        return self._impacts.get((field, term, language), lambda: self._in(language, self.impacts(field, term)))

    def united(self, terms: Iterable[Term]) -> Impacts:
        """Return what several terms add together to every document that holds any of them."""
        found = [(self.impacts(term.field, term.text, term.language), term.weight) for term in terms]
        found = [(impacts, weight) for impacts, weight in found if len(impacts.documents)]
        if not found:
            return NOTHING
        total = np.zeros(len(self.ids), np.float32)
        for impacts, weight in found:
            total[impacts.documents] += impacts.values * np.float32(weight)
        documents = np.flatnonzero(total).astype(np.int32)
        return Impacts(documents, total[documents], found[0][0].idf)

    def remembered(self, key: Hashable, make: Callable[[], Impacts]) -> Impacts:
        """Return the impacts kept under a key, made if there are none."""
        return self._impacts.get(key, make)

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents hold a term, those included that a merge has yet to drop."""
        return self._frequencies.get(
            (field, term), lambda: sum(view.segment.frequency(field, term) for view in self.views)
        )

    def knows(self, field: str, term: str, language: Language | None = None) -> bool:
        """Tell whether any living document holds a term, in one language or in all."""
        return len(self.impacts(field, term, language).documents) > 0

    def idf(self, frequency: int) -> float:
        """Return Lucene's idf of a term that so many documents hold."""
        return log(1 + (max(self.count - frequency, 0) + 0.5) / (frequency + 0.5))

    def numbers(self, ids: NDArray[np.int64]) -> Numbers:
        """Return the numbers of the living documents with these ids; unknown ids are passed over."""
        sorted_ids, numbers = self._by_id
        if not len(sorted_ids):
            return numbers
        places = np.searchsorted(sorted_ids, ids).clip(max=len(sorted_ids) - 1)
        found: Numbers = numbers[places[sorted_ids[places] == ids]]
        return found

    def numbers_of(self, ids: NDArray[np.int64]) -> Numbers:
        """Return the number of the living document with each of these ids; for an unknown one, how many there are."""
        numbers = np.full(len(ids), len(self.ids), np.int32)
        sorted_ids, known = self._by_id
        if len(sorted_ids):
            places = np.searchsorted(sorted_ids, ids).clip(max=len(sorted_ids) - 1)
            are_known = sorted_ids[places] == ids
            numbers[are_known] = known[places[are_known]]
        return numbers

    @cached_property
    def _by_id(self) -> tuple[NDArray[np.int64], Numbers]:
        living = np.flatnonzero(self.alive).astype(np.int32)
        order = np.argsort(self.ids[living], kind="stable")
        return self.ids[living][order], living[order]

    def _norm(self, field: str) -> Floats:
        lengths: Floats = _joined([view.segment.lengths[field] for view in self.views], np.float32)
        mean = float(lengths[self.alive].mean()) if self.count else 1.0
        b = TITLE_B if field == TITLE else B
        return np.float32(K1) * (np.float32(1 - b) + np.float32(b / max(mean, 1.0)) * lengths)

    def _weighed(self, field: str, term: str) -> Impacts:
        documents, frequencies = self._living(field, term)
        if not len(documents):
            return NOTHING
        idf = self.idf(len(documents))
        if field == GRAMS:  # only whether a gram is there counts
            return Impacts(documents, np.ones(len(documents), np.float32), idf)
        values = frequencies * np.float32(idf * (K1 + 1)) / (frequencies + self._norms[field][documents])
        return Impacts(documents, values, idf)

    def _in(self, language: Language, impacts: Impacts) -> Impacts:
        written = self._languages[impacts.documents] == LANGUAGES.index(language)
        return Impacts(impacts.documents[written], impacts.values[written], impacts.idf)

    def _living(self, field: str, term: str) -> tuple[Numbers, Floats]:
        documents, frequencies = [], []
        for view, start in zip(self.views, self._starts, strict=False):
            postings = view.segment.postings(field, term)
            documents.append(postings.documents + np.int32(start))
            frequencies.append(postings.frequencies)
        found: Numbers = _joined(documents, np.int32)
        alive = self.alive[found]
        return found[alive], _joined(frequencies, np.float32)[alive]


def _alive(view: View) -> NDArray[np.bool_]:
    alive = np.ones(view.segment.size, np.bool_)
    alive[list(view.deleted)] = False
    return alive


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)


def _bytes(impacts: Impacts) -> int:
    return impacts.documents.nbytes + impacts.values.nbytes
