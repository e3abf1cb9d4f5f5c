"""A market of invented offerings, the same for the same seed: texts to measure speed with, not relevance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.port import Document, Language

SEED: Final = 2026
WORDS: Final = 30_000
TOPICS: Final = 200
COMMON: Final = 50  # words that stand almost everywhere, which nobody would search for
SHORTEST, LONGEST = 100, 300  # words of a body
BRIEF_WORDS: Final = 100
_CHUNK: Final = 1_000
_LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
_SYLLABLES: Final = tuple(
    onset + vowel + coda
    for onset in ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "tr", "pl", "ch")
    for vowel in ("a", "e", "i", "o", "u", "ou", "ai")
    for coda in ("", "n", "r", "l")
)


class Corpus:
    """Texts whose words are as unequally frequent as those of a language (Zipf's law)."""

    def __init__(self, documents: int, seed: int = SEED) -> None:
        self.size, self._seed = documents, seed
        self._words = _invented()
        self._written = tuple(self._words.tolist())
        weight = 1 / np.arange(1, WORDS + 1)
        self._share = weight / weight.sum()
        self._searched = np.where(np.arange(WORDS) < COMMON, 0, weight)
        self._searched /= self._searched.sum()

    def documents(self) -> Iterator[Document]:
        """Yield the documents, numbered from 1."""
        chance = np.random.default_rng(self._seed)
        for first in range(1, self.size + 1, _CHUNK):
            lengths = chance.integers(SHORTEST, LONGEST + 1, min(_CHUNK, self.size + 1 - first))
            drawn = chance.choice(WORDS, lengths.sum(), p=self._share)
            for number, body in enumerate(np.split(drawn, lengths.cumsum()[:-1]), start=first):
                yield self._document(number, itemgetter(*body.tolist())(self._written))

    def word(self, rank: int) -> str:
        """Return the word of this rank, 0 the most frequent."""
        return str(self._words[rank])

    def keywords(self, count: int) -> list[str]:
        """Return requests of two and of three words."""
        chance = np.random.default_rng(SEED + 1)
        return [self._request(chance, 2 + number % 2) for number in range(count)]

    def briefs(self, count: int) -> list[str]:
        """Return requests of a hundred words."""
        chance = np.random.default_rng(SEED + 2)
        return [self._request(chance, BRIEF_WORDS) for _ in range(count)]

    def _request(self, chance: np.random.Generator, length: int) -> str:
        return " ".join(self._words[chance.choice(WORDS, length, p=self._searched)])

    def _document(self, number: int, body: Sequence[str]) -> Document:
        topics = " · ".join([self._written[COMMON + (number * step) % TOPICS] for step in (1, 7, 13)])
        return Document(number, _LANGUAGES[number % 2], " ".join(body[-6:]), topics, " ".join(body[:-6]))


def _invented() -> NDArray[np.str_]:
    chance = np.random.default_rng(SEED + 3)
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(chance.choice(_SYLLABLES, chance.integers(2, 5)))] = None
    return np.array(list(words))
