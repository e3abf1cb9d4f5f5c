"""The search port over Whoosh 2.7.4: Whoosh stores and commits, arrays answer."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from search import commits
from search.analysis import warm as warm_analysis
from search.arrays import Segment
from search.commits import Source
from search.damage import UNOPENABLE, UNREADABLE, damage_named
from search.finding import answer, find
from search.folders import NO_STAMP, Home, Stamp
from search.following import Follower, Readers
from search.found import CACHE_BYTES, new_cache
from search.frame import View
from search.highlighting import pieces
from search.knowledge import Knowledge
from search.merging import Size, to_merge
from search.port import (
    Change,
    Delete,
    Document,
    Ids,
    IndexBusyError,
    IndexUnusableError,
    Label,
    Piece,
    Result,
    SequenceMovedError,
    Upsert,
)
from search.schema import new_schema
from search.scoring import Layout, PlacedScores, Places
from search.semantic import Meanings, Model
from search.snapshot import Snapshot
from search.writing import Writer

Opened = TypeVar("Opened")

MOST_SEGMENTS: Final = 60  # where nobody tends the index, a commit does
_FIRST_WORDS: Final = "équipe team"
_OPENING_TRIES: Final = 5
_LONGEST_PREPARATION: Final = 2.0  # seconds; what is not looked up again by then is when it is asked for
_TICK: Final = 50_000_000  # nanoseconds, with room to spare


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


def open_index(folder: Path, model: Model | None = None, cache: int = CACHE_BYTES) -> WhooshIndex:
    """Open the index in a folder; an empty one is created where there is none. A damaged one opens, too.

    With a model of sentences, what documents mean is written and searched beside their words. `cache` is how many
    bytes may be kept of what large segments say of words.
    """
    home = Home(folder)
    if home.is_new():
        _create_empty(home)
    return WhooshIndex(home, Meanings(home, model) if model else None, cache)


def _create_empty(home: Home) -> None:
    with home.rebuilding():
        if home.is_new():
            with home.new_folder() as folder:
                commits.create(folder, sequence=0)
            home.switch(folder)


class WhooshIndex:
    """See search.port.SearchIndex."""

    def __init__(self, home: Home, meanings: Meanings | None = None, cache: int = CACHE_BYTES) -> None:
        self._home = home
        self._meanings = meanings
        self._schema = new_schema()
        self._found = new_cache(cache)
        self._opening = threading.Lock()
        self._segments: dict[str, Segment] = {}
        self._latest: Snapshot | None = None
        self._layout: Layout | None = None
        self._looked = Look(home.root, NO_STAMP, 0, 0)
        self._knowledge = Knowledge(home)
        self._is_to_follow = False
        self._follower: Follower | None = None
        self._readers = Readers()

    @property
    def reads_meaning(self) -> bool:
        return self._meanings is not None

    def search(self, text: str, limit: int, allowed: Ids | None = None) -> Result:
        snapshot = self._snapshot()
        with self._readers, damage_named(self._home.root, UNREADABLE):
            return find(snapshot, self._knowledge.lexicon(), text, limit, allowed, self._meanings)

    def score(self, text: str, ids: NDArray[np.int64]) -> PlacedScores:
        snapshot = self._snapshot()
        with self._readers, damage_named(self._home.root, UNREADABLE):
            found = answer(snapshot, self._knowledge.lexicon(), text, meaning=self._meanings)
            return PlacedScores(found, self._places_in(snapshot, ids))

    def highlight(self, text: str, query: str) -> tuple[Piece, ...]:
        return pieces(text, query, self._knowledge.lexicon())

    def learn(self, source: str, labels: Iterable[Label]) -> int:
        return self._knowledge.learn(source, labels)

    def warm(self) -> None:
        warm_analysis()
        with suppress(IndexUnusableError):  # whoever searches is told
            self.search(_FIRST_WORDS, limit=1)

    def follow(self) -> None:
        self._is_to_follow = True  # from the first search on, and so in the process that searches

    def close(self) -> None:
        """Follow no longer."""
        self._is_to_follow = False
        if self._follower is not None:
            self._follower.stop()
            self._follower = None

    def generation(self) -> int:
        if not self._looked.holds(self._home):
            folder = self._home.current()
            at, stamp = time.time_ns(), self._home.stamp(folder)  # before the look: a change in between is seen next
            self._looked = Look(folder, stamp, at, commits.stamp(folder, commits.latest_generation(folder)))
        return self._looked.generation

    def sequence(self) -> int:
        return commits.read_sequence(self._home.current())

    def apply(self, changes: Sequence[Change], sequence: int, after: int | None = None) -> None:
        if self._meanings:
            self._meanings.write(change.document for change in changes if isinstance(change, Upsert))
        with self._home.writing(), damage_named(self._home.root, UNREADABLE):
            folder = self._home.current()
            stands_at = commits.read_sequence(folder)
            if after is not None and after != stands_at:
                raise SequenceMovedError(f"The index stands at {stands_at}, the changes follow on {after}.")
            with commits.commit(commits.opened(folder), sequence) as writer:
                self._write(writer, changes)
        if len(self._segments) > MOST_SEGMENTS:
            self.tend()  # nobody else does

    def tend(self) -> int:
        with suppress(IndexBusyError), self._home.merging(), damage_named(self._home.root, UNREADABLE):
            return self._merge(self._home.current())
        return 0

    def rebuild(self, documents: Iterable[Document], sequence: int) -> None:
        with self._home.rebuilding():
            if self._meanings:
                documents = list(documents)
                self._meanings.write(documents)
            with self._home.new_folder() as folder:
                commits.fill(commits.create(folder, sequence), documents, sequence)
            with self._home.writing():
                self._home.switch(folder)
            self._home.sweep()
        self._knowledge.learn_again()

    def _write(self, writer: Writer, changes: Sequence[Change]) -> None:
        last = {_id(change): change for change in changes}
        snapshot = self._latest_snapshot()
        located = snapshot.located(np.fromiter(last, np.int64, len(last)))
        for view, (numbers, _) in zip(snapshot.views, located, strict=True):
            if len(numbers):
                writer.delete(view.segment.id, numbers.tolist())
        for change in last.values():
            if isinstance(change, Upsert):
                writer.add(change.document)

    def _merge(self, folder: Path) -> int:
        """Write the segments that are due as one, and put it in their place; commits go on meanwhile."""
        sources = self._tried(lambda: self._due(folder))
        if sources:
            with commits.merged(folder, sources) as together, self._home.writing():
                if self._home.current() == folder:  # not rebuilt meanwhile
                    commits.replace(folder, sources, together)
        return len(sources)

    def _due(self, folder: Path) -> list[Source]:
        found = commits.contents(folder, self._schema).segments
        due = to_merge([Size(each.doc_count_all(), each.deleted_count()) for each in found])
        return [
            Source(found[at].segment_id(), self._segment(folder, found[at]), frozenset(found[at].deleted_docs()))
            for at in due
        ]

    def _places_in(self, snapshot: Snapshot, ids: NDArray[np.int64]) -> Places:
        layout = self._layout
        if layout is None or layout.ids is not ids:
            layout = self._layout = Layout(ids)
        return layout.over(snapshot)

    def _snapshot(self) -> Snapshot:
        if self._is_to_follow and self._followed().is_following and self._latest is not None:
            return self._latest
        return self._latest_snapshot()

    def _latest_snapshot(self) -> Snapshot:
        # Never refresh(): a new generation gets a new snapshot; only the immutable segments are kept.
        latest = self._latest
        if latest is None or self._is_outdated(latest):
            with self._opening:
                latest = self._latest
                if latest is None or self._is_outdated(latest):
                    latest = self._latest = self._open_latest()
        return latest

    def _is_outdated(self, snapshot: Snapshot) -> bool:
        return snapshot.generation != self.generation() or snapshot.is_crowded

    def _followed(self) -> Follower:
        follower = self._follower
        if follower is None or follower.process != os.getpid():
            with self._opening:
                if self._follower is None or self._follower.process != os.getpid():
                    self._follower = Follower(self._catching_up, self._readers)
                return self._follower
        return follower

    def _catching_up(self) -> Iterator[None]:
        """Prepare the latest generation for readers, who see the one before until then."""
        latest = self._latest
        if latest is None or self._is_outdated(latest):
            following = self._open_latest()
            yield
            yield from following.preparing(latest, _LONGEST_PREPARATION)
            with self._opening:
                is_in_place = self._latest is latest
                if is_in_place:
                    self._latest = following
            if is_in_place:  # otherwise a reader was faster
                yield from following.settling()

    def _open_latest(self) -> Snapshot:
        with damage_named(self._home.root, UNOPENABLE):
            return self._tried(lambda: self._open(self._home.current()))

    @staticmethod
    def _tried(open_files: Callable[[], Opened]) -> Opened:
        for _ in range(_OPENING_TRIES):
            with suppress(FileNotFoundError):  # a commit or a rebuild removed the file that was to be opened
                return open_files()
        return open_files()

    def _open(self, folder: Path) -> Snapshot:
        contents = commits.contents(folder, self._schema)
        views = [self._view(folder, description) for description in contents.segments]
        self._segments = {view.segment.name: view.segment for view in views}
        return Snapshot(commits.stamp(folder, contents.generation), views, self._found, self._latest)

    def _view(self, folder: Path, description: Any) -> View:
        return View(self._segment(folder, description), tuple(description.deleted_docs()))

    def _segment(self, folder: Path, description: Any) -> Segment:
        return self._segments.get(f"{folder.name}/{description.segment_id()}") or Segment(folder, description)


def _id(change: Change) -> int:
    return change.id if isinstance(change, Delete) else change.document.id
