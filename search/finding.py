"""One search from end to end: read the request, mend what is unknown, score, pick, explain."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from search import together
from search.analysis import LANGUAGES, read
from search.arrays import Floats, Numbers
from search.lexicon import Lexicon
from search.port import Hit, Ids, Result
from search.ranking import Word, additions, best, held_by, holders, looked_up, phrased, scores, shares, strongest
from search.request import DEMANDED, Request, Wanted, read_request
from search.snapshot import Snapshot
from search.spelling import completions, correction, likeness, spelled

FEW: Final = 5  # results, below which titles with similar letters are added
SUGGESTED: Final = 8  # words of a request, above which nobody would read a suggestion
COMPLETED: Final = 0.5  # weight of a completed word
CORRECTED: Final = 0.7
ALIKE: Final = 0.1  # below any real match

Mask = NDArray[np.bool_]

_HIT: Final = cast("Callable[[Iterable[Any]], Hit]", partial(tuple.__new__, Hit))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a snapshot says to a request: a score for each of its documents, and why."""

    snapshot: Snapshot
    request: Request
    words: list[Word]  # as looked up: unknown ones put right
    asked: list[Word]
    total: Floats  # by the number of the document
    count: int  # of those that matched
    corrections: dict[str, str]
    factors: Floats | None  # see search.together

    def shares(self) -> Floats:
        """Return how much of the request each document holds, deleted ones included."""
        if self.factors is not None:
            return together.shares_in(self.factors)
        return shares(self.snapshot, self.words, self.whole)

    @property
    def suggestion(self) -> str | None:
        """The request with its unknown words put right."""
        return _suggestion(self.snapshot, self.request, self.corrections)

    @property
    def whole(self) -> float:
        """What all words of the request weigh, the unknown ones included."""
        return _whole(self.snapshot, self.asked)

    def hits(self, numbers: Numbers) -> tuple[Hit, ...]:
        """Return what stands under these numbers; the words that matched there are looked up when they are read."""
        reasons = Reasons(self, numbers)
        ids, values = self.snapshot.ids[numbers].tolist(), self.total[numbers].tolist()
        # Without Hit's own __new__, which is Python: it takes as long as to find the best of a hundred thousand.
        return tuple(map(_HIT, zip(ids, values, repeat(reasons), range(len(ids)), strict=False)))


class Reasons:
    """Which words stand in each of a few documents: looked up for all of them when the first is asked for."""

    def __init__(self, answer: Answer, numbers: Numbers) -> None:
        self._answer, self._numbers = answer, numbers
        self._held: list[tuple[tuple[str, ...], float]] | None = None

    def __getitem__(self, place: int) -> tuple[tuple[str, ...], float]:
        if self._held is None:
            answer = self._answer
            whole = answer.whole or 1.0  # a request may have signs but no word: then nothing of it weighs anything
            held = held_by(answer.snapshot, answer.words, self._numbers)
            self._held = [(each.words, min(1.0, each.weight / whole)) for each in held]
        return self._held[place]


class Meaning(Protocol):
    """Adds what documents mean to what their words score; see search.semantic."""

    def blended(self, snapshot: Snapshot, text: str, total: Floats) -> Floats:
        """Return the scores with it."""
        ...


def find(
    snapshot: Snapshot,
    lexicon: Lexicon,
    text: str,
    limit: int,
    allowed: Ids | None = None,
    meaning: Meaning | None = None,
) -> Result:
    """Answer a request from a snapshot with the best documents."""
    found = answer(snapshot, lexicon, text, None if allowed is None else _mask(snapshot, allowed), meaning)
    return Result(
        hits=found.hits(best(snapshot, found.total, found.count, limit)),
        total=found.count,
        suggestion=found.suggestion,
        language=found.request.language,
    )


