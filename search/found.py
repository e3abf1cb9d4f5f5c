"""What is known of a word: which documents hold it, and what it adds to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

import numpy as np

from search.arrays import Floats, Numbers, Segment
from search.cache import ArrayCache

CACHE_BYTES: Final = 120_000_000
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
    terms: tuple[Term, ...]


class Part(NamedTuple):
    """What a word adds, before its idf, to the documents of one segment that hold it, deleted ones included.

    Without `documents` there is one value for each document of the segment, 0 where it is not held.
    """

    documents: Numbers | None
    values: Floats
    held: int


class Basis(NamedTuple):
    """What holds as long as no large segment comes or goes and no mean length changes. Compared by identity."""

    names: tuple[str, ...]  # of the large segments
    means: tuple[float, ...]


class Known(NamedTuple):
    """A word in the large segments."""

    lookup: Lookup
    basis: Basis
    parts: Mapping[str, Part]  # by the name of the segment
    places: tuple[tuple[int, int, Numbers | None, Floats], ...]  # first number, last number, Part
    held: int  # documents, deleted ones included


class Found(NamedTuple):
    """A word in a snapshot."""

    known: Known
    slot: int  # its number among the words that the snapshot knows
    living: int  # documents that hold it
    idf: float


WordCache = ArrayCache[Known]


def new_cache(limit: int = CACHE_BYTES) -> WordCache:
    """Return a cache for what large segments say of words; it outlives commits, as they do. The limit is in bytes."""
    return WordCache(limit, _bytes)


def _bytes(known: Known) -> int:
    parts = known.parts.values()
    return sum(part.values.nbytes + (0 if part.documents is None else part.documents.nbytes) for part in parts)


NOTHING: Final = Part(np.empty(0, np.int32), np.empty(0, np.float32), 0)


def packed(segment: Segment, documents: Numbers, values: Floats, languages: tuple[float, float]) -> Part:
    """Keep what a word adds in the way that is smaller and faster to add up."""
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
