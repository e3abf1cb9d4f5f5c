"""What words say of the documents at one generation of the index: how rare each is, and what it adds to whom.

Formula: BM25 with Lucene's idf, log(1 + (N - df + 0.5) / (df + 0.5)), as in Robertson and Zaragoza, "The
Probabilistic Relevance Framework" (2009), and Lucene's BM25Similarity, with one idf for a word in all its fields and
forms, as BM25F has: a document is counted in df if it holds the word in any of them. N, df and the mean length count
living documents only, so that a score does not depend on the commits and merges that led to it.

What a word adds to the large segments is kept in a cache that outlives commits; what commits change is in
search.newest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import Final

import numpy as np

from search.arrays import Floats, Numbers, Segment
from search.found import NOTHING, Found, Known, Lookup, Part, WordCache, packed
from search.frame import K1, Frame, View, rounded
from search.newest import Newest
from search.runs import Gathered
from search.schema import EXACT, TEXT

MOST_RARITIES: Final = 200_000  # to remember
TOGETHER: Final = 32  # words that are looked up in one go where readers wait for none of them
CROWDED: Final = 2  # times as many slots as words that are still known, and some more: time to look them up anew
SPARE: Final = 5_000

Places = tuple[tuple[int, int, Numbers | None, Floats], ...]


class Snapshot(Frame):
    """What a reader sees until the next commit."""

    def __init__(
        self, generation: int, views: Sequence[View], cache: WordCache, earlier: Snapshot | None = None
    ) -> None:
        super().__init__(generation, views, earlier)
        self._words = cache
        self._newest = Newest(self)
        self._prepared: dict[str, Known] = {}  # that stand on a basis which readers do not have yet
        self._is_seen = True
        self._steady_count = rounded(self.count)
        is_as_before = earlier is not None and (earlier._steady_count, earlier.basis.names) == (
            self._steady_count,
            self.basis.names,
        )
        self.rarities: dict[str, dict[str, float]] = (
            earlier.rarities if earlier and is_as_before else {TEXT: {}, EXACT: {}}
        )
        self._new_rarities: dict[tuple[str, str], float] = {}

    def find(self, lookups: Sequence[Lookup]) -> list[Found]:
        """Return what is known of words; those that nothing is known of are looked up."""
        peek, basis, slots = self._words.peek, self.basis, self._newest.slots
        known = [peek(each.key) for each in lookups]
        places = [slots.places.get(each.key, -1) for each in lookups]
        if -1 in places or any(each is None or each.basis is not basis for each in known):
            return self._looked_up(lookups)
        living, idf = slots.living, slots.idf
        return [
            Found(each, slot, living[slot], idf[slot])  # type: ignore[arg-type]  # none is None
            for each, slot in zip(known, places, strict=True)
        ]

    def newest(self, slots: Sequence[int]) -> Gathered | None:
        """Return what words add to the documents of the small segments; None without any."""
        return self._newest.gathered(slots) if self.small and slots else None

    def places(self, found: Found) -> Places:
        """Return what a word adds: first number, last number, documents from there on (see `Part`) and values."""
        documents, values = self._newest.of_slot(found.slot)
        if not len(documents):
            return found.known.places
        first = self.starts[len(self.large)]
        return *found.known.places, (first, len(self.ids), documents - np.int32(first), values)

    def rarity(self, field: str, term: str) -> float:
        """Return about how rare a term is: its idf by the large segments, by the small ones if it is in no other."""
        rarity = self.rarities[field].get(term)
        if rarity is None:
            rarity = self._new_rarities.get((field, term))
        return self._rarity(field, term) if rarity is None else rarity

    def preparing(self, earlier: Snapshot | None, seconds: float) -> Iterator[None]:
        """Look up all words that are known from before, a few at a time, while readers still see the snapshot before.

        Where they cannot be counted on, as many as so many seconds allow; the others wait until they are asked for.
        """
        self._is_seen = False
        known = self._words.values()
        if earlier and earlier.basis is self.basis and not earlier.is_crowded:
            on_this_basis = {each.lookup.key: each for each in known if each.basis is self.basis}
            yield from self._newest.counted_on(earlier._newest, on_this_basis.get)
        else:
            yield from self._all_looked_up([each.lookup for each in reversed(known)], seconds)
        self._is_seen = True  # by whoever puts it in place, before readers come

    def _all_looked_up(self, lookups: Sequence[Lookup], seconds: float) -> Iterator[None]:
        end = time.monotonic() + seconds
        for at in range(0, len(lookups), TOGETHER):
            if time.monotonic() > end:
                return
            self.find(lookups[at : at + TOGETHER])
            yield

    def settling(self) -> Iterator[None]:
        """Leave to later snapshots what was prepared, a few words at a time, once readers are here."""
        for number, known in enumerate(reversed(self._prepared.values())):
            self._words.put(known.lookup.key, known)
            if number % TOGETHER == 0:
                yield
        self._prepared = {}

    @property
    def is_crowded(self) -> bool:
        """Whether most words that have a number here are forgotten otherwise: to be opened again, with fewer."""
        return len(self._newest.slots.lookups) > CROWDED * len(self._words) + SPARE

    def _looked_up(self, lookups: Sequence[Lookup]) -> list[Found]:
        known = [self._in_large(lookup) for lookup in lookups]
        self._newest.look_up(known)
        slots = self._newest.slots
        places = [slots.places[lookup.key] for lookup in lookups]
        return [
            Found(each, slot, slots.living[slot], slots.idf[slot]) for each, slot in zip(known, places, strict=True)
        ]

    def _in_large(self, lookup: Lookup) -> Known:
        """Return what a word adds to the large segments."""
        earlier = self._words.peek(lookup.key)
        if earlier is not None and earlier.basis is self.basis:
            return earlier
        known = self._prepared.get(lookup.key)
        if known is None:
            known = self._known(lookup, earlier)
            if self._is_seen:
                self._words.put(lookup.key, known)
            else:
                self._prepared[lookup.key] = known
        return known

    def _known(self, lookup: Lookup, earlier: Known | None) -> Known:
        kept: Mapping[str, Part] = earlier.parts if earlier and earlier.basis.means == self.basis.means else {}
        parts = {view.name: kept.get(view.name) or self._part(view.segment, lookup) for view in self.large}
        places = [
            (start, start + view.segment.size, parts[view.name].documents, parts[view.name].values)
            for view, start in zip(self.large, self.starts, strict=False)
            if parts[view.name].held
        ]
        return Known(lookup, self.basis, parts, tuple(places), sum(part.held for part in parts.values()))

    def _part(self, segment: Segment, lookup: Lookup) -> Part:
        total, documents = None, None
        for field, text, weight in lookup.terms:
            postings = segment.postings(field, text)
            if not len(postings.documents):
                continue
            norms = self.divisors(field, segment, postings.documents)
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

    def _rarity(self, field: str, term: str) -> float:
        frequency = sum(view.segment.frequency(field, term) for view in self.large)
        is_in_large = frequency > 0
        frequency = frequency or sum(segment.frequency(field, term) for segment in self.small)
        rarity = log(1 + (max(self._steady_count - frequency, 0) + 0.5) / (frequency + 0.5)) if frequency else 0.0
        if is_in_large and len(self.rarities[field]) < MOST_RARITIES:
            self.rarities[field][term] = rarity
        elif len(self._new_rarities) < MOST_RARITIES:
            self._new_rarities[field, term] = rarity
        return rarity
