"""The published offerings as arrays, one place per offering: filters, facet counts and ranking read these.

Brought up to date by what changed, not read anew: a new array takes the place of an old one, so that a request that is
under way goes on with what it began with. An offering that leaves keeps its place, dark.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from marketplace.domain.calendar import free_slots
from marketplace.store.calendars import load_calendars
from marketplace.store.catalogue import (
    TIME_BACK,
    Facts,
    TopicLabel,
    Version,
    catalogue_facts,
    catalogue_version,
    facts_of,
    topic_labels,
    topics_of,
    touched_since,
)
from marketplace.store.next_slots import next_slots
from marketplace.store.transaction import Database
from marketplace.work import Work
from search.facets import NONE, Filtered, Many

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
Numbers = NDArray[np.float64]

LANGUAGES = ("fr", "en")
FORMATS = ("remote", "onsite")
SLOTS_LOOK_AHEAD = timedelta(days=28)
SLOTS_KEPT = timedelta(seconds=60)  # how long a next slot may be out of date; booking itself always looks again
ASKED_AT_ONCE = 400  # calendars that a request looks into itself, where the worker has not been yet
UNKNOWN, NEVER = np.nan, np.inf  # next slots that are not moments
DARK = 0.2  # share of places without an offering above which everything is laid out anew


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
        return Columns(*(_laid(getattr(self, f.name), places, getattr(fresh, f.name)) for f in fields(self)))


@dataclass(frozen=True)
class Catalogue:
    """All arrays have one place per offering."""

    version: Version
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


def current_catalogue(work: Work, session: Session) -> Catalogue:
    """The catalogue as the database has it now."""
    version = catalogue_version(session)
    kept = _KEPT.get(work.database)
    if kept is not None and kept.version == version:
        return kept
    with _LOCK:
        kept = _KEPT.get(work.database)
        if kept is None or kept.version != version:
            kept = _KEPT[work.database] = _brought_up(session, kept, version)
        return kept


def _brought_up(session: Session, kept: Catalogue | None, version: Version) -> Catalogue:
    # A log that became shorter is another database's: the demo was begun anew.
    if kept is None or version.change < kept.version.change or not len(kept.ids) or kept.live.mean() < 1 - DARK:
        return _built(session, version)
    since = kept.version.slot - TIME_BACK if kept.version.slot else None
    noted = _noted(session, since) if version.slot != kept.version.slot else {}
    if (version.change, version.standing) != (kept.version.change, kept.version.standing):
        kept = _with_offerings(session, kept)
    return _with_slots(replace(kept, version=version, whole=[]), noted)


def _built(session: Session, version: Version) -> Catalogue:
    facts = catalogue_facts(session)
    labels = {label.topic_id: label for label in topic_labels(session)}
    cities = tuple(sorted({_city(each) for each in facts} - {""}))
    columns = _columns(facts, cities)
    ids = columns.ids.tolist()
    codes = _codes(topics_of(session), labels)
    noted = _noted(session)
    return Catalogue(
        version=version,
        columns=columns,
        live=np.ones(len(facts), np.bool_),
        cities=cities,
        topics=Many.of([codes.get(each, ()) for each in ids], len(labels)),
        labels=labels,
        place={offering_id: place for place, offering_id in enumerate(ids)},
        noted=noted,
        slots=_slots_at(columns, np.arange(len(ids)), noted),
    )


def _with_offerings(session: Session, kept: Catalogue) -> Catalogue:
    """The same with what was published, changed, hidden or rated since."""
    touched = touched_since(session, kept.version)
    facts = facts_of(session, touched)
    labels = {label.topic_id: label for label in topic_labels(session)}
    cities = kept.cities + tuple(sorted({_city(each) for each in facts} - {"", *kept.cities}))
    fresh = _columns(facts, cities)
    new = [each for each in fresh.ids.tolist() if each not in kept.place]
    place = kept.place | {each: number for number, each in enumerate(new, len(kept.place))} if new else kept.place
    at = np.array([place[each] for each in fresh.ids.tolist()], np.int64)
    dark = np.array([place[each] for each in touched if each in place], np.int64)
    columns = kept.columns.laid_over(at, fresh)
    codes = _codes(topics_of(session, touched), labels)
    return replace(
        kept,
        columns=columns if new else replace(columns, ids=kept.ids),  # the index knows this very array
        live=_laid(_laid(kept.live, dark, False), at, True),
        cities=cities,
        topics=_spliced(kept.topics, {place[each]: codes.get(each, ()) for each in fresh.ids.tolist()}, len(labels)),
        labels=labels,
        place=place,
        slots=_laid(kept.slots, at, _slots_at(columns, at, kept.noted)),
    )


def _with_slots(kept: Catalogue, noted: Mapping[tuple[int, int], float]) -> Catalogue:
    """The same with the next slots that the worker noted since."""
    if not noted:
        return kept
    at = np.concatenate([kept.of_expert(expert_id) for expert_id in {expert_id for expert_id, _ in noted}])
    together = {**kept.noted, **noted}
    return replace(kept, noted=together, slots=_laid(kept.slots, at, _slots_at(kept.columns, at, together)))


def _noted(session: Session, since: datetime | None = None) -> dict[tuple[int, int], float]:
    return {
        (expert_id, length): starts_at.timestamp() if starts_at else NEVER
        for expert_id, length, starts_at in next_slots(session, since)
    }


def _slots_at(columns: Columns, places: Places, noted: Mapping[tuple[int, int], float]) -> Numbers:
    pairs = zip(columns.expert_ids[places].tolist(), columns.length_minutes[places].tolist(), strict=True)
    return np.array([noted.get(pair, UNKNOWN) for pair in pairs], np.float64)


def _columns(facts: Sequence[Facts], cities: Sequence[str]) -> Columns:
    code = {city: number for number, city in enumerate(cities)} | {"": NONE}
    return Columns(
        ids=_array((each.id for each in facts), np.int64),
        expert_ids=_array((each.expert_id for each in facts), np.int64),
        price_minor=_array((each.price_minor for each in facts), np.int64),
        length_minutes=_array((each.length_minutes for each in facts), np.int64),
        held_sessions=_array((each.held_sessions for each in facts), np.int64),
        languages=_array((_bits(LANGUAGES, each.languages) for each in facts), np.int8),
        formats=_array(
            (_bits(FORMATS, FORMATS if each.format == "both" else (each.format,)) for each in facts), np.int8
        ),
        cities=_array((code[_city(each)] for each in facts), np.int32),
        mean_stars=_array((each.mean_stars for each in facts), np.float64),
        stars=_array((each.stars for each in facts), np.float64),
        recommend=_array((each.recommend for each in facts), np.float64),
        reliability=_array((each.reliability for each in facts), np.float64),
        response=_array((each.response for each in facts), np.float64),
        load=_array((each.load for each in facts), np.float64),
    )


def _array(values: Iterable[Any], kind: type[np.generic]) -> NDArray[Any]:
    return np.array(list(values), kind)  # None becomes NaN where numbers may have a point


def _bits(names: Sequence[str], held: Collection[str]) -> int:
    return sum(1 << number for number, name in enumerate(names) if name in held)


def _city(facts: Facts) -> str:
    return str(facts.city) if facts.format != "remote" else ""


def _codes(pairs: Iterable[Row[int, int]], labels: Mapping[int, TopicLabel]) -> dict[int, tuple[int, ...]]:
    """Offering's id -> the codes of its topics."""
    code = {topic_id: number for number, topic_id in enumerate(labels)}
    found: dict[int, tuple[int, ...]] = {}
    for offering_id, topic_id in pairs:
        found[offering_id] = (*found.get(offering_id, ()), code[topic_id])
    return found


