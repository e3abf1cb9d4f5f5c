"""Keeps what readers see up to date beside them, so that none of them waits for a commit to be taken in."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from search.memory import give_back

POLL: Final = 0.2  # seconds between two looks for a commit
STEP: Final = 5e-4  # seconds of work between two rests, for both use one interpreter
REST: Final = 5e-5  # seconds, after each of them: nothing less lets a waiting thread in
PATIENCE: Final = 0.5  # seconds that all readers of one commit may keep it waiting
TO_TIDY: Final = 10  # commits after which what they freed is given back: some milliseconds

log = logging.getLogger(__name__)


class Readers:
    """Those who are being answered: they go first, for both they and the follower need the one interpreter.

    As a context it is one of them, in any number of threads at once.
    """

    def __init__(self) -> None:
        self._here: list[None] = []  # no number: lists are lengthened and shortened in one piece, without a lock
        self._have_left = threading.Event()

    def __enter__(self) -> None:
        self._here.append(None)

    def __exit__(self, *_: object) -> None:
        self._here.pop()
        if not self._here:
            self._have_left.set()

    @property
    def are_here(self) -> bool:
        """Whether anybody is being answered."""
        return bool(self._here)

    def wait_until_they_left(self, seconds: float) -> float:
        """Wait for a moment in which nobody is being answered, so many seconds at most; return how long it took."""
        begun = time.perf_counter()
        while self._here and (left := begun + seconds - time.perf_counter()) > 0:
            self._have_left.clear()
            if self._here:  # whoever leaves from now on is noticed
                self._have_left.wait(left)
        return time.perf_counter() - begun


class Follower:
    """A thread of a process that reads: it takes the next generation in, in small steps, between two readers.

    Threads do not live on in a fork: a process needs its own. After an error readers look for themselves.
    """

    def __init__(self, catch_up: Callable[[], Iterator[None]], readers: Readers) -> None:
        self.process = os.getpid()
        self._catch_up = catch_up
        self._readers = readers
        self._told: set[str] = set()
        self._stopped = threading.Event()
        self._is_up_to_date = False
        self._taken_in = 0
        self._thread = threading.Thread(target=self._run, name="search-follower", daemon=True)
        self._thread.start()

    @property
    def is_following(self) -> bool:
        """Whether readers may rely on what was last taken in."""
        return self._is_up_to_date and self._thread.is_alive()

    def stop(self) -> None:
        """End the thread; readers look for themselves from now on."""
        self._is_up_to_date = False
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(POLL):
            try:
                self._take_in()
            except Exception as error:
                self._is_up_to_date = False  # readers look for themselves, and are told what hinders them, too
                self._tell(error)
            else:
                self._is_up_to_date = not self._stopped.is_set()

    def _tell(self, error: Exception) -> None:
        """Log an error, once of each kind: it may come again five times a second."""
        kind = repr(error)
        if kind not in self._told:
            self._told.add(kind)
            log.exception("A commit to the search index could not be taken in.")

    def _take_in(self) -> None:
        begun, patience, is_new = time.perf_counter(), PATIENCE, False
        for _ in self._catch_up():
            is_new = True
            if patience > 0 and self._readers.are_here:
                patience -= self._readers.wait_until_they_left(patience)
            elif time.perf_counter() - begun > STEP:
                time.sleep(REST)
            else:
                continue
            begun = time.perf_counter()
        self._taken_in += is_new
        if is_new and self._taken_in % TO_TIDY == 0:
            give_back()
