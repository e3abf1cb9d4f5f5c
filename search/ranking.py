"""From a request to a score per document: which terms count, how much, and which documents come first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final, NamedTuple

import numpy as np

from search.analysis import Word, detect, read
from search.arrays import Floats, Numbers
from search.lexicon import OTHER, Lexicon
from search.port import Language
from search.schema import EXACT, TEXT, TITLE, TOPICS
from search.snapshot import Impacts, Snapshot, Term

# Measured with search.evaluate on the collections named in its documentation.
TEXT_WEIGHT: Final = 1.0
# Of a title, by the number of words asked for: up to three name a thing, as a title does, five or six ask a question
# that no title answers, and a whole request touches upon many things.
TITLE_WEIGHTS: Final = ((3, 0.6), (4, 0.3), (6, 0.1))
TITLE_WEIGHT: Final = 0.3  # for more words
TOPICS_WEIGHT: Final = 1.5  # chosen by people from a list
EXACT_WEIGHT: Final = 0.2
NAME_WEIGHT: Final = 1.2  # C++ has neither stem nor parts to add to it
MOST_TERMS: Final = 60  # of a long request
FEW_WORDS: Final = 4

FOREIGN_WEIGHT: Final = 0.3  # of a word as it is, in texts where its translation is looked for

_PIECE: Final = re.compile(r"\w+")


class Meaning(NamedTuple):
    """A stem of the other language, and how surely it means the word."""

    stem: str
    language: Language
    weight: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one word of a request looks for, in all the forms it was written in."""

    written: tuple[str, ...]
    stems: tuple[str, ...]
    keys: tuple[str, ...]
    count: int
    is_name: bool  # without stem or parts: C++
    weight: float = 1.0
    meanings: tuple[Meaning, ...] = ()  # in the other language

    def terms(self, title: float = TITLE_WEIGHT) -> Iterator[Term]:
        """Yield what is looked up for every form of this word; `title` is what a title counts."""
        for stem in self.stems:
            yield from self._as_it_is(TEXT, stem, TEXT_WEIGHT)
            yield from self._as_it_is(TITLE, stem, title)
            yield Term(TOPICS, stem, TOPICS_WEIGHT)
        for key in self.keys:
            yield from self._as_it_is(EXACT, key, NAME_WEIGHT if self.is_name else EXACT_WEIGHT)
        for meaning in self.meanings:
            yield Term(TEXT, meaning.stem, TEXT_WEIGHT * meaning.weight, meaning.language)
            yield Term(TITLE, meaning.stem, title * meaning.weight, meaning.language)

    def _as_it_is(self, field: str, text: str, weight: float) -> Iterator[Term]:
        """A word with a translation may be a false friend in a text of the other language: chef, agent."""
        if not self.meanings:
            yield Term(field, text, weight)
            return
        foreign = self.meanings[0].language
        yield Term(field, text, weight, OTHER[foreign])
        yield Term(field, text, weight * FOREIGN_WEIGHT, foreign)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the index reads it."""

    text: str
    language: Language
    words: tuple[Word, ...]
    wanted: tuple[Wanted, ...]


def read_request(text: str) -> Request:
    """Read a few words or a whole request.

    Stems are those of its own language; of a few words in both, for those are often written alike and the
    market's texts are in both.
    """
    language = detect(text)
    words = read(text, (language,))
    if len(words) <= FEW_WORDS:
        words = read(text, (language, OTHER[language]), stop=(language,))
    return Request(text, language, tuple(words), _grouped(words))


def translated(lexicon: Lexicon, request: Request) -> Request:
    """Return the request with what the lexicon knows of its words."""
    wanted = tuple(_translated(lexicon, each, request.language) for each in request.wanted)
    return replace(request, wanted=wanted)


def _translated(lexicon: Lexicon, wanted: Wanted, language: Language) -> Wanted:
    found = lexicon.translations(wanted.stems[0], language) if wanted.stems else ()
    if not found:
        return wanted
    return replace(wanted, meanings=tuple(Meaning(each.stem, OTHER[language], each.probability) for each in found))


def _grouped(words: Iterable[Word]) -> tuple[Wanted, ...]:
    groups: dict[str, list[Word]] = {}
    for word in words:
        groups.setdefault(word.stems[0] if word.stems else f"={word.key}", []).append(word)
    # Among a few words a second mention is the other gender's form (adjoint / adjointe), not emphasis.
    are_few = len(groups) <= FEW_WORDS
    return tuple(_wanted(group, 1 if are_few else len(group)) for group in groups.values())


def _wanted(group: list[Word], count: int) -> Wanted:
    return Wanted(
        written=_distinct(word.written for word in group),
        stems=_distinct(stem for word in group for stem in word.stems),
        keys=_distinct(word.key for word in group),
        count=count,
        is_name=not group[0].stems and not group[0].is_joined,
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def strongest(snapshot: Snapshot, wanted: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """Return the words of a long request that tell most: by (1 + log count) x idf, never by idf alone."""
    if len(wanted) <= MOST_TERMS:
        return wanted
    return tuple(sorted(wanted, key=lambda each: -_strength(snapshot, each))[:MOST_TERMS])


def _strength(snapshot: Snapshot, wanted: Wanted) -> float:
    frequency = max(snapshot.frequency(field, term) for field, term in _likeliest(wanted))
    return (1 + log(wanted.count)) * snapshot.idf(frequency) if frequency else 0.0


def _likeliest(wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """Return where a word stands as it is, and in its likeliest translation."""
    if not wanted.stems:
        return ((EXACT, wanted.keys[0]),)
    return (TEXT, wanted.stems[0]), *((TEXT, meaning.stem) for meaning in wanted.meanings[:1])


def scores(snapshot: Snapshot, wanted: Iterable[Wanted]) -> Floats:
    """Return the score of every document of the snapshot, 0 where no word matches."""
    wanted = tuple(wanted)
    title = _title_weight(wanted)
    total = np.zeros(len(snapshot.ids), np.float32)
    for each in wanted:
        found = impacts_of(snapshot, each, title)
        total[found.documents] += found.values * np.float32(each.weight * each.count)
    return total


def shares(snapshot: Snapshot, wanted: Iterable[Wanted], whole: float) -> Floats:
    """Return how much of a request that weighs `whole` every document holds, from 0 to 1."""
    wanted = tuple(wanted)
    title = _title_weight(wanted)
    total = np.zeros(len(snapshot.ids), np.float32)
    for each in wanted:
        total[impacts_of(snapshot, each, title).documents] += np.float32(weight_of(snapshot, each) / whole)
    return np.minimum(total, np.float32(1))


def is_known(snapshot: Snapshot, wanted: Wanted, request: Sequence[Wanted]) -> bool:
    """Tell whether any living document holds a word of the request."""
    return len(impacts_of(snapshot, wanted, _title_weight(request)).documents) > 0


def impacts_of(snapshot: Snapshot, wanted: Wanted, title: float = TITLE_WEIGHT) -> Impacts:
    """Return what a word adds to every document that holds it in any form and field, but for its own weight."""
    key = (wanted.stems, wanted.keys, wanted.is_name, wanted.meanings, title)
    return snapshot.remembered(key, lambda: snapshot.united(wanted.terms(title)))


def scored_terms(wanted: Iterable[Wanted]) -> Iterator[Term]:
    """Yield everything that is looked up for a request, with its weight there."""
    wanted = tuple(wanted)
    title = _title_weight(wanted)
    for each in wanted:
        for term in each.terms(title):
            yield term._replace(weight=term.weight * each.weight * each.count)


def _title_weight(wanted: Sequence[Wanted]) -> float:
    return next((weight for most, weight in TITLE_WEIGHTS if len(wanted) <= most), TITLE_WEIGHT)


def best(snapshot: Snapshot, total: Floats, limit: int) -> Numbers:
    """Return the numbers of the best documents, best first; equal scores in the order of their ids.

    A falling threshold finds enough candidates in a few passes; partitioning everything takes twice as long.
    """
    if limit <= 0 or not len(total):
        return np.empty(0, np.int32)
    candidates = _candidates(total, limit)
    order = np.lexsort((snapshot.ids[candidates], -total[candidates]))[:limit]
    return candidates[order]


def _candidates(total: Floats, limit: int) -> Numbers:
    threshold = float(total.max()) / 2
    while threshold > 1e-6:
        mask = total > threshold
        if np.count_nonzero(mask) >= limit:
            return np.flatnonzero(mask).astype(np.int32)
        threshold /= 2
    return np.flatnonzero(total > 0).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Held:
    """What of a request a document holds: its words, and what these weigh (as in `weight_of`)."""

    words: tuple[str, ...]
    weight: float


def held_by(snapshot: Snapshot, wanted: Iterable[Wanted], numbers: Numbers) -> list[Held]:
    """Return, for each document, what it holds of the request."""
    wanted = tuple(wanted)
    title = _title_weight(wanted)
    weights = np.array([weight_of(snapshot, each) for each in wanted])
    holders = np.zeros((len(wanted), len(numbers)), np.bool_)
    for row, each in zip(holders, wanted, strict=True):
        documents = impacts_of(snapshot, each, title).documents
        if len(documents):
            row[:] = documents.take(np.searchsorted(documents, numbers), mode="clip") == numbers
    words: list[list[str]] = [[] for _ in numbers]
    for hit, place in zip(*(axis.tolist() for axis in holders.T.nonzero()), strict=True):
        words[hit].extend(wanted[place].written)
    totals = (weights @ holders).tolist()
    return [Held(_whole(_distinct(each)), total) for each, total in zip(words, totals, strict=True)]


def weight_of(snapshot: Snapshot, wanted: Wanted) -> float:
    """Return how much a word says: (1 + log count) x idf; one that no document has says most."""
    living = max(len(snapshot.impacts(field, term).documents) for field, term in _likeliest(wanted))
    return wanted.weight * (1 + log(wanted.count)) * snapshot.idf(living)


def _whole(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out Node and js where Node.js was found."""
    if all(word.isalnum() for word in words):
        return words
    pieces = {piece for word in words for piece in _PIECE.findall(word) if piece != word}
    return tuple(word for word in words if word not in pieces)
