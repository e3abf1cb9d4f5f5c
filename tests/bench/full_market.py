"""A market of any size, written straight into a database: to measure speed with, not to read."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, func, insert, select, update

from marketplace.demo.accounts import PASSWORD, SHOWN_ACCOUNTS
from marketplace.hashing import hash_password
from marketplace.store.accounts import Account
from marketplace.store.base import Base
from marketplace.store.experts import Expert, Standing, WeeklyHours
from marketplace.store.migrate import migrate
from marketplace.store.offerings import Offering, OfferingChange, OfferingRevision, RevisionTopic, Topic
from marketplace.store.transaction import Database
from search.corpus import COMMON, TOPICS, Corpus
from search.port import Document, SearchIndex

PER_EXPERT = 10  # offerings
AT_ONCE = 5_000  # rows of an insert
CITIES = ("Paris", "Lyon", "Nantes", "Lille", "Bordeaux", "Toulouse", "Rennes", "Grenoble", "Strasbourg", "Montpellier")
LENGTHS = (60, 120, 180, 180, 180, 240)
SEED = 2026
LEAD = 1
FIRST_EXPERT = 10

Row = dict[str, Any]


def fill(database: Database, index: SearchIndex, offerings: int) -> None:
    """Lay out a market: a tenth as many experts, with hours and standings; the index is built over the same texts."""
    migrate(database)
    corpus = Corpus(offerings)
    now = datetime.now(UTC).replace(microsecond=0)
    with database.transaction(now) as tx:
        connection = tx.session.connection()
        for table, rows in _tables(corpus, now):
            _write(connection, table, rows)
        connection.execute(update(Offering).values(state="published", live_revision_id=Offering.id))
        sequence = tx.session.scalar(select(func.max(OfferingChange.id))) or 0
    index.rebuild(corpus.documents(), sequence)


def _tables(corpus: Corpus, now: datetime) -> Iterator[tuple[type[Base], Iterable[Row]]]:
    experts = range(FIRST_EXPERT, FIRST_EXPERT + max(1, corpus.size // PER_EXPERT))
    chance = np.random.default_rng(SEED)
    yield Account, itertools.chain([_lead(now)], (_account(number, now) for number in experts))
    yield Expert, (_expert(number) for number in experts)
    yield WeeklyHours, (row for number in experts for row in _hours(number))
    yield Standing, (_standing(number, chance, now) for number in experts if number % 4)
    yield Topic, (_topic(number, corpus) for number in range(TOPICS))
    documents, copies = itertools.tee(corpus.documents())
    yield Offering, (_offering(each.id, experts, now) for each in documents)
    yield OfferingRevision, (_revision(each, chance, now) for each in copies)
    yield RevisionTopic, (row for number in range(1, corpus.size + 1) for row in _topics(number))
    yield OfferingChange, [{"offering_id": corpus.size, "at": now}]


def _write(connection: Connection, model: type[Base], rows: Iterable[Row]) -> None:
    table = model.__table__
    assert isinstance(table, Table)
    waiting = iter(rows)
    while chunk := list(itertools.islice(waiting, AT_ONCE)):
        connection.execute(insert(table), chunk)


def _lead(now: datetime) -> Row:
    return _person(LEAD, SHOWN_ACCOUNTS[0][1], "Léa Fontaine", "lead", hash_password(PASSWORD), now)


def _account(number: int, now: datetime) -> Row:
    return _person(number, f"expert-{number}@bench.test", f"Expert {number}", "expert", "!", now)


def _person(number: int, email: str, name: str, role: str, password_hash: str, now: datetime) -> Row:
    return {
        "id": number, "email": email, "name": name, "role": role, "password_hash": password_hash, "language": "fr",
        "zone": "Europe/Paris", "created_at": now, "verified_at": now,
    }  # fmt: skip


def _expert(number: int) -> Row:
    languages = (["fr"], ["en"], ["fr", "en"])[number % 3]
    return {"id": number, "headline": "Has been through it", "languages": languages, "vetting": "approved"}


def _hours(number: int) -> Iterator[Row]:
    for weekday in range(5):
        if (number + weekday) % 3:
            yield {"expert_id": number, "weekday": weekday, "opens": 540, "closes": 1080}


def _standing(number: int, chance: np.random.Generator, now: datetime) -> Row:
    stars, recommend, reliability, response, load = chance.random(5).round(3).tolist()
    return {
        "account_id": number, "ratings": 1 + number % 30, "mean_stars": 1 + 4 * stars, "stars": stars,
        "recommend": recommend, "reliability": reliability, "response": response, "load": load, "updated_at": now,
    }  # fmt: skip


def _topic(number: int, corpus: Corpus) -> Row:
    word = corpus.word(COMMON + number)
    return {"id": number + 1, "slug": f"topic-{number}", "fr": word, "en": word}


def _offering(number: int, experts: range, now: datetime) -> Row:
    return {
        "id": number, "expert_id": experts[number % len(experts)], "state": "draft",
        "held_sessions": number % 7, "created_at": now, "published_at": now,
    }  # fmt: skip


def _revision(document: Document, chance: np.random.Generator, now: datetime) -> Row:
    kind = ("remote", "remote", "both", "onsite")[document.id % 4]
    return {
        "id": document.id, "offering_id": document.id, "number": 1, "state": "approved", "language": document.language,
        "title": document.title[:120], "outcome": document.body[:600], "experience": document.body[600:],
        "length_minutes": LENGTHS[document.id % len(LENGTHS)], "price_minor": 100 * int(chance.integers(300, 2000)),
        "format": kind, "city": "" if kind == "remote" else CITIES[document.id % len(CITIES)], "questions": [],
        "created_at": now,
    }  # fmt: skip


def _topics(number: int) -> Iterator[Row]:
    for place, topic in enumerate(dict.fromkeys((number * step) % TOPICS for step in (1, 7, 13))):
        yield {"revision_id": number, "topic_id": 1 + topic, "place": place}


def is_filled(data: Path, offerings: int) -> bool:
    """Whether this folder holds such a market already."""
    mark = data / "offerings"
    return mark.exists() and mark.read_text() == str(offerings)


def mark_filled(data: Path, offerings: int) -> None:
    """Remember that it does."""
    (data / "offerings").write_text(str(offerings))
