"""What commits changed: what words add to the small segments, and how many of their documents are dead.

A word has a slot, its number here. Everything is held by slot, in arrays that are counted on from one commit to the
next for all words at once; a word that has none yet is looked up when it is asked for.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from search.arrays import Numbers
from search.deaths import Ints
from search.found import Known, Lookup
from search.frame import K1, Frame
from search.runs import NOTHING, Gathered, Run, Runs, Stretch, end_to_end, with_another
from search.sought import NOTHING_ADDED, Added, Sought, added

TOGETHER: Final = 100  # words whose dead are counted in one go


class Slots(NamedTuple):
    """By slot; nothing is ever taken away, so that it may be read while words are added."""

    places: dict[str, int]  # the slot of each key
    lookups: list[Lookup]
    lost: list[int]  # documents of the large segments that hold it and are dead
    living: list[int]
    idf: list[float]


class Newest:
    """What one generation knows of words beside what the large segments say of them for good."""

    def __init__(self, frame: Frame) -> None:
        # Weakly: the frame holds this, and a generation goes with its last reader, not when rings are looked for.
        self._frame: Frame = weakref.proxy(frame)
        self._first = frame.starts[len(frame.large)]  # of the documents of the small segments
        self.slots = Slots({}, [], [], [], [])
        self._sought = Sought.of((), K1 + 1)
        self._runs = Runs((), 0, self._first)
        self._late: dict[int, Stretch] = {}  # by slot, for those that came later
        self._adding = threading.Lock()

    def look_up(self, words: Sequence[Known]) -> None:
        """Give slots to words that have none."""
        with self._adding:
            missing = {word.lookup.key: word for word in words if word.lookup.key not in self.slots.places}
            if missing:
                self._add(list(missing.values()))

    def gathered(self, slots: Sequence[int]) -> Gathered:
        """Return what words add to the small segments."""
        known = self._runs.slots
        if max(slots) < known:
            return self._runs.gathered(slots)
        places = [place for place, slot in enumerate(slots) if slot < known]
        found = self._runs.gathered([slots[place] for place in places])
        found = found._replace(owners=[places[owner] for owner in found.owners])
        late = [(place, self._late[slot]) for place, slot in enumerate(slots) if slot in self._late]
        return found.and_then(Gathered.of(late)) if late else found

    def of_slot(self, slot: int) -> Stretch:
        """Return what a word adds to the small segments, in any order."""
        if slot < self._runs.slots:
            return end_to_end(self._runs.of_slot(slot))
        return self._late.get(slot, NOTHING)

    def counted_on(self, earlier: Newest, known: Callable[[str], Known | None]) -> Iterator[None]:
        """Take over every word of an earlier generation that is still known, a few at a time.

        Both must stand on the same basis. To be called before anybody looks here.
        """
        yield
        words = earlier._handed_over(self._frame)
        yield
        # A slot that was given up once, its word evicted, has missed deaths: it is not taken up again.
        found = [
            known(each.key) if words.places.get(each.key) == slot else None for slot, each in enumerate(words.lookups)
        ]
        yield
        lost = np.array(words.lost, np.int64)
        for at in range(0, len(found), TOGETHER):
            lost[at : at + TOGETHER] += self._died_since(earlier, found[at : at + TOGETHER])
            yield
        runs = words.runs
        for number in words.unseen:
            self._frame.small[number].read_table()
            yield
            parts = [NOTHING_ADDED]
            for stretch in words.sought.stretches():
                parts.append(added(self._frame.small[number], stretch, self._frame.all_divisors))
                yield
            run = _run(parts, self._frame.small_starts[number], len(found))
            yield
            runs = with_another(runs, run)
        yield
        together = Runs(runs, len(found), self._first)
        yield
        living = together.counts(self._frame.alive) - lost
        yield
        living += np.array([each.held if each else 0 for each in found], np.int64)
        living[[each is None for each in found]] = 0
        yield
        idf = self._frame.idfs(living).tolist()
        yield
        places = {each.lookup.key: slot for slot, each in enumerate(found) if each}
        yield
        self._sought, self._runs = words.sought, together
        self.slots = Slots(places, words.lookups, lost.tolist(), living.tolist(), idf)

    def _died_since(self, earlier: Newest, words: Sequence[Known | None]) -> Ints:
        lost = np.zeros(len(words), np.int64)
        places = [place for place, word in enumerate(words) if word]
        before = earlier._frame.dead_in_large
        for name, dead, known in zip(self._frame.basis.names, self._frame.dead_in_large, before, strict=True):
            lost[places] += dead.since(known).among([word.parts[name] for word in words if word])
        return lost

    def _handed_over(self, frame: Frame) -> _Handed:
        """Return what the next generation goes on from, with its own numbers of documents."""
        with self._adding:
            places, lookups, lost = dict(self.slots.places), list(self.slots.lookups), list(self.slots.lost)
            late = dict(self._late)
        known = self._runs.slots
        sought = self._sought.and_then(Sought.of(lookups[known:], K1 + 1, first=known))
        runs = with_another(
            [run.over(len(lookups)) for run in self._runs.apart()], _run_of_late(late, len(lookups), self._first)
        )
        numbers, unseen = _moves(self._frame, frame)
        if numbers is not None:
            runs = [run.moved(numbers) for run in runs]
        return _Handed(places, lookups, lost, sought, runs, unseen)

    def _add(self, words: Sequence[Known]) -> None:
        frame, slots = self._frame, self.slots
        lost = np.zeros(len(words), np.int64)
        for name, dead in zip(frame.basis.names, frame.dead_in_large, strict=True):
            lost += dead.among([word.parts[name] for word in words])
        newest = self._in_small([word.lookup for word in words])
        for word, died, (documents, values) in zip(words, lost.tolist(), newest, strict=True):
            living = word.held - died + int(np.count_nonzero(frame.alive[documents]))
            slot = len(slots.lookups)
            slots.lookups.append(word.lookup)
            slots.lost.append(died)
            slots.living.append(living)
            slots.idf.append(frame.idf(living))
            if len(documents):
                self._late[slot] = documents, values
            slots.places[word.lookup.key] = slot  # last: readers look here first

    def _in_small(self, lookups: Sequence[Lookup]) -> list[Stretch]:
        sought = Sought.of(lookups, K1 + 1)
        stretches: list[list[Stretch]] = [[] for _ in lookups]
        for segment, start in zip(self._frame.small, self._frame.small_starts, strict=False):
            owners, documents, values = added(segment, sought, self._frame.all_divisors)
            for owner, here in _by_owner(owners):
                stretches[owner].append((documents[here] + np.int32(self._first + start), values[here]))
        return [end_to_end(each) for each in stretches]


class _Handed(NamedTuple):
    """What one generation hands over to the next."""

    places: dict[str, int]
    lookups: list[Lookup]
    lost: list[int]
    sought: Sought
    runs: list[Run]
    unseen: list[int]  # small segments that are not in the runs yet


def _moves(earlier: Frame, frame: Frame) -> tuple[Numbers | None, list[int]]:
    """Return the numbers that documents of small segments have now, None if they stay, and which segments are new."""
    places = {segment.name: number for number, segment in enumerate(frame.small)}
    numbers = np.full(earlier.small_starts[-1], -1, np.int32)
    for segment, start in zip(earlier.small, earlier.small_starts, strict=False):
        if segment.name in places:
            now = frame.small_starts[places.pop(segment.name)]
            numbers[start : start + segment.size] = np.arange(now, now + segment.size)
    stay = bool((numbers == np.arange(len(numbers))).all())
    return None if stay else numbers, list(places.values())


def _run(parts: Sequence[Added], start: int, slots: int) -> Run:
    owners, documents, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Run.of(owners, documents + np.int32(start), values, slots)


def _run_of_late(late: dict[int, Stretch], slots: int, first: int) -> Run:
    stretches = [late[slot] for slot in sorted(late)]
    owners = np.repeat(np.array(sorted(late), np.int64), [len(documents) for documents, _ in stretches])
    documents, values = end_to_end(stretches)
    return Run.of(owners, documents - np.int32(first), values, slots)


def _by_owner(owners: Ints) -> Iterator[tuple[int, slice]]:
    found, firsts = np.unique(owners, return_index=True)
    for owner, (start, end) in zip(found.tolist(), pairwise([*firsts.tolist(), len(owners)]), strict=True):
        yield owner, slice(start, end)
