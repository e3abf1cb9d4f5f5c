"""What the invented offerings offer to filters, and a person who filters: for measuring only."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.corpus import SEED, TOPICS
from search.facets import Bits, Filtered, Many, One, Table, Within, filtered
from search.port import Hit, SearchIndex

SHOWN: Final = 20
CITIES, LENGTHS, FORMATS = 40, 7, 2
PRICES: Final = ((0, 20_000), (20_001, 40_000), (40_001, 60_000), (60_001, 80_000), (80_001, 1e9))
RATINGS: Final = ((4.0, 5.0), (4.5, 5.0))
DAYS: Final = ((0, 7), (0, 14), (0, 28))
# Every search is narrowed as people do: one language of two, a price, a slot within two weeks.
CHOSEN: Final = {"language": (0,), "price": (1, 2), "free": (1,)}


class Market:
    """The columns of so many offerings, and the search page's way through them."""

    def __init__(self, documents: int) -> None:
        chance = np.random.default_rng(SEED + 4)
        self.ids: NDArray[np.int64] = np.arange(1, documents + 1)
        self.quality: NDArray[np.float32] = chance.random(documents, np.float32)
        self.table: Table = {
            "topic": Many.of(
                ((number % TOPICS, number * 7 % TOPICS, number * 13 % TOPICS) for number in self.ids.tolist()), TOPICS
            ),
            "language": Bits.of(((number % 2,) for number in self.ids.tolist()), 2),
            "format": Bits.of(((0, 1) if number % 3 else (0,) for number in self.ids.tolist()), FORMATS),
            "city": One(chance.integers(-1, CITIES, documents).astype(np.int32), CITIES),
            "length": One(chance.integers(0, LENGTHS, documents).astype(np.int32), LENGTHS),
            "price": Within(chance.integers(5_000, 120_000, documents).astype(np.float64), PRICES),
            "rating": Within(chance.uniform(3, 5, documents), RATINGS),
            "free": Within(chance.uniform(0, 60, documents), DAYS),
        }

    def page(self, index: SearchIndex, text: str) -> tuple[Filtered, tuple[Hit, ...]]:
        """Search, filter, count every choice, rank by relevance and quality, and name the words of what is shown."""
        scores = index.score(text, self.ids)
        found = filtered(self.table, np.flatnonzero(scores.values > 0), CHOSEN)
        worth = scores.values[found.places] * (1 + self.quality[found.places])
        return found, scores.hits(found.places[_first(worth)].tolist())


def _first(worth: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the places of the highest, best first; only they are put in order."""
    best = np.argpartition(-worth, SHOWN)[:SHOWN] if len(worth) > SHOWN else np.arange(len(worth))
    return best[np.argsort(-worth[best], kind="stable")]