def _spliced(many: Many, fresh: Mapping[int, tuple[int, ...]], size: int) -> Many:
    """The same lists with others in these places; places beyond the end make it longer."""
    lengths, pieces, stood = np.diff(many.starts), list[NDArray[np.int32]](), 0
    lengths = np.append(lengths, np.zeros(max(0, max(fresh, default=-1) + 1 - len(lengths)), np.int64))
    starts = np.append(many.starts, np.full(len(lengths) + 1 - len(many.starts), many.starts[-1]))
    for place in sorted(fresh):
        pieces += [many.codes[stood : starts[place]], np.array(fresh[place], np.int32)]
        stood, lengths[place] = starts[place + 1], len(fresh[place])
    return Many(np.concatenate([*pieces, many.codes[stood:]]), np.append(0, np.cumsum(lengths)), size)


def _laid(values: NDArray[Any], places: Places, fresh: Any) -> NDArray[Any]:
    """A copy with other values in these places, longer where they lie beyond the end."""
    beyond = max(0, int(places.max(initial=-1)) + 1 - len(values))
    laid = np.append(values, np.zeros(beyond, values.dtype))
    laid[places] = fresh
    return laid


_KEPT: WeakKeyDictionary[Database, Catalogue] = WeakKeyDictionary()
_LOCK = Lock()
