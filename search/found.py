"""What is known of a word in a snapshot: which documents hold it, and what it adds to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    roots: tuple[str, ...]  # stems and spellings; a document that holds any of the terms holds one of them

    def terms(self) -> Iterable[Term]:
        """Return the terms."""
        ...


class Part(NamedTuple):
    """What a word adds, before its idf, to the documents of one segment that hold it, deleted ones included.

    Without `documents` there is one value for each document of the segment, 0 where it is not held.
    """

    documents: Numbers | None
    values: Floats
    held: int


class Tail(NamedTuple):
    """What a word adds, before its idf, to the documents of these small segments, numbered from the first of them."""

    segments: tuple[Segment, ...]
    documents: Numbers
    values: Floats


class Found(NamedTuple):
    """A word in a snapshot: how many living documents hold it, its idf, and what it adds before that."""

    snapshot: int  # the mark of the one that this was last looked up for
    means: tuple[float, ...]
    parts: Mapping[str, Part]  # by the name of the large segment
    tail: Tail
    places: tuple[tuple[int, int, Numbers | None, Floats], ...]  # first number, last number, Part
    large: int  # living documents of the large segments that hold it
    living: int
    idf: float


FoundCache = ArrayCache[Found]


def new_cache(limit: int = CACHE_BYTES) -> FoundCache:
    """Return a cache for what was found of each word; it outlives commits, as segments do. The limit is in bytes."""
    return FoundCache(limit, _bytes)


def _bytes(found: Found) -> int:
    tail = found.tail.documents.nbytes + found.tail.values.nbytes
    parts = found.parts.values()
    return tail + sum(part.values.nbytes + (0 if part.documents is None else part.documents.nbytes) for part in parts)


NOTHING: Final = Part(np.empty(0, np.int32), np.empty(0, np.float32), 0)
NO_TAIL: Final = Tail((), NOTHING.values.astype(np.int32), NOTHING.values)


def sparse(part: Part) -> Numbers:
    """Return the documents of a part, however it is kept."""
    return np.flatnonzero(part.values > 0).astype(np.int32) if part.documents is None else part.documents


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
