"""Measure the speed of the index on an invented market, with tantivy and SQLite FTS5 beside it on the same text.

    python -m search.bench --documents N [--requests N] [--updates SECONDS] [--cache MB] [--json]

Times of requests are milliseconds of this process's CPU, so that other work on the machine does not count; a cold one
finds the index open and nothing of it read; a filtered one counts every choice of eight filters and names the words
of the twenty that are shown. index_per_s is documents per second of CPU, visible_s is by the clock on the wall, from
the call that writes one more offering to the answer that holds it, and memory_mb is what the process grew by, the
pages of mapped files included.

Warm requests are asked in rounds, each round of every engine in turn, so that what else the machine does meets all of
them alike; every time of every round counts. What is being done is told on standard error.

--updates lets another process write fifty changes a second for so many seconds, as the worker commits them, beside
those who ask (see search.updates). There, times are by the clock, as a visitor waits, and cpu is what the thread that
asks took of it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from search import rivals
from search.corpus import Corpus
from search.found import CACHE_BYTES
from search.market import Market
from search.memory import resident
from search.port import Document, Upsert
from search.request import forget
from search.timing import Figures, cpu, spread, tell
from search.updates import beside_updates
from search.whoosh_index import WhooshIndex, open_index

REQUESTS: Final = 200  # of each kind
COLD: Final = 20  # requests with nothing cached
ROUNDS: Final = 4
COMMITS: Final = 5
KEYWORD_LIMIT: Final = 20
BRIEF_LIMIT: Final = 50
_PAUSE: Final = 0.004  # seconds
_LONGEST_LAG: Final = 30.0  # seconds

Ask = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every index."""

    keywords: Sequence[str]
    briefs: Sequence[str]


def main(arguments: list[str] | None = None) -> None:
    """Print the figures."""
    wanted = _parser().parse_args(arguments)
    figures = measure(wanted.documents, wanted.requests, wanted.updates, wanted.cache * 1_000_000)
    print(json.dumps(figures) if wanted.json else _table(figures))


def measure(documents: int, requests: int = REQUESTS, updates: float = 0, cache: int = CACHE_BYTES) -> dict[str, Any]:
    """Build the indexes one after the other and ask each the same."""
    corpus = Corpus(documents)
    asked = Asked(corpus.keywords(requests), corpus.briefs(requests))
    # Another process builds and writes, so that this one's memory is that of a reader.
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
    ):
        return {"documents": documents, **_measured(Path(folder), other, corpus, asked, updates, cache)}


def _measured(
    folder: Path, other: ProcessPoolExecutor, corpus: Corpus, asked: Asked, updates: float, cache: int
) -> dict[str, Any]:
    tell(f"index {corpus.size} documents")
    seconds = other.submit(_build, folder / "ours", corpus.size).result()
    if updates:
        for copy in ("others", "still"):
            shutil.copytree(folder / "ours", folder / copy)
    index, cold, memory = _opened(folder / "ours", Market(corpus.size), asked, cache)
    index.follow()  # as web processes do
    warm = _warm(index, Market(corpus.size), asked, _rivals(folder, corpus))
    tell("commit")
    found: dict[str, Any] = {
        **warm,
        "ours": {**warm["ours"], "brief_cold": spread(cold)},
        "index_per_s": round(corpus.size / seconds, 1),
        "visible_s": round(_lag(index, corpus.size), 4),
        "memory_mb": round(memory / 1e6, 1),
    }
    beside = {"updates": _beside_updates(other, folder, index, asked, updates, cache)} if updates else {}
    index.close()
    return found | beside


def _opened(folder: Path, market: Market, asked: Asked, cache: int) -> tuple[WhooshIndex, list[float], int]:
    """Return the index, what cold requests took, and the memory that it takes when it has answered everything."""
    before = resident()
    tell("ask with nothing cached")
    cold = [_cold(folder, text) for text in asked.briefs[:COLD]]
    index = open_index(folder, cache=cache)
    for ask, texts in _asks_of(index, market, asked).values():
        for text in texts:
            ask(text)
    return index, cold, resident() - before


def _build(folder: Path, documents: int) -> float:
    """Return the seconds of CPU that a rebuild took, without those that inventing the texts took."""
    inventing = 0.0

    def invented() -> Iterator[Document]:
        nonlocal inventing
        texts = Corpus(documents).documents()
        while True:
            begun = time.process_time()
            text = next(texts, None)
            inventing += time.process_time() - begun
            if text is None:
                return
            yield text

    index = open_index(folder)
    begun = time.process_time()
    index.rebuild(invented(), sequence=1)
    return time.process_time() - begun - inventing


