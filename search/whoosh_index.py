"""The search port over Whoosh 2.7.4: Whoosh stores and commits, arrays answer."""

from __future__ import annotations

import pickle
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex
from whoosh.index import IndexError as WhooshIndexError

from search.analysis import warm as warm_analysis
from search.arrays import Segment
from search.finding import answer, find
from search.folders import NO_STAMP, Home, Stamp, number_of, write_whole
from search.highlighting import pieces
from search.knowledge import Knowledge
from search.port import (
    Change,
    Delete,
    Document,
    Ids,
    IndexUnusableError,
    Label,
    Piece,
    Result,
    SequenceMovedError,
    Upsert,
)
from search.schema import new_codec, new_schema
from search.scoring import PlacedScores, Places
from search.snapshot import Snapshot, View, new_cache
from search.writing import Writer

SEGMENT: Final = 250_000  # documents: a rebuild holds the postings of so many in memory, about a gigabyte
_NAME: Final = "MAIN"
_FIRST_WORDS: Final = "équipe team"
_OPENING_TRIES: Final = 5
_TICK: Final = 50_000_000  # nanoseconds, with room to spare
# What a damaged file makes Whoosh, pickle and zlib say: of a segment in use, and while one is opened.
_UNREADABLE: Final = (EOFError, pickle.UnpicklingError, struct.error)
_UNOPENABLE: Final = (
    *_UNREADABLE,
    AssertionError,
    AttributeError,
    FileNotFoundError,
    ImportError,
    LookupError,
    NameError,
    ValueError,
    WhooshIndexError,
)
_GENERATIONS: Final = 1 << 32  # of one folder; the folder's number stands above them


class Look(NamedTuple):
    """The generation that was seen in a folder, the stamp of that moment, and the moment (nanoseconds)."""

    folder: Path
    stamp: Stamp
    at: int
    generation: int

    def holds(self, home: Home) -> bool:
        """Tell whether nothing can have changed since.

        Two changes within one tick of the file system's clock share a stamp, so one that was young proves nothing.
        """
        pointer, _, inside = self.stamp
        return self.at - max(pointer, inside) > _TICK and home.stamp(self.folder) == self.stamp


def open_index(folder: Path) -> WhooshIndex:
    """Open the index in a folder; an empty one is created where there is none. A damaged one opens, too."""
    home = Home(folder)
    if home.is_new():
        _create_empty(home)
    return WhooshIndex(home)


def _create_empty(home: Home) -> None:
    with home.rebuilding():
        if home.is_new():
            with home.new_folder() as folder:
                _create(folder, sequence=0)
            home.switch(folder)


def _create(folder: Path, sequence: int) -> FileIndex:
    _write_sequence(folder, 0, sequence)
    return FileIndex.create(FileStorage(str(folder)), new_schema(), _NAME)


class WhooshIndex:
    """See search.port.SearchIndex."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._schema = new_schema()
        self._found = new_cache()
        self._opening = threading.Lock()
        self._segments: dict[str, Segment] = {}
        self._latest: Snapshot | None = None
        self._laid: Places | None = None
        self._looked = Look(home.root, NO_STAMP, 0, 0)
        self._knowledge = Knowledge(home)

    def search(self, text: str, limit: int, allowed: Ids | None = None) -> Result:
        snapshot = self._snapshot()
        with _damage_named(self._home.root, _UNREADABLE):
            return find(snapshot, self._knowledge.lexicon(), text, limit, allowed)

    def score(self, text: str, ids: NDArray[np.int64]) -> PlacedScores:
        snapshot = self._snapshot()
        with _damage_named(self._home.root, _UNREADABLE):
            found = answer(snapshot, self._knowledge.lexicon(), text)
            return PlacedScores(found, self._places_in(snapshot, ids))

    def highlight(self, text: str, query: str) -> tuple[Piece, ...]:
        return pieces(text, query, self._knowledge.lexicon())

    def learn(self, source: str, labels: Iterable[Label]) -> int:
        return self._knowledge.learn(source, labels)

    def warm(self) -> None:
        warm_analysis()
        with suppress(IndexUnusableError):  # whoever searches is told
            self.search(_FIRST_WORDS, limit=1)

    def generation(self) -> int:
        if not self._looked.holds(self._home):
            folder = self._home.current()
            at, stamp = time.time_ns(), self._home.stamp(folder)  # before the look: a change in between is seen next
            self._looked = Look(folder, stamp, at, _stamp(folder, _generation(folder)))
        return self._looked.generation

    def sequence(self) -> int:
        return _read_sequence(self._home.current())

    def apply(self, changes: Sequence[Change], sequence: int, after: int | None = None) -> None:
        with self._home.writing(), _damage_named(self._home.root, _UNREADABLE):
            folder = self._home.current()
            stands_at = _read_sequence(folder)
            if after is not None and after != stands_at:
                raise SequenceMovedError(f"The index stands at {stands_at}, the changes follow on {after}.")
            with _commit(_opened(folder), sequence, self._segment) as writer:
                self._write(writer, changes)

    def rebuild(self, documents: Iterable[Document], sequence: int) -> None:
        with self._home.rebuilding():
            with self._home.new_folder() as folder:
                _fill(_create(folder, sequence), documents, sequence)
            with self._home.writing():
                self._home.switch(folder)
            self._home.sweep()
        self._knowledge.learn_again()

    def _write(self, writer: Writer, changes: Sequence[Change]) -> None:
        last = {_id(change): change for change in changes}
        known = self._snapshot().numbers(np.fromiter(last, np.int64, len(last)))
        for number in known:
            writer.delete_document(int(number))
        for change in last.values():
            if isinstance(change, Upsert):
                writer.add(change.document)

    def _places_in(self, snapshot: Snapshot, ids: NDArray[np.int64]) -> Places:
        laid = self._laid
        if laid is None or laid.snapshot is not snapshot or laid.ids is not ids:
            laid = self._laid = Places.of(snapshot, ids)
        return laid

    def _snapshot(self) -> Snapshot:
        # Never refresh(): a new generation gets a new snapshot; only the immutable segments are kept.
        if self._latest is None or self._latest.generation != self.generation():
            with self._opening:
                if self._latest is None or self._latest.generation != self.generation():
                    self._latest = self._open_latest()
        return self._latest

    def _open_latest(self) -> Snapshot:
        with _damage_named(self._home.root, _UNOPENABLE):
            for _ in range(_OPENING_TRIES):
                with suppress(FileNotFoundError):  # a commit or a rebuild removed the file that was to be opened
                    return self._open(self._home.current())
            return self._open(self._home.current())

    def _open(self, folder: Path) -> Snapshot:
        contents = TOC.read(FileStorage(str(folder)), _NAME, schema=self._schema)
        views = [self._view(folder, description) for description in contents.segments]
        self._segments = {view.name: view.segment for view in views}
        return Snapshot(_stamp(folder, contents.generation), views, self._found)

    def _view(self, folder: Path, description: Any) -> View:
        return View(
            _segment_name(folder, description), self._segment(folder, description), tuple(description.deleted_docs())
        )

    def _segment(self, folder: Path, description: Any) -> Segment:
        return self._segments.get(_segment_name(folder, description)) or Segment(folder, description)


OpenSegment = Callable[[Path, Any], Segment]


def _nothing_to_merge(*_: Any) -> Segment:
    raise AssertionError("a new folder has no segments")  # pragma: no cover


def _segment_name(folder: Path, description: Any) -> str:
    return f"{folder.name}/{description.segment_id()}"


@contextmanager
def _damage_named(root: Path, signs: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn what Whoosh and NumPy say of a damaged file into one clear error."""
    try:
        yield
    except signs as error:
        raise IndexUnusableError(f"The index in {root} is damaged ({error!r}): rebuild it (reindex).") from error


