"""Which segments a commit writes anew together with its own documents.

A reader pays for every segment in every request, a writer for every document it writes again. A few sizes keep both
small: the documents of the last seconds, of the last minutes, of the last hours, and what is large and seldom touched.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from typing import Final, NamedTuple

LEVELS: Final = (300, 3_000, 30_000)  # living documents, up to which the smaller ones go
GREATEST: Final = 200_000  # living documents of a segment that may still be merged with others
MOST_LARGE: Final = 4  # segments between the two
STALE: Final = 0.5  # share of a segment's documents that are deleted


class Size(NamedTuple):
    """How many documents a segment holds, and how many of them are deleted."""

    documents: int
    deleted: int

    @property
    def living(self) -> int:
        """Those that can be found."""
        return self.documents - self.deleted

    @property
    def level(self) -> int:
        """0 for the smallest."""
        return bisect(LEVELS, self.living)


def to_merge(sizes: Sequence[Size], added: int) -> list[int]:
    """Return the places of the segments to merge into the one that a commit of so many documents writes."""
    chosen = [place for place, size in enumerate(sizes) if size.deleted > STALE * size.documents]
    if not (added or chosen):
        return []
    together = added + sum(sizes[place].living for place in chosen)
    for place in sorted(range(len(sizes)), key=lambda each: sizes[each].living):
        if place not in chosen and sizes[place].level < len(LEVELS) and sizes[place].level <= _level(together):
            chosen.append(place)
            together += sizes[place].living
    large = [
        place
        for place, size in enumerate(sizes)
        if size.level == len(LEVELS) and size.living < GREATEST and place not in chosen
    ]
    if len(large) >= MOST_LARGE:
        smallest = sorted(large, key=lambda each: sizes[each].living)[: MOST_LARGE - 1]
        chosen.extend(smallest)
    return sorted(chosen)


def _level(living: int) -> int:
    return bisect(LEVELS, living)
