"""The index at one generation: segments laid end to end, deletions masked, what each word adds to each document.

Formula: BM25 with Lucene's idf, log(1 + (N - df + 0.5) / (df + 0.5)), as in Robertson and Zaragoza, "The
Probabilistic Relevance Framework" (2009), and Lucene's BM25Similarity, with one idf for a word in all its fields and
forms, as BM25F has: a document is counted in df if it holds the word in any of them. N, df and the mean length count
living documents only, so that a score does not depend on the commits and merges that led to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import exp, log
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from search.arrays import LENGTHS, Floats, Numbers, Segment
from search.cache import ArrayCache
from search.schema import SCORED, TITLE

K1: Final = 1.2
B: Final = 0.75
TITLE_B: Final = 1.0  # the title that says only what was asked for comes first
CACHE_BYTES: Final = 120_000_000
# Mean lengths are rounded to this part of themselves: what was reckoned from them holds over many commits.
MEAN_STEP: Final = 5e-5
DENSE: Final = 6  # a word that more than one document in so many holds is kept as one number per document


class Term(NamedTuple):
    """A term of a field and what it counts."""

    field: str
    text: str
    weight: float


class Lookup(Protocol):
    """What a word is looked up as: terms that are one word, whose documents are counted together."""

    key: str  # the same for the same word
    languages: tuple[float, float]  # what it counts in French and in English texts

    def terms(self) -> Iterable[Term]:
        """Return the terms."""
        ...


class View(NamedTuple):
    """A segment and which of its documents are deleted."""

    name: str
    segment: Segment
    deleted: tuple[int, ...]


class Part(NamedTuple):
    """What a word adds, before its idf, to the documents of one segment that hold it, deleted ones included.

    Without `documents` there is one value for each document of the segment, 0 where it is not held.
    """

    documents: Numbers | None
    values: Floats
    held: int


class Found(NamedTuple):
    """A word in a snapshot: how many living documents hold it, its idf, and what it adds before that."""

    snapshot: int  # the mark of the one that this was last looked up for
    means: tuple[float, ...]
    parts: Mapping[str, Part]  # by the name of the segment
    places: tuple[tuple[int, int, Numbers | None, Floats], ...]  # first number, last number, Part
    living: int
    idf: float


FoundCache = ArrayCache[Found]


def new_cache(limit: int = CACHE_BYTES) -> FoundCache:
    """Return a cache for what was found of each word; it outlives commits, as segments do. The limit is in bytes."""
    return FoundCache(limit, _bytes)


class Snapshot:
    """What a reader sees until the next commit."""

    def __init__(self, generation: int, views: Sequence[View], cache: FoundCache) -> None:
        self.generation = generation
        self.views = tuple(views)
        self.ids: NDArray[np.int64] = _joined([view.segment.ids for view in views], np.int64)
        self._dead = [np.array(sorted(view.deleted), np.int64) for view in views]
        self._starts = np.cumsum([0, *(view.segment.size for view in views)]).tolist()
        self.dead: NDArray[np.int64] = _joined(
            [dead + start for dead, start in zip(self._dead, self._starts, strict=False)], np.int64
        )
        self._masks = [_mask(dead, view.segment.size) for view, dead in zip(views, self._dead, strict=True)]
        self.alive = np.ones(len(self.ids), np.bool_)
        self.alive[self.dead] = False
        self.count = len(self.ids) - len(self.dead)
        self.means = tuple(self._mean(field) for field in SCORED)
        self._norms = {field: _norms(field, mean) for field, mean in zip(SCORED, self.means, strict=True)}
        self._found = cache
        self.strengths: dict[str, float] = {}  # of words, as ranking reckons them

    def find(self, lookup: Lookup) -> Found:
        """Return what is known of a word; looked up anew only where a commit changed something."""
        found = self._found.peek(lookup.key)
        if found is not None and found.snapshot == self.generation:
            return found
        return self._found.put(lookup.key, self._look_up(lookup, found))

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents hold a term, those included that a merge has yet to drop."""
        return sum(view.segment.frequency(field, term) for view in self.views)

    def holders(self, field: str, term: str) -> Numbers:
        """Return the living documents that hold a term."""
        found: Numbers = _joined(
            [view.segment.holders(field, term) + np.int32(start) for view, start in self._placed()], np.int32
        )
        return found[self.alive[found]]

    def idf(self, frequency: int) -> float:
        """Return Lucene's idf of a term that so many documents hold."""
        return log(1 + (max(self.count - frequency, 0) + 0.5) / (frequency + 0.5))

    def numbers(self, ids: NDArray[np.int64]) -> Numbers:
        """Return the numbers of the living documents with these ids; unknown ids are passed over."""
        found = self.numbers_of(ids)
        return found[found < len(self.ids)]

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

    def _placed(self) -> zip[tuple[View, int]]:
        return zip(self.views, self._starts, strict=False)

    def _mean(self, field: str) -> float:
        counts = np.zeros(256, np.int64)
        for view, dead in zip(self.views, self._dead, strict=True):
            codes = view.segment.lengths[field]
            counts += view.segment.spread[field] - np.bincount(codes[dead], minlength=256)
        mean = float(counts @ LENGTHS) / max(self.count, 1)
        return exp(round(log(max(mean, 1.0)) / MEAN_STEP) * MEAN_STEP)

    def _look_up(self, lookup: Lookup, earlier: Found | None) -> Found:
        kept = earlier.parts if earlier is not None and earlier.means == self.means else {}
        parts = {view.name: kept.get(view.name) or self._part(view.segment, lookup) for view in self.views}
        places, living = [], 0
        for view, start, mask in zip(self.views, self._starts, self._masks, strict=False):
            part = parts[view.name]
            if part.held:
                places.append((start, start + view.segment.size, part.documents, part.values))
                living += part.held - _held_by(part, mask)
        return Found(self.generation, self.means, parts, tuple(places), living, self.idf(living))

    def _part(self, segment: Segment, lookup: Lookup) -> Part:
        total, documents = None, None
        for field, text, weight in lookup.terms():
            postings = segment.postings(field, text)
            if not len(postings.documents):
                continue
            norms = self._norms[field][segment.lengths[field][postings.documents]]
            values = postings.frequencies * np.float32(weight * (K1 + 1)) / (postings.frequencies + norms)
            if documents is None:
                documents, first = postings.documents, values
                continue
            if total is None:
                total = np.zeros(segment.size, np.float32)
                total[documents] = first
            total[postings.documents] += values
        if documents is None:
            return NOTHING
        if total is not None:
            documents = np.flatnonzero(total > 0).astype(np.int32)
            first = total[documents]
        return _packed(segment, documents, first, lookup.languages)


