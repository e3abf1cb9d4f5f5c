"""A segment's file as one memory map, read by position: whoosh would copy every part of it into memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile


def open_segment(folder: Path, description: Any) -> CompoundStorage:
    """Map the file of a segment; it may be removed from the folder afterwards."""
    file = FileStorage(str(folder)).open_file(description.make_filename(description.COMPOUND_EXT))
    try:
        return _MappedStorage(file)
    except BaseException:
        if not file.is_closed:
            file.close()
        raise


class _MappedStorage(CompoundStorage):  # type: ignore[misc]  # Whoosh has no types
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
