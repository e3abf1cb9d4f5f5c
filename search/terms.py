"""Whoosh's table of terms, written and read whole: the same file, a tenth of the time."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final
from zlib import crc32

from whoosh.filedb.filetables import HashWriter, OrderedHashReader, OrderedHashWriter

_CRC: Final = 1  # Whoosh's number for it; its first choice, MD5, takes several times as long
_LENGTHS: Final = struct.Struct("!ii")
_SLOT: Final = struct.Struct("!Iq")
_INFORMATION: Final = struct.Struct("!BfIBBfIIqi")  # see W3TermInfo: no postings within, then where they stand


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


def found(reader: OrderedHashReader, key: bytes) -> tuple[int, int, int] | None:
    """Return what `records` says of one key, None for an unknown one; Whoosh's own way takes four times as long."""
    hashed = crc32(key)
    table, count = reader.tables[hashed & 255]
    if not count:
        return None
    data, slot = reader.dbfile._buf, (hashed >> 8) % count
    for _ in range(count):
        other, position = _SLOT.unpack_from(data, table + slot * _SLOT.size)
        if not position:
            return None
        if other == hashed:
            length, _ = _LENGTHS.unpack_from(data, position)
            after = position + _LENGTHS.size + length
            if data[position + _LENGTHS.size : after] == key:
                _, _, held, _, _, _, _, _, place, size = _INFORMATION.unpack_from(data, after)
                return held, place, size
        slot = (slot + 1) % count
    return None


def records(reader: OrderedHashReader) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield every key of a table in order, with its number of documents and where its postings stand."""
    data = bytes(reader.dbfile.get(reader.startofdata, reader.endofdata - reader.startofdata))
    at, end, head, told = 0, len(data), _LENGTHS.unpack_from, _INFORMATION.unpack_from
    while at < end:
        key_length, value_length = head(data, at)
        at += 8
        after = at + key_length
        _, _, held, _, _, _, _, _, place, length = told(data, after)
        yield data[at:after], held, place, length
        at = after + value_length
