"""Where the index lives: numbered folders, a pointer to the one in use, and the locks of those who write.

    current                       the name of the folder in use, replaced by rename
    1-000004/                     schema version and number: Whoosh's files, and `sequence-<generation>`
    labels-<source>.tsv           what a source taught: a label in French, a tab, the same in English
    lexicon-1.json                what was learned from them all, for the analysis of this schema version
    writing.lock  rebuilding.lock  merging.lock  learning.lock

Locks are the kernel's (flock): they end with the process that holds them, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from search.port import IndexBusyError, IndexUnusableError
from search.schema import VERSION

Stamp = tuple[int, int, int]
NO_STAMP: Final[Stamp] = (0, 0, 0)  # equal to no other

_POLL: Final = 0.02  # seconds
_KEPT: Final = 1  # folders before the one in use, for readers that have just read the pointer


class Home:
    """The folder that the caller gave us."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "current"

    def is_new(self) -> bool:
        """Tell whether no index was ever put here."""
        return not self._pointer.exists()

    def current(self) -> Path:
        """Return the folder in use. Raises IndexUnusableError."""
        try:
            name = self._pointer.read_text()
        except FileNotFoundError:
            raise IndexUnusableError(f"There is no index in {self.root}: rebuild it (reindex).") from None
        if not name.startswith(f"{VERSION}-"):
            raise IndexUnusableError(f"The index in {self.root} is of another version: rebuild it (reindex).")
        return self.root / name

    def stamp(self, folder: Path) -> Stamp:
        """Return what changes with every switch and every commit into this folder; a few microseconds."""
        try:
            pointer, inside = os.stat(self._pointer), os.stat(folder)  # noqa: PTH116  # twice as fast as Path.stat()
        except FileNotFoundError:
            return NO_STAMP
        return pointer.st_mtime_ns, pointer.st_ino, inside.st_mtime_ns

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Create the next folder, which nobody reads before switch(); it goes when its filling fails."""
        number = max((_number(folder) for folder in self._folders()), default=0) + 1
        folder = self.root / f"{VERSION}-{number:06}"
        folder.mkdir(parents=True)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def switch(self, folder: Path) -> None:
        """Make a folder the one in use, at once and for everybody."""
        write_whole(self._pointer, folder.name)

    def sweep(self) -> None:
        """Remove what unfinished and earlier rebuilds left; only while no other rebuild runs.

        A reader holds its files open, so their removal does not touch it.
        """
        in_use = _number(self.current())
        for folder in self._folders():
            if not in_use - _KEPT <= _number(folder) <= in_use:
                shutil.rmtree(folder, ignore_errors=True)
        for draft in self.root.glob("*.new"):
            draft.unlink(missing_ok=True)

    @contextmanager
    def writing(self, patience: float = 10.0) -> Iterator[None]:
        """Hold the right to commit; waits so many seconds. Raises IndexBusyError."""
        with _locked(self.root / "writing.lock", patience):
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold the right to rebuild. Raises IndexBusyError at once if another process does."""
        self.root.mkdir(parents=True, exist_ok=True)
        with _locked(self.root / "rebuilding.lock", patience=0):
            yield

    @contextmanager
    def merging(self) -> Iterator[None]:
        """Hold the right to merge segments. Raises IndexBusyError at once if another process does."""
        with _locked(self.root / "merging.lock", patience=0):
            yield

    @contextmanager
    def learning(self, patience: float = 30.0) -> Iterator[None]:
        """Hold the right to change labels and lexicon; waits so many seconds. Raises IndexBusyError."""
        with _locked(self.root / "learning.lock", patience):
            yield

    @property
    def lexicon(self) -> Path:
        """Where the lexicon is, once one was learned."""
        return self.root / f"lexicon-{VERSION}.json"

    def labels(self, source: str) -> Path:
        """Where the labels of a source are, once it taught some. Raises ValueError for an unfit name."""
        if not source.replace("-", "").isalnum():
            raise ValueError(f"{source!r} cannot name a source of labels: letters, digits and hyphens only.")
        return self.root / f"labels-{source}.tsv"

    def all_labels(self) -> list[Path]:
        """Return the files of labels of every source, in the order of their names."""
        return sorted(self.root.glob("labels-*.tsv"))

    def _folders(self) -> list[Path]:
        return [path for path in self.root.iterdir() if path.is_dir() and _number(path)]


def number_of(folder: Path) -> int:
    """Return the place of a folder in the row of rebuilds, from 1."""
    return _number(folder)


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old text or the new one, even after a power cut."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _number(folder: Path) -> int:
    _, _, number = folder.name.partition("-")
    return int(number) if number.isdecimal() else 0


@contextmanager
def _locked(path: Path, patience: float) -> Iterator[None]:
    deadline = time.monotonic() + patience
    with path.open("w") as file:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() >= deadline:
                raise IndexBusyError(f"Another process holds {path.name} in {path.parent}.")
            time.sleep(_POLL)
        yield
