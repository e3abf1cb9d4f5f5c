"""The published offerings as arrays, one place per offering: filters, facet counts and ranking read these.

Brought up to date by what changed, not read anew: a new array takes the place of an old one, so that a request that is
under way goes on with what it began with. An offering that leaves keeps its place, dark.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from marketplace.domain.calendar import free_slots
from marketplace.store.calendars import load_calendars
from marketplace.store.catalogue import (
    TopicLabel,
    Version,
)
from search.facets import Filtered, Many

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
Numbers = NDArray[np.float64]

LANGUAGES = ("fr", "en")
FORMATS = ("remote", "onsite")
SLOTS_LOOK_AHEAD = timedelta(days=28)
SLOTS_KEPT = timedelta(seconds=60)  # how long a next slot may be out of date; booking itself always looks again
ASKED_AT_ONCE = 400  # calendars that a request looks into itself, where the worker has not been yet
UNKNOWN, NEVER = np.nan, np.inf  # next slots that are not moments


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known of each offering; parts of the standing are NaN for an expert without any."""

    ids: NDArray[np.int64]
    expert_ids: NDArray[np.int64]
    price_minor: NDArray[np.int64]
    length_minutes: NDArray[np.int64]
    held_sessions: NDArray[np.int64]
    languages: NDArray[np.int8]  # a bit for each of LANGUAGES
    formats: NDArray[np.int8]  # a bit for each of FORMATS
    cities: NDArray[np.int32]  # of `Catalogue.cities`, NONE where sessions are by video only
    mean_stars: Numbers  # plain mean
    stars: Numbers  # as they rank, 0 to 1
    recommend: Numbers
    reliability: Numbers
    response: Numbers
    load: Numbers

    def laid_over(self, places: Places, fresh: "Columns") -> "Columns":
        """The same with other values in these places; places beyond the end make it longer."""
        return Columns(*(laid(getattr(self, f.name), places, getattr(fresh, f.name)) for f in fields(self)))


@dataclass(frozen=True)
class Catalogue:
    """All arrays have one place per offering."""

    version: Version
    standings: frozenset[Row[int, datetime]]  # the newest that are in it: expert and moment
    columns: Columns
    live: Mask
    cities: tuple[str, ...]
    topics: Many  # codes are places in `labels`
    labels: Mapping[int, TopicLabel]  # by topic's id, in the order of their codes
    place: dict[int, int]  # offering's id -> place
    noted: Mapping[tuple[int, int], float]  # (expert, length) -> next free slot as the worker noted it
    slots: Numbers  # the same by place: seconds since 1970, UNKNOWN or NEVER
    asked: dict[tuple[int, int], tuple[datetime, float]] = field(default_factory=dict)  # where the worker was not yet
    whole: list[tuple[datetime, Filtered]] = field(default_factory=list)  # at most one, see `remembered`

    def remembered(self, now: datetime, work_out: Callable[[], Filtered]) -> Filtered:
        """What there is without any filter: worked out once for this catalogue, and anew as slots come near."""
        if not self.whole or not timedelta() <= now - self.whole[0][0] <= SLOTS_KEPT:
            self.whole[:] = [(now, work_out())]
        return self.whole[0][1]

    @property
    def ids(self) -> NDArray[np.int64]:
        """The offerings by place: the same array as long as none came or went."""
        return self.columns.ids

    @cached_property
    def everything(self) -> Places:
        """The places of all offerings on the market."""
        return np.flatnonzero(self.live)

    @cached_property
    def topic_codes(self) -> dict[int, int]:
        """Topic's id -> its code in `topics`."""
        return {topic_id: code for code, topic_id in enumerate(self.labels)}

    @cached_property
    def by_expert(self) -> tuple[NDArray[np.int64], Places]:
        """The experts in order, and the place that each entry stands for."""
        order = np.argsort(self.columns.expert_ids, kind="stable")
        return self.columns.expert_ids[order], order

    def of_expert(self, expert_id: int) -> Places:
        """The places of one expert's offerings."""
        experts, places = self.by_expert
        first, last = np.searchsorted(experts, [expert_id, expert_id + 1])
        return places[first:last]

    def topics_at(self, place: int) -> tuple[int, ...]:
        """The topics of one offering."""
        ids = tuple(self.labels)
        return tuple(ids[code] for code in self.topics.codes[self.topics.starts[place] : self.topics.starts[place + 1]])

    def labels_at(self, offering_id: int, among: Collection[int], language: str) -> tuple[str, ...]:
        """Those of these topics that an offering has, in words."""
        place = self.place.get(offering_id)
        of_it = () if place is None else self.topics_at(place)
        return tuple(getattr(self.labels[each], language) for each in of_it if each in among)

    def next_slots(self, session: Session, places: Places, now: datetime) -> Numbers:
        """The next free slot in each of these places as seconds since 1970, NEVER where there is none.

        About a minute old. Where the worker has not been yet, calendars are asked: a fixed number of queries,
        `ASKED_AT_ONCE` experts at most; who is left over counts as not free this time.
        """
        slots = self.slots[places]
        lost = np.flatnonzero(np.isnan(slots) | (slots < now.timestamp()))
        if len(lost):
            slots[lost] = self._asked_for(session, places[lost], now)
        return slots

    def next_slot(self, session: Session, place: int, now: datetime) -> datetime | None:
        """The same for one place, as a moment."""
        seconds = float(self.next_slots(session, np.array([place]), now)[0])
        return None if seconds == NEVER else datetime.fromtimestamp(seconds, now.tzinfo)

    def free_between(self, session: Session, places: Places, start: datetime, end: datetime, now: datetime) -> Mask:
        """Which of these places have a free slot beginning in [start, end); four queries."""
        pairs = self._pairs(places)
        calendars = load_calendars(session, {expert for expert, _ in pairs}, start, end)
        is_free = {
            pair: bool(free_slots(calendars[pair[0]], pair[1], start, end, now)) for pair in dict.fromkeys(pairs)
        }
        return np.array([is_free[pair] for pair in pairs], np.bool_)

    def _asked_for(self, session: Session, places: Places, now: datetime) -> list[float]:
        pairs = self._pairs(places)
        stale = [pair for pair in dict.fromkeys(pairs) if not self._is_fresh(pair, now)][:ASKED_AT_ONCE]
        if stale:
            end = now + SLOTS_LOOK_AHEAD
            calendars = load_calendars(session, {expert for expert, _ in stale}, now, end)
            for pair in stale:
                found = free_slots(calendars[pair[0]], pair[1], now, end, now)
                self.asked[pair] = (now, found[0].starts_at.timestamp() if found else NEVER)
        return [self.asked[pair][1] if pair in self.asked else NEVER for pair in pairs]

    def _pairs(self, places: Places) -> list[tuple[int, int]]:
        experts, lengths = self.columns.expert_ids[places].tolist(), self.columns.length_minutes[places].tolist()
        return list(zip(experts, lengths, strict=True))

    def _is_fresh(self, pair: tuple[int, int], now: datetime) -> bool:
        # A clock that was put back makes an answer from the future: that is no fresh one either.
        return pair in self.asked and timedelta() <= now - self.asked[pair][0] <= SLOTS_KEPT


def laid(values: NDArray[Any], places: Places, fresh: Any) -> NDArray[Any]:
    """A copy with other values in these places, longer where they lie beyond the end."""
    beyond = max(0, int(places.max(initial=-1)) + 1 - len(values))
    laid = np.append(values, np.zeros(beyond, values.dtype))
    laid[places] = fresh
    return laid
