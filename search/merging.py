"""Which segments are written anew as one, and the writing of it beside readers and commits.

A reader pays for every segment after every commit, a writer for every document it writes again. So a commit writes
what is new and nothing else, and segments of about the same size are merged when there are several: the documents of
the last seconds, of the last minutes, of the last hours, and what is large and seldom touched.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from typing import Final, NamedTuple

LEVELS: Final = (60, 500, 5_000, 40_000)  # living documents up to which segments are of one size
TOGETHER: Final = 8  # segments of one size that become one
GREATEST: Final = 200_000  # living documents of a segment that may still be merged with others
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
        return bisect(LEVELS, self.living - 1)

    @property
    def is_stale(self) -> bool:
        """Whether most of it is dead weight."""
        return self.deleted > STALE * self.documents and self.documents > LEVELS[0]


def to_merge(sizes: Sequence[Size]) -> list[int]:
    """Return the places of the segments to write anew as one, the cheapest work first; none when all is well."""
    for level in range(len(LEVELS) + 1):
        alike = [place for place, size in enumerate(sizes) if size.level == level and size.living <= GREATEST]
        if len(alike) >= TOGETHER:
            return sorted(alike, key=lambda place: sizes[place].living)[:TOGETHER]
    stale = [place for place, size in enumerate(sizes) if size.is_stale]
    return stale[:1]
