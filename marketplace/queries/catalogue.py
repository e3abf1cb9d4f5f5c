"""The published offerings as arrays, one place per offering: filters, facet counts and ranking read these."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from marketplace.domain.calendar import free_slots
from marketplace.store.calendars import load_calendars
from marketplace.store.catalogue import (
    Facts,
    TopicLabel,
    Version,
    catalogue_facts,
    catalogue_version,
    topic_labels,
    topics_of_offerings,
)
from marketplace.store.transaction import Database
from marketplace.work import Work

Mask = NDArray[np.bool_]

LANGUAGES = ("fr", "en")
FORMATS = ("remote", "onsite")
SLOTS_LOOK_AHEAD = timedelta(days=28)
SLOTS_KEPT = timedelta(seconds=60)  # how long a next slot may be out of date; booking itself always looks again


@dataclass(slots=True)
class Catalogue:
    """All arrays have one place per offering, in the order of `ids`; the shape is (offerings,)."""

    version: Version
    facts: tuple[Facts, ...]
    ids: NDArray[np.int64]
    price_minor: NDArray[np.int64]
    length_minutes: NDArray[np.int64]
    mean_stars: NDArray[np.float64]  # plain mean, 0 where there are no ratings
    stars: NDArray[np.float64]  # as they rank, 0 to 1
    languages: Mapping[str, Mask]
    formats: Mapping[str, Mask]
    cities: Mapping[str, Mask]
    topics: Mapping[int, Mask]
    labels: Mapping[int, TopicLabel]
    place: Mapping[int, int]  # offering's id -> place
    slots: dict[int, tuple[datetime, datetime | None]] = field(default_factory=dict)  # place -> (asked at, next slot)

    def mask_of(self, offering_ids: Collection[int]) -> Mask:
        """True in the places of these offerings."""
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        mask[[self.place[offering_id] for offering_id in offering_ids if offering_id in self.place]] = True
        return mask

    def everything(self) -> Mask:
        """True everywhere."""
        return np.ones(len(self.ids), dtype=np.bool_)

    def ids_in(self, mask: Mask) -> list[int]:
        """The offerings whose place is True."""
        return [int(offering_id) for offering_id in self.ids[mask]]

    def next_slots(self, session: Session, places: Collection[int], now: datetime) -> dict[int, datetime | None]:
        """The next free slot in these places, at most a minute old; four queries for all that must be asked."""
        stale = [place for place in places if not self._is_fresh(place, now)]
        if stale:
            self._ask_for_slots(session, stale, now)
        return {place: self.slots[place][1] for place in places}

    def free_between(
        self, session: Session, places: Collection[int], start: datetime, end: datetime, now: datetime
    ) -> Mask:
        """True in those of these places that have a free slot beginning in [start, end); four queries."""
        calendars = load_calendars(session, {self.facts[place].expert_id for place in places}, start, end)
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        for place in places:
            facts = self.facts[place]
            mask[place] = bool(free_slots(calendars[facts.expert_id], facts.length_minutes, start, end, now))
        return mask

    def _is_fresh(self, place: int, now: datetime) -> bool:
        # A clock that was put back makes an answer from the future: that is no fresh one either.
        return place in self.slots and timedelta() <= now - self.slots[place][0] <= SLOTS_KEPT

    def _ask_for_slots(self, session: Session, places: Collection[int], now: datetime) -> None:
        end = now + SLOTS_LOOK_AHEAD
        calendars = load_calendars(session, {self.facts[place].expert_id for place in places}, now, end)
        known: dict[tuple[int, int], datetime | None] = {}
        for place in places:
            key = (self.facts[place].expert_id, self.facts[place].length_minutes)
            if key not in known:
                found = free_slots(calendars[key[0]], key[1], now, end, now)
                known[key] = found[0].starts_at if found else None
            self.slots[place] = (now, known[key])


def current_catalogue(work: Work, session: Session) -> Catalogue:
    """The catalogue as the database has it now; rebuilt only when an offering or a standing changed."""
    version = catalogue_version(session)
    with _LOCK:
        kept = _KEPT.get(work.database)
        if kept is None or kept.version != version:
            kept = _KEPT[work.database] = _build(session, version)
        return kept


def _build(session: Session, version: Version) -> Catalogue:
    facts = catalogue_facts(session)
    place = {each.offering_id: number for number, each in enumerate(facts)}
    return Catalogue(
        version=version,
        facts=facts,
        ids=np.array([each.offering_id for each in facts], dtype=np.int64),
        price_minor=np.array([each.price_minor for each in facts], dtype=np.int64),
        length_minutes=np.array([each.length_minutes for each in facts], dtype=np.int64),
        mean_stars=np.array([each.mean_stars or 0.0 for each in facts], dtype=np.float64),
        stars=np.array([each.stars or 0.0 for each in facts], dtype=np.float64),
        languages={code: _mask([code in each.languages for each in facts]) for code in LANGUAGES},
        formats={name: _mask([each.format in (name, "both") for each in facts]) for name in FORMATS},
        cities=_cities(facts),
        topics=_topics(session, place),
        labels={label.topic_id: label for label in topic_labels(session)},
        place=place,
    )


def _cities(facts: tuple[Facts, ...]) -> dict[str, Mask]:
    onsite = [each.city if each.format != "remote" else "" for each in facts]
    return {city: _mask([each == city for each in onsite]) for city in sorted({*onsite} - {""})}


def _topics(session: Session, place: Mapping[int, int]) -> dict[int, Mask]:
    masks: dict[int, Mask] = {}
    for offering_id, topic_id in topics_of_offerings(session):
        if offering_id in place:
            mask = masks.setdefault(topic_id, np.zeros(len(place), dtype=np.bool_))
            mask[place[offering_id]] = True
    return masks


def _mask(values: list[bool]) -> Mask:
    return np.array(values, dtype=np.bool_)


_KEPT: WeakKeyDictionary[Database, Catalogue] = WeakKeyDictionary()
_LOCK = Lock()