NOTHING: Final = Part(np.empty(0, np.int32), np.empty(0, np.float32), 0)


def _packed(segment: Segment, documents: Numbers, values: Floats, languages: tuple[float, float]) -> Part:
    count = len(documents)
    if languages != (1.0, 1.0):
        # What adds nothing stays: a word is not rarer because it counts in the texts of one language only.
        values = values * np.array(languages, np.float32)[segment.languages[documents]]
        return Part(documents, values, count)
    if count * DENSE < segment.size:
        return Part(documents, values, count)
    dense = np.zeros(segment.size, np.float32)
    dense[documents] = values
    return Part(None, dense, count)


def _mask(numbers: NDArray[np.int64], size: int) -> NDArray[np.bool_] | None:
    if not len(numbers):
        return None
    mask = np.zeros(size, np.bool_)
    mask[numbers] = True
    return mask


def _held_by(part: Part, mask: NDArray[np.bool_] | None) -> int:
    """Return how many of the masked documents hold a word."""
    if mask is None:
        return 0
    return int(np.count_nonzero(mask[part.values > 0] if part.documents is None else mask[part.documents]))


def _norms(field: str, mean: float) -> Floats:
    """Return, for each of Whoosh's 256 lengths, what it divides by."""
    b = TITLE_B if field == TITLE else B
    return (K1 * (1 - b + b * LENGTHS / mean)).astype(np.float32)


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)


def _bytes(found: Found) -> int:
    return sum(
        part.values.nbytes + (0 if part.documents is None else part.documents.nbytes) for part in found.parts.values()
    )
