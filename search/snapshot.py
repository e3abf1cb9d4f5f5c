"""The index at one generation: segments laid end to end, deletions masked, what each word adds to each document.

Formula: BM25 with Lucene's idf, log(1 + (N - df + 0.5) / (df + 0.5)), as in Robertson and Zaragoza, "The
Probabilistic Relevance Framework" (2009), and Lucene's BM25Similarity, with one idf for a word in all its fields and
forms, as BM25F has: a document is counted in df if it holds the word in any of them. N, df and the mean length count
living documents only, so that a score does not depend on the commits and merges that led to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from math import exp, log
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import LENGTHS, SMALL, Floats, Numbers, Segment
from search.found import NO_TAIL, NOTHING, Found, FoundCache, Lookup, Part, Tail, packed, sparse
from search.schema import PHRASE, SCORED, TEXT, TITLE

K1: Final = 1.2
B: Final = 0.75
TITLE_B: Final = 1.0  # the title that says only what was asked for comes first
# Mean lengths are rounded to this part of themselves, as Whoosh rounds every length to one byte (far more coarsely):
# what was reckoned from them holds over thousands of commits.
MEAN_STEP: Final = 5e-3
FREQUENT: Final = 100  # documents that hold a word of which the newest ones say nothing new
MOST_FREQUENCIES: Final = 200_000  # to remember

Ints = NDArray[np.int64]


class View(NamedTuple):
    """A segment and which of its documents are deleted."""

    segment: Segment
    deleted: tuple[int, ...]

    @property
    def name(self) -> str:
        """The segment's, the same as long as the segment is there."""
        return self.segment.name


