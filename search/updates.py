"""A writer that changes fifty offerings a second beside the readers: for measuring only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from search.corpus import SEED, Corpus
from search.port import Document, Upsert
from search.whoosh_index import WhooshIndex, open_index

UPDATES: Final = 50  # per second
PACE: Final = 3  # seconds from one commit to the next, as the worker keeps it
UPDATED, SCATTERED = 9_973, 7_919  # offerings that are written anew, and the distance between two of them


def update(folder: Path, seconds: float) -> tuple[int, list[float]]:
    """Write offerings anew with other texts, fifty a second; return how many, and how long each commit took.

    Segments are merged meanwhile, as the worker does.
    """
    index, stop = open_index(folder), threading.Event()
    threading.Thread(target=_tend, args=(index, stop), daemon=True).start()
    texts = _rewritten(Corpus(int(seconds + PACE) * UPDATES, seed=SEED + 9).documents())
    written, lags, sequence = 0, [], index.sequence()
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        changes = [Upsert(text) for text in islice(texts, UPDATES * PACE)]
        at = time.monotonic()
        sequence += len(changes)
        index.apply(changes, sequence)
        lags.append(time.monotonic() - at)
        written += len(changes)
        time.sleep(max(0.0, begun + written / UPDATES - time.monotonic()))
    stop.set()
    return written, lags


def _tend(index: WhooshIndex, stop: threading.Event) -> None:
    while not stop.is_set():
        if index.tend() == 0:
            stop.wait(0.5)


def _rewritten(texts: Iterable[Document]) -> Iterator[Document]:
    """Any of the offerings, not those that stand side by side."""
    for place, text in enumerate(texts):
        yield replace(text, id=1 + place * SCATTERED % UPDATED)
