"""The catalogue kept up to date: built once a process from the database, then brought up by what changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from marketplace.queries.catalogue import FORMATS, LANGUAGES, NEVER, UNKNOWN, Catalogue, Columns, Numbers, Places, laid
from marketplace.store.catalogue import (
    TIME_BACK,
    Facts,
    TopicLabel,
    Version,
    catalogue_facts,
    catalogue_version,
    changed_since,
    facts_of,
    offerings_of,
    standings_since,
    topic_labels,
    topics_of,
)
from marketplace.store.next_slots import next_slots
from marketplace.store.transaction import Database
from marketplace.work import Work
from search.facets import NONE, Many

DARK = 0.2  # share of places without an offering above which everything is laid out anew


def read_catalogue(work: Work) -> None:
    """Read it before anybody asks for it."""
    with work.reading() as session:
        current_catalogue(work, session)


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
    noted = {key: starts_at for key, starts_at in noted.items() if kept.noted.get(key) != starts_at}
    if (version.change, version.standing) != (kept.version.change, kept.version.standing):
        kept = _with_offerings(session, kept)
    return _with_slots(replace(kept, version=version, whole=[]), noted)


def _built(session: Session, version: Version) -> Catalogue:
    standings = standings_since(session, version.standing)  # before the facts: one that comes in between is read again
    facts = catalogue_facts(session)
    labels = {label.topic_id: label for label in topic_labels(session)}
    cities = tuple(sorted({_city(each) for each in facts} - {""}))
    columns = _columns(facts, cities)
    ids = columns.ids.tolist()
    codes = _codes(topics_of(session), labels)
    noted = _noted(session)
    return Catalogue(
        version=version,
        standings=standings,
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
    standings = standings_since(session, kept.version.standing)
    rated = {expert_id for expert_id, _ in standings - kept.standings}
    touched = sorted(changed_since(session, kept.version) | offerings_of(session, rated))
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
        standings=standings,
        columns=columns if new else replace(columns, ids=kept.ids),  # the index knows this very array
        live=laid(laid(kept.live, dark, False), at, True),
        cities=cities,
        topics=_spliced(kept.topics, {place[each]: codes.get(each, ()) for each in fresh.ids.tolist()}, len(labels)),
        labels=labels,
        place=place,
        slots=laid(kept.slots, at, _slots_at(columns, at, kept.noted)),
    )


def _with_slots(kept: Catalogue, noted: Mapping[tuple[int, int], float]) -> Catalogue:
    """The same with the next slots that the worker noted since."""
    if not noted:
        return kept
    at = np.concatenate([kept.of_expert(expert_id) for expert_id in {expert_id for expert_id, _ in noted}])
    together = {**kept.noted, **noted}
    return replace(kept, noted=together, slots=laid(kept.slots, at, _slots_at(kept.columns, at, together)))


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


_KEPT: WeakKeyDictionary[Database, Catalogue] = WeakKeyDictionary()
_LOCK = Lock()