class Snapshot:
    """What a reader sees until the next commit.

    Large segments come first, and what was found in them is kept as long as they are there. The small ones behind them
    come with every commit and go with every merge: a word is looked up in the new ones only, and what it adds to them
    all is laid together, so that a request pays for one tail and not for its segments.
    """

    def __init__(
        self, generation: int, views: Sequence[View], cache: FoundCache, earlier: Snapshot | None = None
    ) -> None:
        self.generation = generation
        self._large = tuple(view for view in views if view.segment.size > SMALL)
        small = tuple(view for view in views if view.segment.size <= SMALL)
        self.views = (*self._large, *small)
        self.ids: NDArray[np.int64] = _joined([view.segment.ids for view in self.views], np.int64)
        self._dead = [np.array(sorted(view.deleted), np.int64) for view in self.views]
        self.starts: list[int] = np.cumsum([0, *(view.segment.size for view in self.views)]).tolist()
        self._tail = tuple(view.segment for view in small)
        self._tail_start = self.starts[len(self._large)]
        self.dead: NDArray[np.int64] = _joined(
            [dead + start for dead, start in zip(self._dead, self.starts, strict=False)], np.int64
        )
        self.alive = np.ones(len(self.ids), np.bool_)
        self.alive[self.dead] = False
        self.count = len(self.ids) - len(self.dead)
        self.means = tuple(self._mean(field) for field in SCORED)
        self._norms = {field: _norms(field, mean) for field, mean in zip(SCORED, self.means, strict=True)}
        self._norms[PHRASE] = self._norms[TEXT]
        self._found = cache
        self._common: dict[tuple[Segment, ...], int] = {}
        is_next = earlier is not None and [view.name for view in earlier._large] == [view.name for view in self._large]
        self._frequencies: dict[tuple[str, str], int] = earlier._frequencies if earlier and is_next else {}
        dead = self._dead[: len(self._large)]
        self._deaths: Deaths = Deaths(generation, dead, earlier._deaths if earlier and is_next else None)
        self.strengths: dict[str, float] = {}  # of words, as ranking reckons them

    def find(self, lookup: Lookup) -> Found:
        """Return what is known of a word; looked up anew only where a commit changed something."""
        found = self._found.peek(lookup.key)
        if found is not None and found.snapshot == self.generation:
            return found
        return self._found.put(lookup.key, self._look_up(lookup, found))

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents hold a term, those included that a merge has yet to drop."""
        key = field, term
        large = self._frequencies.get(key)
        if large is None:
            large = sum(view.segment.frequency(field, term) for view in self._large)
            if len(self._frequencies) < MOST_FREQUENCIES:
                self._frequencies[key] = large
        if large >= FREQUENT:  # what tells words of a long request apart is not in the newest texts
            return large
        return large + sum(segment.frequency(field, term) for segment in self._tail)

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
        found: Numbers = _joined([own + np.int32(start) for own, start in self.located(ids)], np.int32)
        return found

    def located(self, ids: NDArray[np.int64]) -> list[tuple[Numbers, int]]:
        """Return, for each segment, its living documents with these ids, and the number of its first document."""
        found = [(view.segment.numbers(ids), start) for view, start in self._placed()]
        return [(numbers[self.alive[numbers + start]], start) for numbers, start in found]

    def _placed(self) -> zip[tuple[View, int]]:
        return zip(self.views, self.starts, strict=False)

    def _mean(self, field: str) -> float:
        counts = np.zeros(256, np.int64)
        for view, dead in zip(self.views, self._dead, strict=True):
            codes = view.segment.lengths[field]
            counts += view.segment.spread[field] - np.bincount(codes[dead], minlength=256)
        mean = float(counts @ LENGTHS) / max(self.count, 1)
        return exp(round(log(max(mean, 1.0)) / MEAN_STEP) * MEAN_STEP)

    def _look_up(self, lookup: Lookup, earlier: Found | None) -> Found:
        if earlier is not None and earlier.means != self.means:
            earlier = None
        died = self._deaths.since(earlier.snapshot) if earlier else None
        parts: Mapping[str, Part]
        if earlier is None or died is None:
            kept = earlier.parts if earlier else {}
            parts = {view.name: kept.get(view.name) or self._part(view.segment, lookup) for view in self._large}
            lost = [_held_by(parts[view.name], dead) for view, dead in zip(self._large, self._dead, strict=False)]
            large = sum(part.held for part in parts.values()) - sum(lost)
        else:  # only those that died since are counted
            parts, large = earlier.parts, earlier.large
            for part, dead in zip(parts.values(), died, strict=True):
                large -= _held_by(part, dead)
        return self._told(parts, self._tail_of(lookup, earlier.tail if earlier else NO_TAIL), large)

    def _told(self, parts: Mapping[str, Part], tail: Tail, large: int) -> Found:
        places, living = [], large
        for part, view, start in zip(parts.values(), self._large, self.starts, strict=False):
            if part.held:
                places.append((start, start + view.segment.size, part.documents, part.values))
        if len(tail.documents):
            places.append((self._tail_start, len(self.ids), tail.documents, tail.values))
            living += int(np.count_nonzero(self.alive[self._tail_start :][tail.documents]))
        return Found(self.generation, self.means, parts, tail, tuple(places), large, living, self.idf(living))

    def _tail_of(self, lookup: Lookup, earlier: Tail) -> Tail:
        """Return what a word adds to the small segments: those that came since are looked into, no others."""
        count = self._in_common(earlier.segments)
        if count == len(self._tail) == len(earlier.segments):
            return earlier
        documents, values = earlier.documents, earlier.values
        starts = self.starts[len(self._large) + count :]
        if count < len(earlier.segments):  # the others were merged
            left = int(np.searchsorted(documents, starts[0] - self._tail_start))
            documents, values = documents[:left], values[:left]
        for segment, start in zip(self._tail[count:], starts, strict=False):
            if segment.lacks(lookup.roots):
                continue
            part = self._part(segment, lookup)
            if part.held:
                documents = np.append(documents, sparse(part) + np.int32(start - self._tail_start))
                values = np.append(values, part.values if part.documents is not None else part.values[part.values > 0])
        return Tail(self._tail, documents, values)

    def _in_common(self, segments: tuple[Segment, ...]) -> int:
        """Return how many small segments are still the first ones."""
        count = self._common.get(segments)
        if count is None:
            pairs = takewhile(lambda pair: pair[0] is pair[1], zip(segments, self._tail, strict=False))
            count = self._common[segments] = sum(1 for _ in pairs)
        return count

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
        return packed(segment, documents, first, lookup.languages)


class Deaths:
    """Which documents of the large segments died, and in which generation."""

    def __init__(self, generation: int, dead: Sequence[Ints], earlier: Deaths | None) -> None:
        self._first: int = earlier._first if earlier else generation
        self._dead = dead
        self._died = [np.full(len(each), generation, np.int64) for each in dead]
        if earlier is not None:
            known = zip(self._died, dead, earlier._dead, earlier._died, strict=True)
            for died, each, each_known, died_known in known:
                died[np.searchsorted(each, each_known)] = died_known
        self._since: dict[int, Sequence[Ints]] = {}

    def since(self, generation: int) -> Sequence[Ints] | None:
        """Return those that died after a generation, by segment; None for one before all that is known."""
        if generation < self._first:
            return None
        if generation not in self._since:  # asked for again by every word
            pairs = zip(self._dead, self._died, strict=True)
            self._since[generation] = [each[died > generation] for each, died in pairs]
        return self._since[generation]


def _held_by(part: Part, dead: Ints) -> int:
    """Return how many of these documents hold a word."""
    if not len(dead) or not part.held:
        return 0
    if part.documents is None:
        return int(np.count_nonzero(part.values[dead] > 0))
    places = part.documents.searchsorted(dead)
    return int(np.count_nonzero(part.documents.take(places, mode="clip") == dead))


def _norms(field: str, mean: float) -> Floats:
    """Return, for each of Whoosh's 256 lengths, what it divides by."""
    b = TITLE_B if field == TITLE else B
    return (K1 * (1 - b + b * LENGTHS / mean)).astype(np.float32)


def _joined(arrays: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)
