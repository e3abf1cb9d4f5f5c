"""Whoosh's table of terms, written and read whole: the same file, a tenth of the time."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from whoosh.filedb.filetables import HashWriter, OrderedHashReader, OrderedHashWriter

_CRC: Final = 1  # Whoosh's number for it; its first choice, MD5, takes several times as long
_LENGTHS: Final = struct.Struct("!ii")
_SLOT: Final = struct.Struct("!Iq")
_SLOTS: Final = np.dtype([("hash", ">u4"), ("position", ">i8")])  # the same
_INFORMATION: Final = struct.Struct("!BfIBBfIIqi")  # see W3TermInfo: no postings within, then where they stand
INFORMATION: Final = np.dtype(  # the same
    {
        "names": ["inline", "together", "held", "shortest", "longest", "most", "first", "last", "place", "length"],
        "formats": ["u1", ">f4", ">u4", "u1", "u1", ">f4", ">u4", ">u4", ">i8", ">i4"],
    }
)


class Entry(NamedTuple):
    """What a table says of a term: its documents, where its postings stand, and the first posting."""

    held: int
    place: int
    length: int
    document: int
    most: int  # times in one document


UNKNOWN: Final = Entry(0, 0, 0, 0, 0)


class TermTable(OrderedHashWriter):  # type: ignore[misc]  # Whoosh has no types
    """A table that takes all its terms at once, in the order of their bytes."""

    def __init__(self, file: Any) -> None:
        file.seek(0)
        HashWriter.__init__(self, file, hashtype=_CRC)
        self._keys: list[bytes] = []
        self._values: list[bytes] = []

    def add(self, key: bytes, value: bytes) -> None:
        """Take the next term."""
        self._keys.append(key)
        self._values.append(value)

    def _write_hashes(self) -> None:
        positions = self._write_records()
        for key, position in zip(self._keys, positions, strict=True):
            found = crc32(key)
            self.buckets[found & 255].append((found, position))
        for entries in self.buckets:
            self.directory.append((self.dbfile.tell(), 2 * len(entries)))
            self.dbfile.write(_slots(entries))

    def _write_records(self) -> array[int]:
        positions, at = array("I"), self.dbfile.tell()
        written: list[bytes] = []
        for key, value in zip(self._keys, self._values, strict=True):
            positions.append(at)
            written += (_LENGTHS.pack(len(key), len(value)), key, value)
            at += _LENGTHS.size + len(key) + len(value)
        self.dbfile.write(b"".join(written))
        self.index = _Positions(positions)
        return positions


class _Positions:
    """What Whoosh's writer asks of its growing array."""

    typecode = "I"

    def __init__(self, positions: array[int]) -> None:
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def to_file(self, file: Any) -> None:
        """Write all of them."""
        file.write_array(self._positions)


def _slots(entries: Sequence[tuple[int, int]]) -> bytes:
    """Return a hash table of a bucket, as HashWriter fills it: the next free slot where one is taken."""
    count = 2 * len(entries)
    slots = [b""] * count
    for found, position in entries:
        slot = (found >> 8) % count
        while slots[slot]:
            slot = (slot + 1) % count
        slots[slot] = _SLOT.pack(found, position)
    empty = bytes(_SLOT.size)
    return b"".join([slot or empty for slot in slots])


def information(held: int, together: int, most: int, first: int, last: int, at: int, length: int) -> bytes:
    """Return what is said of a term: documents, occurrences, the most in one; where its postings stand."""
    return _INFORMATION.pack(0, together, held, 0, 0, most, first, last, at, length)


def hashed(key: bytes) -> int:
    """Return the hash by which a table finds a key."""
    return crc32(key)


def found(reader: OrderedHashReader, key: bytes) -> Entry:
    """Return what the table says of a key; Whoosh's own way takes four times as long."""
    end = _end_of(reader, key)
    if not end:
        return UNKNOWN
    _, _, held, _, _, most, first, _, place, length = _INFORMATION.unpack_from(reader.dbfile._buf, end)
    return Entry(held, place, length, first, int(most))


def _end_of(reader: OrderedHashReader, key: bytes) -> int:
    """Return where a key ends in the file; 0 for an unknown one."""
    hashed = crc32(key)
    table, count = reader.tables[hashed & 255]
    data = reader.dbfile._buf
    for step in range(count):
        other, position = _SLOT.unpack_from(data, table + ((hashed >> 8) + step) % count * _SLOT.size)
        if not position:
            return 0
        if other == hashed:
            length, _ = _LENGTHS.unpack_from(data, position)
            end: int = position + _LENGTHS.size + length
            if data[end - length : end] == key:
                return end
    return 0


class Table:
    """A table of terms by their hashes, to look many up at once. For small segments: it holds twelve bytes a term."""

    def __init__(self, reader: OrderedHashReader) -> None:
        self._reader, self._data = reader, reader.dbfile._buf
        slots = [np.frombuffer(self._data, _SLOTS, count, table) for table, count in reader.tables if count]
        joined = np.concatenate(slots) if slots else np.empty(0, _SLOTS)
        joined = joined[joined["position"] > 0]
        order = np.argsort(joined["hash"], kind="stable")
        self._hashes = joined["hash"][order].astype(np.uint32)
        self._positions = joined["position"][order].astype(np.int64)

    def lookup(self, hashes: NDArray[np.uint32], keys: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return which of these keys are here, by their places, and what is said of each (see `INFORMATION`)."""
        if not len(self._hashes):
            return np.empty(0, np.int64), np.empty(0, INFORMATION)
        found = np.searchsorted(self._hashes, hashes)
        places = np.flatnonzero(self._hashes.take(found, mode="clip") == hashes)
        positions = self._positions[found[places]]
        known = [
            self._standing_at(*each)
            for each in zip(positions.tolist(), [keys[place] for place in places.tolist()], strict=True)
        ]
        ends = np.array(known, np.int64)
        return places[ends > 0], self._information(ends[ends > 0])

    def _standing_at(self, position: int, key: bytes) -> int:
        """Return where a key ends whose hash stands here; 0 if that is another's and this one is not in the table."""
        at = position + _LENGTHS.size
        end = at + len(key)
        if self._data[at:end] == key and _LENGTHS.unpack_from(self._data, position)[0] == len(key):
            return end
        return _end_of(self._reader, key)

    def _information(self, ends: NDArray[np.int64]) -> NDArray[Any]:
        data = np.frombuffer(self._data, np.uint8)
        found: NDArray[Any] = data[ends[:, None] + np.arange(INFORMATION.itemsize)].view(INFORMATION).reshape(-1)
        return found


class Record(NamedTuple):
    """What a table says of a key: its documents, the first of them, the most times in one, and the postings' place."""

    key: bytes
    held: int
    first: int
    most: int
    place: int
    length: int


def records(reader: OrderedHashReader) -> Iterator[Record]:
    """Yield what a table says of every key, in order."""
    data = bytes(reader.dbfile.get(reader.startofdata, reader.endofdata - reader.startofdata))
    at, end, head, told = 0, len(data), _LENGTHS.unpack_from, _INFORMATION.unpack_from
    while at < end:
        key_length, value_length = head(data, at)
        at += 8
        after = at + key_length
        _, _, held, _, _, most, first, _, place, length = told(data, after)
        yield Record(data[at:after], held, first, int(most), place, length)
        at = after + value_length
