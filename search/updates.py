"""Readers beside a writer that changes fifty offerings a second: for measuring only.

A machine's speed swings by more than what is to be seen, so readers are asked in turn, half a minute each: alone,
beside a writer of another index, and beside the writer of theirs. Two processes on one machine slow each other whatever
they do: the second says how much. The first two ask an index that nobody writes; that of the third keeps what all its
turns wrote. A turn goes on until the writer and its merges are done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from search.corpus import SEED, Corpus
from search.memory import resident
from search.port import Document, Upsert
from search.timing import Figures, spread, tell, waited
from search.whoosh_index import WhooshIndex, open_index

UPDATES: Final = 50  # per second
PACE: Final = 3  # seconds from one commit to the next, as the worker keeps it
STRETCH: Final = 30.0  # seconds, of one turn
UPDATED, SCATTERED = 9_973, 7_919  # offerings that are written anew, and the distance between two of them
_PAUSE: Final = 0.004  # seconds between two pairs of requests, which leave the processor to the writer, too

Done = TypeVar("Done")
Requests = Mapping[str, Sequence[Callable[[], object]]]  # by kind, as many of each
Times = dict[str, list[tuple[float, float]]]  # milliseconds by the clock and of CPU, by kind


def beside_updates(
    other: Executor, ours: Requests, still: Requests, folders: tuple[Path, Path], seconds: float
) -> dict[str, Any]:
    """Ask in turn alone, beside a writer of another index and beside that of ours, so many seconds of each.

    `ours` asks the index in the first of the folders, `still` one that nobody writes; both must know the requests. The
    writer is the other process.
    """
    alone: Times = {kind: [] for kind in ours}
    elsewhere: Times = {kind: [] for kind in ours}
    meanwhile: Times = {kind: [] for kind in ours}
    lags: list[float] = []
    written = grown = 0
    for stretch in _stretches(seconds):
        tell(f"ask for {stretch:.0f} s alone, beside a writer of another index, then beside the writer of this one")
        _ask_until(other.submit(time.sleep, stretch), still, alone)
        _ask_until(other.submit(update, folders[1], stretch, written), still, elsewhere)
        held = resident()
        changes, lags_here = _ask_until(other.submit(update, folders[0], stretch, written), ours, meanwhile)
        written += changes
        lags += lags_here
        grown += resident() - held
    return {
        "per_s": round(written / seconds, 1),
        "commit_s": {"p50": round(float(np.median(lags)), 3), "most": round(max(lags), 3)},
        "grown_mb": round(grown / 1e6, 1),
        "alone": _figures(alone),
        "elsewhere": _figures(elsewhere),
        "meanwhile": _figures(meanwhile),
        "slower_than_alone": _slower(meanwhile, alone),
        "slower_than_elsewhere": _slower(meanwhile, elsewhere),
    }


def update(folder: Path, seconds: float, first: int = 0) -> tuple[int, list[float]]:
    """Write offerings anew with other texts, fifty a second; return how many, and how long each commit took.

    Segments are merged meanwhile, as the worker does. `first` is how many were written before.
    """
    index, stop = open_index(folder), threading.Event()
    tending = threading.Thread(target=_tend, args=(index, stop), daemon=True)
    tending.start()
    texts = _rewritten(Corpus(int(seconds + PACE) * UPDATES, seed=SEED + 9 + first).documents(), first)
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
    tending.join()
    return written, lags


def _stretches(seconds: float) -> Iterator[float]:
    while seconds > 0:
        yield min(STRETCH, seconds)
        seconds -= STRETCH


def _ask_until(turn: Future[Done], requests: Requests, times: Times) -> Done:
    """Ask one of each kind, then the next ones, until the other process is done; return what it has to say."""
    for asks in cycle(zip(*requests.values(), strict=True)):
        for kind, ask in zip(requests, asks, strict=True):
            times[kind].append(waited(ask))
        if turn.done():
            break
        time.sleep(_PAUSE)
    return turn.result()


def _figures(times: Times) -> dict[str, Figures]:
    return {
        kind: {**spread([wall for wall, _ in each]), "mean": round(_mean(each), 4), "cpu": round(_mean(each, 1), 4)}
        for kind, each in times.items()
    }


def _slower(times: Times, than: Times) -> Figures:
    return {kind: round(_mean(times[kind]) / _mean(than[kind]) - 1, 3) for kind in times}


def _mean(times: Sequence[tuple[float, float]], place: int = 0) -> float:
    return float(np.mean([each[place] for each in times]))


def _tend(index: WhooshIndex, stop: threading.Event) -> None:
    while not stop.is_set():
        if index.tend() == 0:
            stop.wait(0.5)


def _rewritten(texts: Iterable[Document], first: int) -> Iterator[Document]:
    """Any of the offerings, not those that stand side by side."""
    for place, text in enumerate(texts, first):
        yield replace(text, id=1 + place * SCATTERED % UPDATED)