def answer(
    snapshot: Snapshot, lexicon: Lexicon, text: str, allowed: Mask | None = None, meaning: Meaning | None = None
) -> Answer:
    """Answer a request from a snapshot with a score for every document, 0 for those that are not allowed."""
    request = read_request(text, lexicon)
    asked = looked_up(snapshot, strongest(snapshot, request.wanted), request.title)
    words, corrections, is_demanded = asked, {}, False
    unknown = [word.wanted for word in asked if not word.is_known]
    if unknown:
        corrections = _corrections(snapshot, unknown)
        mended = looked_up(snapshot, _mended(snapshot, unknown, corrections), request.title)
        words = [*(word for word in asked if word.is_known), *mended]
    phrases = phrased(snapshot, request)
    if phrases:
        words, asked = [*words, *phrases], [*asked, *phrases]
    added = additions(snapshot, words)
    total = scores(snapshot, words, added)
    factors = together.factors(snapshot, request, words, asked, _whole(snapshot, asked), added)
    if factors is not None:
        total *= factors
    if meaning is not None:
        total = meaning.blended(snapshot, text, total)
    if phrases and request.words <= DEMANDED:
        total, is_demanded = _demanded(snapshot, phrases, total)
    total = _allowed(total, allowed)
    count = int(np.count_nonzero(total > 0))
    if count < FEW and not is_demanded:
        total = _with_alike(snapshot, request, total, allowed)
        count = int(np.count_nonzero(total > 0))
    return Answer(snapshot, request, words, asked, total, count, corrections, factors)


def _whole(snapshot: Snapshot, asked: Iterable[Word]) -> float:
    return sum(word.weight(snapshot) for word in asked)


def _demanded(snapshot: Snapshot, phrases: Iterable[Word], total: Floats) -> tuple[Floats, bool]:
    """Return the scores of what holds every phrase, and True; all scores where nothing does."""
    held = total
    for phrase in phrases:
        where = holders(snapshot, phrase)
        kept = np.zeros_like(total)
        kept[where] = held[where]
        held = kept
    return (held, True) if held.any() else (total, False)


def _corrections(snapshot: Snapshot, unknown: Iterable[Wanted]) -> dict[str, str]:
    """Return the nearest known word for each unknown one that is not the beginning of a known one."""
    keys = [key for each in unknown for key in each.keys if not completions(snapshot, key)]
    found = {key: correction(snapshot, key) for key in keys}
    return {key: right for key, right in found.items() if right}


def _mended(snapshot: Snapshot, unknown: Iterable[Wanted], corrections: dict[str, str]) -> Iterable[Wanted]:
    for each in unknown:
        for key in each.keys:
            if key in corrections:
                yield _as(each, corrections[key], CORRECTED)
            for longer in completions(snapshot, key):
                yield _as(each, longer, COMPLETED)


def _as(wanted: Wanted, word: str, weight: float) -> Wanted:
    """Return what is wanted as if this word had been written."""
    stems = tuple(stem for each in read(word, LANGUAGES) for stem in each.stems)
    return wanted._replace(stems=stems, keys=(word,), weight=weight, meanings=(), made={})


def _allowed(total: Floats, allowed: Mask | None) -> Floats:
    return total if allowed is None else total * allowed


def _mask(snapshot: Snapshot, allowed: Ids) -> Mask:
    mask = np.zeros(len(snapshot.ids), np.bool_)
    mask[snapshot.numbers(_array(allowed))] = True
    return mask


def _array(ids: Ids) -> NDArray[np.int64]:
    return np.asarray(ids, np.int64) if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64, len(ids))


def _with_alike(snapshot: Snapshot, request: Request, total: Floats, allowed: Mask | None) -> Floats:
    alike = likeness(snapshot, {key for each in request.wanted for key in each.keys})
    return _allowed(np.where(total > 0, total, alike * snapshot.alive * np.float32(ALIKE)), allowed)


def _suggestion(snapshot: Snapshot, request: Request, corrections: dict[str, str]) -> str | None:
    if not corrections or request.words > SUGGESTED:
        return None
    text = unicodedata.normalize("NFC", request.text)
    for word in reversed(read(text, LANGUAGES, (request.language,))):
        if word.key in corrections:
            text = text[: word.start] + spelled(snapshot, corrections[word.key]) + text[word.end :]
    return text