@contextmanager
def _commit(index: FileIndex, sequence: int, open_segment: OpenSegment) -> Iterator[Writer]:
    """Commit what is written inside, with its sequence number; on any error nothing is, and no lock stays."""
    writer = Writer(index, new_codec())
    folder = Path(index.storage.folder)
    try:
        yield writer
        # The number of a generation counts from the moment that Whoosh's table of contents names it.
        _write_sequence(folder, writer.generation, sequence)
        writer.commit(mergetype=writer.merging(partial(open_segment, folder)))
    except BaseException:
        _cancel(writer)
        raise
    _tidy(folder, writer.generation)


def _cancel(writer: Writer) -> None:
    try:
        if not writer.is_closed:
            writer.cancel()
    finally:
        if writer.writelock.fd is not None:  # cancel() itself failed, on a full disk for example
            writer.writelock.release()


def _tidy(folder: Path, generation: int) -> None:
    """Remove the sequence numbers of other generations, and what killed writers never finished."""
    current = _sequence_file(folder, generation)
    others = [path for path in folder.glob("sequence-*") if path != current]
    for path in (*others, *folder.glob("*.toc.*")):
        path.unlink(missing_ok=True)


def _fill(index: FileIndex, documents: Iterable[Document], sequence: int) -> None:
    """Write all documents, so many to a segment that memory stays bounded."""
    seen: set[int] = set()
    rest = iter(documents)
    while together := list(islice(rest, 1)):
        with _commit(index, sequence, _nothing_to_merge) as writer:
            for document in chain(together, islice(rest, SEGMENT - 1)):
                if document.id in seen:
                    raise ValueError(f"Document {document.id} comes twice.")
                seen.add(document.id)
                writer.add(document)


def _id(change: Change) -> int:
    return change.id if isinstance(change, Delete) else change.document.id


def _opened(folder: Path) -> FileIndex:
    return FileIndex(FileStorage(str(folder)), indexname=_NAME)


def _stamp(folder: Path, generation: int) -> int:
    return number_of(folder) * _GENERATIONS + generation


def _generation(folder: Path) -> int:
    """Return Whoosh's own generation: the highest number of a table of contents."""
    generation = int(TOC._latest_generation(FileStorage(str(folder)), _NAME))
    if generation < 0:
        raise IndexUnusableError(f"The index in {folder} is gone: rebuild it (reindex).")
    return generation


def _read_sequence(folder: Path) -> int:
    for _ in range(_OPENING_TRIES):
        with suppress(FileNotFoundError):  # the next commit removed it in this moment
            return int(_sequence_file(folder, _generation(folder)).read_text())
    raise IndexUnusableError(f"The index in {folder} has lost its sequence number: rebuild it (reindex).")


def _write_sequence(folder: Path, generation: int, sequence: int) -> None:
    write_whole(_sequence_file(folder, generation), str(sequence))


def _sequence_file(folder: Path, generation: int) -> Path:
    return folder / f"sequence-{generation}"
