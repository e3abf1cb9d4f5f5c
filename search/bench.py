"""Measure the speed of the index on an invented market, with tantivy and SQLite FTS5 beside it on the same text.

    python -m search.bench --documents N [--requests N] [--json]

Times of requests are milliseconds of this process's CPU, so that other work on the machine does not count;
index_per_s is documents per second of CPU, visible_s is by the clock on the wall, from the call that writes one more
offering to the answer that holds it, and memory_mb is what the process grew by.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from search import rivals
from search.corpus import Corpus
from search.port import Document, Upsert
from search.whoosh_index import WhooshIndex, open_index

REQUESTS: Final = 200  # of each kind
COLD: Final = 20  # requests with nothing cached
COMMITS: Final = 5
KEYWORD_LIMIT: Final = 20
BRIEF_LIMIT: Final = 50
EVERY: Final = 5  # the filter lets every fifth offering through

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every index."""

    keywords: Sequence[str]
    briefs: Sequence[str]


def main(arguments: list[str] | None = None) -> None:
    """Print the figures."""
    wanted = _parser().parse_args(arguments)
    figures = measure(wanted.documents, wanted.requests)
    print(json.dumps(figures) if wanted.json else _table(figures))


def measure(documents: int, requests: int = REQUESTS) -> dict[str, Any]:
    """Build the indexes one after the other and ask each the same."""
    corpus = Corpus(documents)
    asked = Asked(corpus.keywords(requests), corpus.briefs(requests))
    with tempfile.TemporaryDirectory() as folder:
        return {
            "documents": documents,
            **_ours(Path(folder) / "ours", corpus, asked),
            "tantivy": _rival(rivals.Tantivy(Path(folder) / "tantivy"), corpus, asked),
            "fts5": _rival(rivals.Fts5(Path(folder) / "fts5"), corpus, asked),
        }


def _ours(folder: Path, corpus: Corpus, asked: Asked) -> dict[str, Any]:
    # Another process builds, so that this one's memory is that of a reader.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as builder:
        seconds = builder.submit(_build, folder, corpus.size).result()
    before = _resident()
    cold = [_cold(folder, text) for text in asked.briefs[:COLD]]
    index = open_index(folder)
    warm = _warm(index, corpus.size, asked)
    memory = _resident() - before
    return {
        "ours": {**warm, "brief_cold": _spread(cold)},
        "index_per_s": corpus.size / seconds,
        "visible_s": _lag(index, corpus.size),
        "memory_mb": memory / 1e6,
    }


def _build(folder: Path, documents: int) -> float:
    """Return the seconds of CPU that a rebuild took."""
    index = open_index(folder)
    texts = list(Corpus(documents).documents())
    begun = time.process_time()
    index.rebuild(texts, sequence=1)
    return time.process_time() - begun


def _warm(index: WhooshIndex, documents: int, asked: Asked) -> dict[str, Figures]:
    allowed = np.arange(1, documents + 1, EVERY)
    return {
        "keyword": _asked_twice(partial(index.search, limit=KEYWORD_LIMIT), asked.keywords),
        "filtered": _asked_twice(partial(index.search, limit=KEYWORD_LIMIT, allowed=allowed), asked.keywords),
        "brief": _asked_twice(partial(index.search, limit=BRIEF_LIMIT), asked.briefs),
    }


def _rival(rival: rivals.Tantivy | rivals.Fts5, corpus: Corpus, asked: Asked) -> dict[str, Figures]:
    rival.fill(corpus.documents())
    return {
        "keyword": _asked_twice(partial(rival.search, limit=KEYWORD_LIMIT), asked.keywords),
        "brief": _asked_twice(partial(rival.search, limit=BRIEF_LIMIT), asked.briefs),
    }


def _asked_twice(ask: Callable[[str], object], texts: Sequence[str]) -> Figures:
    """Return how long the second time takes: caches are warm, ours and the file system's."""
    for text in texts:
        ask(text)
    return _spread([_cpu(partial(ask, text)) for text in texts])


def _cold(folder: Path, text: str) -> float:
    """Return how long a request takes that finds the index open and nothing of it read."""
    index = open_index(folder)
    index.warm()
    return _cpu(partial(index.search, text, BRIEF_LIMIT))


def _lag(index: WhooshIndex, documents: int) -> float:
    return float(np.median([_until_found(index, documents + extra) for extra in range(1, COMMITS + 1)]))


def _until_found(index: WhooshIndex, number: int) -> float:
    name = f"nouveau{number}"
    begun = time.perf_counter()
    index.apply([Upsert(Document(number, "fr", name, "", ""))], sequence=number)
    found = [hit.id for hit in index.search(name, limit=1).hits]
    if found != [number]:
        raise RuntimeError(f"Offering {number} was committed and is not found.")
    return time.perf_counter() - begun


def _cpu(do: Callable[[], object]) -> float:
    begun = time.process_time_ns()
    do()
    return (time.process_time_ns() - begun) / 1e6


def _spread(times: Sequence[float]) -> Figures:
    p50, p95 = np.percentile(times, (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4)}


def _resident() -> int:
    """Return the bytes of memory that this process holds, mapped files that it has read included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _table(figures: dict[str, Any]) -> str:
    times = [
        f"{engine:<8} {kind:<11} p50 {each['p50']:9.3f} ms   p95 {each['p95']:9.3f} ms"
        for engine in ("ours", "tantivy", "fts5")
        for kind, each in figures[engine].items()
    ]
    rest = [f"{name:<12} {figures[name]:10.2f}" for name in ("documents", "index_per_s", "visible_s", "memory_mb")]
    return "\n".join(times + rest)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m search.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--documents", type=int, default=100_000, metavar="N")
    parser.add_argument("--requests", type=int, default=REQUESTS, metavar="N", help="of each kind")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
