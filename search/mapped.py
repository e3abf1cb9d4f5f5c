"""A segment's file, read by position: Whoosh would copy every part of it into memory.

Small parts are read through a memory map. Postings are not, for the pages of a map count as the process's own memory:
they are read from the file, and the system keeps for everybody what is read often.
"""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile


def open_segment(folder: Path, description: Any) -> SegmentFile:
    """Map the file of a segment; it may be removed from the folder afterwards."""
    file = FileStorage(str(folder)).open_file(description.make_filename(description.COMPOUND_EXT))
    try:
        return SegmentFile(file)
    except BaseException:
        if not file.is_closed:
            file.close()
        raise


class SegmentFile(CompoundStorage):  # type: ignore[misc]  # Whoosh has no types
    """All parts of a segment, by name."""

    def __init__(self, file: Any) -> None:
        self._number = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._number)
        super().__init__(file)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return a stretch of a part."""
        start, _ = self.range(name)
        return os.pread(self._number, length, start + offset)

    def read_all(self, name: str, stretches: Iterable[tuple[int, int]]) -> bytes:
        """Return some stretches of a part, each an offset and a length, end to end."""
        start, _ = self.range(name)
        return b"".join([os.pread(self._number, length, start + offset) for offset, length in stretches])

    def open_file(self, name: str, *_: Any, **__: Any) -> BufferFile:
        offset, length = self.range(name)
        return _Stretch(memoryview(self._source)[offset : offset + length], name)


class _Stretch(BufferFile):  # type: ignore[misc]  # Whoosh has no types
    def __init__(self, view: memoryview, name: str) -> None:
        super().__init__(b"", name)
        self._buf = view
        self.file = io.BufferedReader(_Reader(view), buffer_size=512)


class _Reader(io.RawIOBase):
    """What pickle and Whoosh's headers need of a file, over a part of the map."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        stretch = self._view[self._at : self._at + len(buffer)]
        buffer[: len(stretch)] = stretch
        self._at += len(stretch)
        return len(stretch)
