"""Whoosh's postings as NumPy arrays: one immutable segment, opened once and decoded block by block."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from io import BytesIO
from itertools import accumulate, groupby, repeat
from pathlib import Path
from struct import Struct
from typing import Any, Final, NamedTuple, Union

import numpy as np
from numpy.typing import NDArray
from whoosh.codec.whoosh3 import WHOOSH3_HEADER_MAGIC, W3Codec
from whoosh.util.numeric import byte_to_length

from search.analysis import fold
from search.mapped import open_segment
from search.phrases import BREAK, NEAR, TOGETHER, Marks, Phrase, occurrences
from search.schema import EXACT, ID, LANGUAGE, NO_ID, ORDER, ORDERED, PHRASE, PREFIXES, SCORED, TEXT
from search.terms import Entry, Record, Table, found, records

Floats = NDArray[np.float32]
Numbers = NDArray[np.int32]

LENGTHS: Final = np.array([byte_to_length(code) for code in range(256)], dtype=np.float64)
SMALL: Final = 5_000  # documents of a segment that is read together with its like
MARK: Final = np.dtype("<u4")
_BLOCK_LENGTH: Final = Struct("!i")


class Postings(NamedTuple):
    """The documents that hold a term, ascending, and how often."""

    documents: Numbers
    frequencies: Floats


class Held(NamedTuple):
    """The postings of some terms, one after the other."""

    terms: NDArray[np.int64]  # their places among those that were asked for
    sizes: NDArray[np.int64]
    documents: Numbers
    frequencies: Floats

    def and_then(self, term: int, postings: Postings) -> Held:
        """Return the same with the postings of one more."""
        count = len(postings.documents)
        if not count:
            return self
        return Held(
            np.append(self.terms, term),
            np.append(self.sizes, count),
            np.concatenate((self.documents, postings.documents)),
            np.concatenate((self.frequencies, postings.frequencies)),
        )


NO_COUNTS: Final = np.empty(0, np.int64)
NO_POSTINGS: Final = Postings(np.empty(0, np.int32), np.empty(0, np.float32))


class FieldPostings(NamedTuple):
    """All terms of a field, how many documents hold each, and these, term after term, with their counts."""

    terms: list[str]
    sizes: NDArray[np.int64]
    documents: Numbers
    counts: NDArray[np.uint16]


class Segment:
    """One of Whoosh's segments: ids, lengths and postings; deletions are the snapshot's matter.

    Everything is read by position, so any number of threads may share a segment, and a writer may remove its file
    meanwhile.
    """

    def __init__(self, folder: Path, description: Any) -> None:
        self.id: str = description.segment_id()
        self.name = f"{folder.name}/{self.id}"
        self.size: int = description.doc_count_all()
        self._files = open_segment(folder, description)
        self._description = description
        self._name_of_postings = description.make_filename(W3Codec.POSTS_EXT)
        self._terms = description.codec().terms_reader(self._files, description)
        self.ids = self._column(ID, np.dtype(">i8"), NO_ID).astype(np.int64)
        self.languages = self._column(LANGUAGE, np.dtype("u1"), 0)
        self.lengths = {name: self.length_codes(name) for name in SCORED}
        self.lengths[PHRASE] = self.lengths[TEXT]
        self.spread = {name: np.bincount(codes, minlength=256) for name, codes in self.lengths.items()}

    def length_codes(self, field: str) -> NDArray[np.uint8]:
        """Return the lengths of a field in Whoosh's one byte each."""
        return self._column(f"_{field}_len", np.dtype("u1"), 0)

    def everything(self) -> Iterator[tuple[str, FieldPostings]]:
        """Yield every field with all its postings."""
        names = {prefix: field for field, prefix in PREFIXES.items()}
        whole = self._read(0, self._files.file_length(self._name_of_postings))
        for number, group in groupby(records(self._terms._tindex), lambda record: record.key[:2]):
            yield names[number], _field_postings(whole, group)

    def held(self, hashes: NDArray[np.uint32], keys: Sequence[bytes]) -> Held:
        """Return the postings of those keys that the segment holds; for small segments."""
        places, said = self._table.lookup(hashes, keys)
        sizes = said["held"].astype(np.int64)
        # Most terms of a small segment have a single document, which its table names.
        documents, counts = np.repeat(said["first"], sizes), np.repeat(said["most"], sizes)
        several = said[sizes > 1]
        others, their_counts = array("i"), array("H")
        for place, length in zip(several["place"].tolist(), several["length"].tolist(), strict=True):
            _lay_out(self._read(place, length), others, their_counts)
        are_several = np.repeat(sizes > 1, sizes)
        documents[are_several], counts[are_several] = others, their_counts
        return Held(places, sizes, documents.astype(np.int32), counts.astype(np.float32))

    def read_table(self) -> None:
        """Read what `held` looks into, which it would do by itself: to do it while nobody waits."""
        _ = self._table

    @cached_property
    def _table(self) -> Table:
        return Table(self._terms._tindex)

    def numbers(self, ids: NDArray[np.int64]) -> Numbers:
        """Return the documents with these ids, deleted ones included; unknown ids are passed over."""
        in_order, numbers = self._by_id
        if not self.size:
            return numbers
        places = np.searchsorted(in_order, ids).clip(max=self.size - 1)
        found: Numbers = numbers[places[in_order[places] == ids]]
        return found

    @cached_property
    def _by_id(self) -> tuple[NDArray[np.int64], Numbers]:
        order = np.argsort(self.ids, kind="stable")
        return self.ids[order], order.astype(np.int32)

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term, deleted documents included; none for an unknown term."""
        if field == PHRASE:
            return self._side_by_side(Phrase.parsed(term))
        entry = self._looked_up(field, term)
        if entry.held == 1:  # as most terms of a small segment are
            return Postings(np.array([entry.document], np.int32), np.array([entry.most], np.float32))
        return _decoded(self._read(entry.place, entry.length)) if entry.held else NO_POSTINGS

    def holders(self, field: str, term: str) -> Numbers:
        """Return the documents that hold a term, deleted ones included."""
        return self.postings(field, term).documents

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents hold a term, deleted ones included, without reading the postings."""
        return self._looked_up(field, term).held

    def order(self) -> tuple[Marks, NDArray[np.uint32]]:
        """Return the marks of all words, document after document, and how many each has."""
        return self._column(ORDER, MARK, BREAK, int(self._ordered[-1])), np.diff(self._ordered).astype(np.uint32)

    @cached_property
    def _ordered(self) -> NDArray[np.int64]:
        """Where the words of each document start, and of the next one after the last."""
        return np.append(0, np.cumsum(self._column(ORDERED, MARK, 0), dtype=np.int64))

    def _side_by_side(self, phrase: Phrase) -> Postings:
        """Return the documents in which these words follow one another, and how often they do."""
        holders = self._holders_of_all(phrase.telling)
        parts = [
            self._occurrences(holders[at : at + TOGETHER], phrase.words) for at in range(0, len(holders), TOGETHER)
        ]
        counts = np.concatenate([NO_COUNTS, *parts])
        held = np.flatnonzero(counts)
        return Postings(holders[held], counts[held].astype(np.float32))

    def _holders_of_all(self, words: Sequence[str]) -> Numbers:
        return reduce(_common, sorted((self.holders(EXACT, word) for word in set(words)), key=len))

    def _occurrences(self, documents: Numbers, phrase: Sequence[str]) -> NDArray[np.int64]:
        first, last = int(documents[0]), int(documents[-1])
        if last - first < NEAR * len(documents):  # to read all between them is faster than one by one
            among = self._ordered[first : last + 2]
            words = self._words(among[:1], among[-1:] - among[:1])
            return occurrences(words, np.diff(among), phrase)[documents - first]
        starts, sizes = self._ordered[documents], np.diff(self._ordered)[documents]
        return occurrences(self._words(starts, sizes), sizes, phrase)

    def _words(self, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Marks:
        """Return the marks of so many words from each of these places on, end to end."""
        stretches = zip((starts * MARK.itemsize).tolist(), (sizes * MARK.itemsize).tolist(), strict=True)
        return np.frombuffer(self._files.read_all(W3Codec.column_filename(self._description, ORDER), stretches), MARK)

    @cached_property
    def vocabulary(self) -> dict[str, list[str]]:
        """Return every unstemmed word of the segment by its first letter, without accents."""
        words: dict[str, list[str]] = {}
        for word in self._written():
            words.setdefault(fold(word[0]), []).append(word)
        return words

    def _looked_up(self, field: str, term: str) -> Entry:
        return found(self._terms._tindex, PREFIXES[field] + term.encode())

    def _written(self) -> Iterator[str]:
        for field, term in self._terms.terms_from(EXACT, b""):
            if field != EXACT:
                return
            yield term.decode()

    def _read(self, offset: int, length: int) -> bytes:
        return self._files.read(self._name_of_postings, offset, length)

    def _column(self, name: str, kind: np.dtype[Any], default: int, size: int | None = None) -> NDArray[Any]:
        # Whoosh leaves out the default values at a column's end, and a column that has only those.
        values = np.full(self.size if size is None else size, default, dtype=kind)
        filename = W3Codec.column_filename(self._description, name)
        if self._files.file_exists(filename):
            with self._files.open_file(filename) as file:
                stored = np.frombuffer(file.get(0, self._files.file_length(filename)), dtype=kind)
            values[: len(stored)] = stored
        return values


def _common(few: Numbers, many: Numbers) -> Numbers:
    """Return the numbers that stand in both; ascending as they are."""
    return few[many.take(np.searchsorted(many, few), mode="clip") == few] if len(many) else many


def _field_postings(whole: bytes, group: Iterable[Record]) -> FieldPostings:
    terms, sizes, documents, counts = [], [], array("i"), array("H")
    for key, held, first, most, place, length in group:
        terms.append(key[2:].decode())
        sizes.append(held)
        if held == 1:
            documents.append(first)
            counts.append(most)
        else:
            _lay_out(whole[place : place + length], documents, counts)
    return FieldPostings(
        terms, np.array(sizes, np.int64), np.frombuffer(documents, np.int32), np.frombuffer(counts, np.uint16)
    )


def _lay_out(data: bytes, documents: array[int], counts: array[int]) -> None:
    """Append the postings of a term: faster than an array of its own where these are few."""
    for gaps, weights in _raw_blocks(data):
        if isinstance(gaps, array):
            documents.frombytes(np.cumsum(gaps, dtype=np.int32).tobytes())
        else:
            documents.extend(accumulate(gaps))
        if isinstance(weights, array):
            counts.frombytes(np.asarray(weights, np.uint16).tobytes())
        else:
            counts.extend(map(int, weights) if isinstance(weights, tuple) else repeat(int(weights or 1), len(gaps)))


def _decoded(data: bytes) -> Postings:
    blocks = [
        Postings(np.cumsum(np.asarray(gaps), dtype=np.int32), _frequencies(weights, len(gaps)))
        for gaps, weights in _raw_blocks(data)
    ]
    if len(blocks) == 1:
        return blocks[0]
    return Postings(
        np.concatenate([block.documents for block in blocks]),
        np.concatenate([block.frequencies for block in blocks]),
    )


Weights = Union[tuple[float, ...], "array[int]", float, None]


def _frequencies(weights: Weights, count: int) -> Floats:
    if weights is None or isinstance(weights, float):
        return np.full(count, weights or 1.0, np.float32)
    return np.array(weights, np.float32)


def _raw_blocks(data: bytes) -> Iterator[tuple[Sequence[int], Weights]]:
    """Yield the gaps between the documents and the counts of every block: one number for all where they are equal."""
    if not data.startswith(WHOOSH3_HEADER_MAGIC):
        raise pickle.UnpicklingError("postings without Whoosh's mark")
    at, is_last = len(WHOOSH3_HEADER_MAGIC), False
    while not is_last:
        (length,) = _BLOCK_LENGTH.unpack_from(data, at)
        is_last = length < 0  # Whoosh's mark for the last block
        at += _BLOCK_LENGTH.size
        # Whoosh's blocks are two pickles, what is said of the block and the block itself; the folder is written by this
        # application alone.
        stream = BytesIO(data[at : at + abs(length)])
        pickle.load(stream)  # noqa: S301
        gaps, weights, _ = pickle.load(stream)  # noqa: S301
        yield gaps, weights
        at += abs(length)
