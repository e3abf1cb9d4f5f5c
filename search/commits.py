"""What changes in an index's folder: Whoosh's generations with their sequence numbers, commits and merges.

_MAIN_<generation>.toc     Whoosh's: the segments and which of their documents are deleted
MAIN_<name>.seg            Whoosh's: a segment, which never changes
sequence-<generation>      the caller's change log up to here is in this generation
merging/                   a merged segment while it is written; what a killed process left is in nobody's way
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, FileIndex, clean_files

from search.arrays import Segment
from search.folders import number_of, write_whole
from search.port import Document, IndexUnusableError
from search.schema import new_codec, new_schema
from search.writing import Writer

SEGMENT: Final = 250_000  # documents: a rebuild holds the postings of so many in memory, about a gigabyte
_NAME: Final = "MAIN"
_READING_TRIES: Final = 5
_GENERATIONS: Final = 1 << 32  # of one folder; the folder's number stands above them


def create(folder: Path, sequence: int) -> FileIndex:
    """Make an empty index in an empty folder."""
    _write_sequence(folder, 0, sequence)
    return FileIndex.create(FileStorage(str(folder)), new_schema(), _NAME)


def opened(folder: Path) -> FileIndex:
    """Open the index in a folder as Whoosh's own."""
    return FileIndex(FileStorage(str(folder)), indexname=_NAME)


def contents(folder: Path, schema: Schema) -> TOC:
    """Return the latest generation's table of contents."""
    return TOC.read(FileStorage(str(folder)), _NAME, schema=schema)


def stamp(folder: Path, generation: int) -> int:
    """Return a number that grows with every generation and with every rebuild."""
    return number_of(folder) * _GENERATIONS + generation


def latest_generation(folder: Path) -> int:
    """Return Whoosh's own generation: the highest number of a table of contents. Raises IndexUnusableError."""
    generation = int(TOC._latest_generation(FileStorage(str(folder)), _NAME))
    if generation < 0:
        raise IndexUnusableError(f"The index in {folder} is gone: rebuild it (reindex).")
    return generation


def read_sequence(folder: Path) -> int:
    """Return the number that the latest generation stands at. Raises IndexUnusableError."""
    for _ in range(_READING_TRIES):
        with suppress(FileNotFoundError):  # the next commit removed it in this moment
            return int(_sequence_file(folder, latest_generation(folder)).read_text())
    raise IndexUnusableError(f"The index in {folder} has lost its sequence number: rebuild it (reindex).")


@contextmanager
def commit(index: FileIndex, sequence: int) -> Iterator[Writer]:
    """Commit what is written inside, with its sequence number; on any error nothing is, and no lock stays."""
    writer = Writer(index, new_codec())
    folder = Path(index.storage.folder)
    try:
        yield writer
        # The number of a generation counts from the moment that Whoosh's table of contents names it.
        _write_sequence(folder, writer.generation, sequence)
        writer.commit(mergetype=writer.keeping)
    except BaseException:
        _cancel(writer)
        raise
    _tidy(folder, writer.generation)


def fill(index: FileIndex, documents: Iterable[Document], sequence: int) -> None:
    """Write all documents, so many to a segment that memory stays bounded."""
    seen: set[int] = set()
    rest = iter(documents)
    while together := list(islice(rest, 1)):
        with commit(index, sequence) as writer:
            for document in chain(together, islice(rest, SEGMENT - 1)):
                if document.id in seen:
                    raise ValueError(f"Document {document.id} comes twice.")
                seen.add(document.id)
                writer.add(document)


class Source(NamedTuple):
    """A segment that is to be merged, and which of its documents were deleted when the merge began."""

    id: str
    segment: Segment
    deleted: frozenset[int]


@contextmanager
def merged(folder: Path, sources: Sequence[Source]) -> Iterator[Any]:
    """Write the living documents of some segments as one, beside the index; yields its description for `replace`."""
    draft = folder / "merging"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        with commit(create(draft, 0), 0) as writer:
            for source in sources:
                writer.merge_in(source.segment, source.deleted)
        yield contents(draft, new_schema()).segments
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def replace(folder: Path, sources: Sequence[Source], together: Sequence[Any]) -> None:
    """Put the merged segment in the place of its sources; what was deleted meanwhile is deleted in it, too.

    Only while nobody else commits. Killed at any point, the index holds the sources or the merged segment.
    """
    now = contents(folder, new_schema())
    for description in together:
        for number in _deleted_since(sources, {each.segment_id(): each for each in now.segments}):
            description.delete_document(number)
        name = description.make_filename(description.COMPOUND_EXT)
        (folder / "merging" / name).replace(folder / name)
    left = [each for each in now.segments if each.segment_id() not in {source.id for source in sources}]
    generation, storage = now.generation + 1, FileStorage(str(folder))
    _write_sequence(folder, generation, read_sequence(folder))
    TOC(now.schema, [*left, *together], generation).write(storage, _NAME)
    clean_files(storage, _NAME, generation, [*left, *together])
    _tidy(folder, generation)


def _deleted_since(sources: Sequence[Source], now: dict[str, Any]) -> Iterator[int]:
    start = 0
    for source in sources:
        alive = np.ones(source.segment.size, np.bool_)
        alive[list(source.deleted)] = False
        numbers = np.cumsum(alive) - 1 + start
        # A source that is gone had its last document deleted.
        known = now.get(source.id)
        gone: Collection[int] = range(source.segment.size) if known is None else frozenset(known.deleted_docs())
        yield from (int(numbers[number]) for number in gone if alive[number])
        start += int(alive.sum())


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


def _write_sequence(folder: Path, generation: int, sequence: int) -> None:
    write_whole(_sequence_file(folder, generation), str(sequence))


def _sequence_file(folder: Path, generation: int) -> Path:
    return folder / f"sequence-{generation}"
