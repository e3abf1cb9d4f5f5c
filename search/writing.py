"""Whoosh's writer with its segments written whole: the same files, from arrays instead of one posting at a time."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import lru_cache
from operator import sub
from pickle import dumps
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from whoosh import columns
from whoosh.codec.whoosh3 import LENGTHS_COLUMN, WHOOSH3_HEADER_MAGIC, W3Codec
from whoosh.system import pack_int, pack_ushort
from whoosh.writing import SegmentWriter

from search.arrays import MARK, Segment
from search.gathering import LENGTHS, Gathering, Term
from search.phrases import Marks
from search.port import Document
from search.schema import FIELDS, ID, LANGUAGE, ORDER, ORDERED
from search.terms import TermTable, information

BLOCK: Final = 1 << 16  # postings; arrays read whole terms, so that smaller blocks would only cost time
SHORT: Final = 16  # postings that are faster as a plain tuple
# The first protocol in which an array is its bytes: in Whoosh's own, 2, it is a list of numbers, twice as long, and a
# thousand times as slow to read. Whoosh reads either.
PICKLED: Final = 3
MARKS_COLUMN: Final = columns.NumericColumn("I", default=0)
Numbers = NDArray[np.int32]
Counts = NDArray[np.uint16]


class Writer(SegmentWriter):  # type: ignore[misc]  # Whoosh has no types
    """Takes documents as they are, and merges by reading other segments' arrays."""

    def __init__(self, index: Any, codec: W3Codec) -> None:
        super().__init__(index, codec=codec)
        self.fieldwriter._tindex = TermTable(self.fieldwriter._tindex.dbfile)
        self.fieldwriter._tindex.extras["fieldmap"] = self.fieldwriter._fieldmap
        self._gathered = Gathering()

    def add(self, document: Document) -> None:
        """Write a document into the new segment."""
        self._gathered.add(document)

    def merge_in(self, segment: Segment, deleted: Iterable[int]) -> None:
        """Take the living documents of a segment into the new one."""
        alive = np.ones(segment.size, np.bool_)
        alive[list(deleted)] = False
        numbers = (np.cumsum(alive) - 1).astype(np.int32)
        lengths = {name: segment.length_codes(name)[alive] for name in FIELDS}
        self._gathered.add_counted(
            segment.ids[alive],
            segment.languages[alive],
            lengths,
            _order(segment, alive),
            segment.everything(),
            alive,
            numbers,
        )

    def delete(self, segment_id: str, numbers: Iterable[int]) -> None:
        """Mark documents of a segment as deleted."""
        (segment,) = [each for each in self.segments if each.segment_id() == segment_id]
        for number in numbers:
            segment.delete_document(number)

    def keeping(self, _: Any, segments: list[Any]) -> list[Any]:
        """Say, as Whoosh's merge policy, which segments stay as they are: all that hold a living document."""
        self._added = self._gathered.size > 0  # an empty segment is not written
        return [each for each in segments if each.deleted_count() < each.doc_count_all()]

    def _flush_segment(self) -> None:
        self._gathered.finish()
        self.docnum = self._gathered.size
        self._write_documents()
        for field in FIELDS:
            self._write_field(field)
        self.fieldwriter.close()

    def _write_documents(self) -> None:
        gathered, documents = self._gathered, self.perdocwriter
        documents._doccount = gathered.size
        self._write_column(ID, self.schema[ID].column_type, np.concatenate(gathered.ids).astype(">i8"))
        self._write_column(LANGUAGE, self.schema[LANGUAGE].column_type, np.concatenate(gathered.languages))
        self._write_column(ORDER, MARKS_COLUMN, np.concatenate(gathered.order).astype(MARK))
        self._write_column(ORDERED, MARKS_COLUMN, np.concatenate(gathered.ordered).astype(MARK))
        for field in FIELDS:
            codes = np.concatenate(gathered.lengths[field])
            self._write_column(f"_{field}_len", LENGTHS_COLUMN, codes)
            documents._fieldlengths[field] = int(LENGTHS[codes].sum())
        documents._indoc = None
        documents.close()

    def _write_column(self, name: str, kind: columns.Column, values: NDArray[Any]) -> None:
        self.perdocwriter._create_column(name, kind)
        writer = self.perdocwriter._get_column(name)
        writer._dbfile.write(values.tobytes())
        writer._count = len(values)

    def _write_field(self, field: str) -> None:
        writer = self.fieldwriter
        writer.start_field(field, self.schema[field])
        prefix = pack_ushort(writer._fieldid)
        file, table = writer._postfile, writer._tindex
        at = file.tell()
        for term in self._gathered.postings(field):
            data = _encoded(term)
            file.write(data)
            table.add(prefix + term.name, _information(term, at, len(data)))
            at += len(data)
        writer.finish_field()


def _order(segment: Segment, alive: NDArray[np.bool_]) -> tuple[Marks, NDArray[np.uint32]]:
    """Return the words of the living documents in their order, and how many each has."""
    order, sizes = segment.order()
    return order[np.repeat(alive, sizes)], sizes[alive]


def _encoded(term: Term) -> bytes:
    """Return postings as Whoosh's own matcher reads them: a mark, then blocks of a length and two pickles."""
    if term.first == term.last:
        return _alone(term.first, term.most)
    parts, last = [WHOOSH3_HEADER_MAGIC], len(term.documents) - BLOCK
    for at in range(0, len(term.documents), BLOCK):
        block = _block(term.documents[at : at + BLOCK], term.counts[at : at + BLOCK], term.most)
        parts += (pack_int(len(block) if at < last else -len(block)), block)  # the last one's sign says so
    return b"".join(parts)


@lru_cache(maxsize=10_000)  # most terms have a single document, and many the same
def _alone(document: int, count: int) -> bytes:
    block = _pickled(1, document, count, (document,), None if count == 1 else float(count))
    return b"".join((WHOOSH3_HEADER_MAGIC, pack_int(-len(block)), block))


def _block(documents: Numbers, counts: Counts, most: int) -> bytes:
    gaps: tuple[int, ...] | array[int]
    weights: tuple[int, ...] | array[int] | None
    if len(documents) < SHORT:
        ascending = documents.tolist()
        last = ascending[-1]
        gaps = tuple(map(sub, ascending, [0, *ascending]))
        weights = None if most == 1 else tuple(counts.tolist())
    else:
        last = int(documents[-1])
        gaps = _packed(np.concatenate((documents[:1], documents[1:] - documents[:-1])))
        weights = None if most == 1 else _packed(counts)
    return _pickled(len(documents), last, most, gaps, weights)


def _pickled(
    size: int,
    last: int,
    most: int,
    gaps: tuple[int, ...] | array[int],
    weights: float | tuple[int, ...] | array[int] | None,
) -> bytes:
    return dumps((size, last, float(most), 0, 0, 0), PICKLED) + dumps((gaps, weights, None), PICKLED)


def _packed(values: NDArray[Any]) -> array[int]:
    most = int(values.max())
    code = "B" if most < 1 << 8 else "H" if most < 1 << 16 else "I"
    return array(code, values.astype(code).tobytes())


def _information(term: Term, at: int, length: int) -> bytes:
    return information(len(term.documents), term.together, term.most, term.first, term.last, at, length)