def _rivals(folder: Path, corpus: Corpus) -> dict[str, rivals.Rival]:
    made: dict[str, rivals.Rival] = {
        "tantivy": rivals.Tantivy(folder / "tantivy"),
        "fts5": rivals.Fts5(folder / "fts5"),
    }
    for name, rival in made.items():
        tell(f"fill {name}")
        rival.fill(corpus.documents())
    return made


def _asks_of(index: WhooshIndex, market: Market, asked: Asked) -> dict[str, tuple[Ask, Sequence[str]]]:
    return {
        "keyword": (partial(index.search, limit=KEYWORD_LIMIT), asked.keywords),
        "filtered": (partial(market.page, index), asked.keywords),
        "brief": (partial(index.search, limit=BRIEF_LIMIT), asked.briefs),
    }


def _warm(
    index: WhooshIndex, market: Market, asked: Asked, others: Mapping[str, rivals.Rival]
) -> dict[str, dict[str, Figures]]:
    """Ask everything of every engine in rounds; the first one warms caches, ours and the file system's."""
    asks = {"ours": _asks_of(index, market, asked)} | {
        name: {
            "keyword": (partial(rival.search, limit=KEYWORD_LIMIT), asked.keywords[: rival.most]),
            "brief": (partial(rival.search, limit=BRIEF_LIMIT), asked.briefs[: rival.briefs]),
        }
        for name, rival in others.items()
    }
    times: dict[str, dict[str, list[float]]] = {engine: {kind: [] for kind in kinds} for engine, kinds in asks.items()}
    for number in range(ROUNDS + 1):
        tell(f"ask, round {number} of {ROUNDS}" if number else "ask once to warm up")
        for engine, kinds in asks.items():
            for kind, (ask, texts) in kinds.items():
                found = [cpu(partial(ask, text)) for text in texts]
                times[engine][kind] += found if number else []
    return {engine: {kind: spread(each) for kind, each in kinds.items()} for engine, kinds in times.items()}


def _beside_updates(
    other: ProcessPoolExecutor, folder: Path, index: WhooshIndex, asked: Asked, seconds: float, cache: int
) -> dict[str, Any]:
    still = open_index(folder / "still", cache=cache)
    still.follow()
    requests = _words_and_briefs(still, asked)
    for ask in chain(*requests.values()):
        ask()
    folders = folder / "ours", folder / "others"
    figures = beside_updates(other, _words_and_briefs(index, asked), requests, folders, seconds)
    still.close()
    return figures


def _words_and_briefs(index: WhooshIndex, asked: Asked) -> dict[str, list[Callable[[], object]]]:
    return {
        "keyword": [partial(index.search, text, KEYWORD_LIMIT) for text in asked.keywords],
        "brief": [partial(index.search, text, BRIEF_LIMIT) for text in asked.briefs],
    }


def _cold(folder: Path, text: str) -> float:
    """Return how long a request takes that finds the index open and nothing of it read."""
    index = open_index(folder)
    index.warm()
    forget()
    return cpu(partial(index.search, text, BRIEF_LIMIT))


def _lag(index: WhooshIndex, documents: int) -> float:
    return float(np.median([_until_found(index, documents + extra) for extra in range(1, COMMITS + 1)]))


def _until_found(index: WhooshIndex, number: int) -> float:
    name = f"nouveau{number}"
    begun = time.perf_counter()
    index.apply([Upsert(Document(number, "fr", name, "", ""))], sequence=number)
    while [hit.id for hit in index.search(name, limit=1).hits] != [number]:
        if time.perf_counter() - begun > _LONGEST_LAG:
            raise RuntimeError(f"Offering {number} was committed and is not found.")
        time.sleep(_PAUSE)
    return time.perf_counter() - begun


def _table(figures: dict[str, Any]) -> str:
    times = [
        f"{engine:<8} {kind:<11} p50 {each['p50']:9.3f} ms   p95 {each['p95']:9.3f} ms"
        for engine in ("ours", "tantivy", "fts5")
        for kind, each in figures[engine].items()
    ]
    rest = [f"{name:<12} {figures[name]:10.2f}" for name in ("documents", "index_per_s", "visible_s", "memory_mb")]
    meanwhile = [f"{name:<12} {value}" for name, value in figures.get("updates", {}).items()]
    return "\n".join(times + rest + meanwhile)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m search.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--documents", type=int, default=100_000, metavar="N")
    parser.add_argument("--requests", type=int, default=REQUESTS, metavar="N", help="of each kind")
    parser.add_argument("--updates", type=float, default=0, metavar="SECONDS", help="measure beside a busy writer")
    parser.add_argument("--cache", type=int, default=CACHE_BYTES // 1_000_000, metavar="MB", help="for words")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
