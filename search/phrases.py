"""Words side by side: what is put in quotes, and the order in which the words of a document stand.

Beside its postings a segment keeps, in two columns, the words of every document in their order, stop words included:
four bytes a word, its mark. Postings say which documents hold all words of a phrase; only these are read in their
order. One that holds them elsewhere could be taken for one that holds the phrase if two words had the same mark: a
chance of one in four thousand million.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.uint32]

BREAK: Final = 0  # between title, topics and body: no phrase goes on there
LONGEST: Final = 12  # words of a phrase; what is longer is a quotation
MOST: Final = 4  # phrases of one request
TOGETHER: Final = 2_000  # documents that are read at once
NEAR: Final = 6  # one document in so many, above which those between them are read, too

_QUOTED: Final = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»")


class Phrase(NamedTuple):
    """Words that stand side by side, and those of them by which their documents are found: no stop words."""

    words: tuple[str, ...]
    telling: tuple[str, ...]

    @classmethod
    def parsed(cls, term: str) -> Phrase:
        """Read a phrase again that was written as a term."""
        words, _, telling = term.partition("|")
        return cls(tuple(words.split()), tuple(telling.split()))

    def __str__(self) -> str:
        return f"{' '.join(self.words)}|{' '.join(self.telling)}"


def quoted(text: str) -> Iterator[str]:
    """Yield what stands in quotes."""
    return (next(filter(None, match.groups())).strip() for match in _QUOTED.finditer(text))


def mark(key: str) -> int:
    """Return the mark of a word as it is looked up unstemmed; never a break."""
    return crc32(key.encode()) or 1


def occurrences(order: Marks, sizes: NDArray[np.int64], phrase: Sequence[str]) -> NDArray[np.int64]:
    """Return how often a phrase stands in each of the documents whose words lie end to end."""
    starts = np.ones(max(len(order) - len(phrase) + 1, 0), np.bool_)
    for at, word in enumerate(phrase):
        starts &= order[at : at + len(starts)] == mark(word)
    ends = np.cumsum(sizes)
    return np.bincount(np.searchsorted(ends, np.flatnonzero(starts), side="right"), minlength=len(sizes))
