"""What words add to the documents of a small segment, all words at once: for the words of a request, or all known ones.

The hashes of what is looked up are joined with the hashes of the segment's terms, for most words are in no small
segment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats, Held, Numbers, Segment
from search.found import Lookup
from search.schema import PHRASE, PREFIXES, SCORED
from search.terms import hashed

Ints = NDArray[np.int64]

PLACES: Final = {field: place for place, field in enumerate((*SCORED, PHRASE))}  # of a field among the divisors
_AT_ONCE: Final = 64  # words that are looked up in one go where many are


class Sought(NamedTuple):
    """What some words are looked up as: a place for each term, those of one word together."""

    keys: list[bytes]  # in Whoosh's table; a phrase's is itself
    hashes: NDArray[np.uint32]
    owners: Ints  # which word's it is
    fields: Ints
    weights: Floats
    languages: Floats  # what each word counts in French and in English texts

    @classmethod
    def of(cls, lookups: Iterable[Lookup], scale: float, first: int = 0) -> Sought:
        """Lay out words, numbered from `first` on; `scale` is what the formula multiplies all weights with."""
        owned = [(owner, lookup) for owner, lookup in enumerate(lookups, first)]
        terms = [term for _, lookup in owned for term in lookup.terms]
        keys = [PREFIXES.get(field, b"") + text.encode() for field, text, _ in terms]
        return cls(
            keys,
            np.array([hashed(key) for key in keys], np.uint32),
            np.array([owner for owner, lookup in owned for _ in lookup.terms], np.int64),
            np.array([PLACES[term.field] for term in terms], np.int64),
            np.array([term.weight * scale for term in terms], np.float32),
            np.array([lookup.languages for _, lookup in owned], np.float32).reshape(-1, 2),
        )

    def and_then(self, other: Sought) -> Sought:
        """Lay out both, the other's words numbered from this one's end on."""
        return Sought(
            self.keys + other.keys,
            np.concatenate((self.hashes, other.hashes)),
            np.concatenate((self.owners, other.owners)),
            np.concatenate((self.fields, other.fields)),
            np.concatenate((self.weights, other.weights)),
            np.concatenate((self.languages, other.languages)),
        )

    @property
    def phrases(self) -> list[int]:
        """The places of those that are no terms of Whoosh's."""
        return np.flatnonzero(self.fields == PLACES[PHRASE]).tolist()

    def stretches(self) -> Iterator[Sought]:
        """Yield the terms of a few words, then of the next few."""
        words = [*range(0, len(self.languages), _AT_ONCE), len(self.languages)]
        for start, end in pairwise(np.searchsorted(self.owners, words).tolist()):
            here = slice(start, end)
            owners, fields, weights = self.owners[here], self.fields[here], self.weights[here]
            yield Sought(self.keys[here], self.hashes[here], owners, fields, weights, self.languages)


class Added(NamedTuple):
    """Documents of a segment that hold words, and what these add to them before their idf: word after word."""

    owners: Ints
    documents: Numbers
    values: Floats


NOTHING_ADDED: Final = Added(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))


def added(segment: Segment, sought: Sought, divisors: Callable[[Segment], Floats]) -> Added:
    """Look words up in a small segment; `divisors` are what the formula divides by there, by field and document."""
    held = segment.held(sought.hashes, sought.keys)
    for place in sought.phrases:
        held = held.and_then(place, segment.postings(PHRASE, sought.keys[place].decode()))
    return _added_up(segment, sought, divisors(segment), held) if len(held.terms) else NOTHING_ADDED


def _added_up(segment: Segment, sought: Sought, divisors: Floats, held: Held) -> Added:
    terms = np.repeat(held.terms, held.sizes)
    divided = held.frequencies + divisors[sought.fields[terms], held.documents]
    values = held.frequencies * sought.weights[terms] / divided
    # What a word's terms add to the same document is added up.
    places = sought.owners[terms] * segment.size + held.documents
    order = np.argsort(places, kind="stable")
    firsts = np.flatnonzero(np.diff(places[order], prepend=-1))
    owners, documents = np.divmod(places[order][firsts], segment.size)
    # What adds nothing in the texts of one language stays: a word is not rarer because it does not count there.
    counted = sought.languages[owners, segment.languages[documents]]
    return Added(owners, documents.astype(np.int32), np.add.reduceat(values[order], firsts) * counted)
