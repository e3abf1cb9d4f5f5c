"""What a word of one language means in the other, learned from labels that were written in both.

Formula: IBM model 1 with an empty word on the given side, as in Brown et al., "The Mathematics of Statistical Machine
Translation" (1993), section 4.1, run in both directions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.analysis import Word, read
from search.port import Label, Language

ROUNDS: Final = 8  # of expectation and maximisation; more change nothing that is kept
LIKELY: Final = 0.08  # probability below which a translation is chance
MOST: Final = 4  # translations of a word
MOST_MADE: Final = 50_000  # words of requests to keep something for
OTHER: Final[Mapping[Language, Language]] = {"fr": "en", "en": "fr"}

_EMPTY: Final = ""  # the word that stands behind what has no counterpart


class Translation(NamedTuple):
    """A stem of the other language, and how probable it is."""

    stem: str
    probability: float


Translations = Mapping[str, tuple[Translation, ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The translations of the stems of each language, the likeliest first."""

    of: Mapping[Language, Translations] = field(default_factory=lambda: {"fr": {}, "en": {}}, hash=False)
    _made: dict[tuple[object, ...], dict[float, Any]] = field(
        default_factory=dict, compare=False, hash=False, repr=False
    )

    def translations(self, stem: str, language: Language) -> tuple[Translation, ...]:
        """Return what a stem of this language means in the other one; nothing for an unknown one."""
        return self.of[language].get(stem, ())

    def made(self, *word: object) -> dict[float, Any]:
        """Return a place to keep what is looked up for a word, as long as this lexicon holds."""
        if len(self._made) > MOST_MADE:
            self._made.clear()
        return self._made.setdefault(word, {})

    def __bool__(self) -> bool:
        """Tell whether anything was learned."""
        return any(self.of.values())

    def __len__(self) -> int:
        """Return how many stems have a translation."""
        return sum(len(known) for known in self.of.values())


def learn(labels: Iterable[Label]) -> Lexicon:
    """Learn from labels; the more often two words stand in both sides of a label, the surer they mean the same."""
    pairs = [(_stems(french, "fr"), _stems(english, "en")) for french, english in labels]
    swapped = [(english, french) for french, english in pairs]
    return Lexicon({"fr": _translations(pairs), "en": _translations(swapped)})


def read_labels(file: Path) -> tuple[Label, ...]:
    """Read `French<TAB>English` lines; a first line `fr<TAB>en` is a heading. Raises OSError or ValueError."""
    lines = file.read_text("utf-8").splitlines()
    labels = [_label(line, number) for number, line in enumerate(lines, start=1) if line.strip()]
    return tuple(labels[1:] if labels[:1] == [("fr", "en")] else labels)


def to_json(lexicon: Lexicon) -> str:
    """Return a lexicon as text that `from_json` reads."""
    return json.dumps(lexicon.of, ensure_ascii=False)


def from_json(text: str) -> Lexicon:
    """Read what `to_json` wrote."""
    languages: dict[Language, dict[str, list[tuple[str, float]]]] = json.loads(text)
    return Lexicon(
        {
            language: {stem: tuple(Translation(*each) for each in found) for stem, found in known.items()}
            for language, known in languages.items()
        }
    )


def _label(line: str, number: int) -> Label:
    match line.split("\t"):
        case [french, english]:
            return french.strip(), english.strip()
    raise ValueError(f"line {number} is not two labels with a tab between them: {line!r}")


def _stems(label: str, language: Language) -> list[str]:
    words = read(label, (language,))
    joined = [word for word in words if word.is_joined]
    return [stem for word in words for stem in word.stems if not _is_within(word, joined)]


def _is_within(word: Word, joined: list[Word]) -> bool:
    """A part means less than the whole: semi-conducteurs are no conductors."""
    return any(other.start <= word.start and word.end <= other.end for other in joined)


Pairs = list[tuple[list[str], list[str]]]


def _translations(pairs: Pairs) -> Translations:
    """Return, for each word of the pairs' first sides, its likely counterparts on the second."""
    meetings = _meet(pairs)
    if not len(meetings.slot):
        return {}
    probability = _probabilities(meetings)
    found: dict[str, list[Translation]] = {}
    for place in np.flatnonzero(probability >= LIKELY):
        given, target = meetings.words[place]
        if given != _EMPTY:
            found.setdefault(given, []).append(Translation(target, round(float(probability[place]), 3)))
    return {given: _likeliest(each) for given, each in found.items()}


def _likeliest(found: list[Translation]) -> tuple[Translation, ...]:
    return tuple(sorted(found, key=lambda each: (-each.probability, each.stem))[:MOST])


@dataclass(frozen=True, slots=True)
class _Meetings:
    """Every time that a given word and a target word stand in the same pair."""

    words: list[tuple[str, str]]  # (given, target), each combination once
    given: NDArray[np.int64]  # by combination: the number of its given word
    combination: NDArray[np.int64]  # by meeting
    slot: NDArray[np.int64]  # by meeting: the target word, at its place in its pair


def _meet(pairs: Pairs) -> _Meetings:
    combinations: dict[tuple[str, str], int] = {}
    met: list[int] = []
    slots: list[int] = []
    slot = 0
    for given, targets in pairs:
        for target in targets:
            for word in (_EMPTY, *given):
                met.append(combinations.setdefault((word, target), len(combinations)))
                slots.append(slot)
            slot += 1
    numbers: dict[str, int] = {}
    given_numbers = [numbers.setdefault(given, len(numbers)) for given, _ in combinations]
    return _Meetings(list(combinations), np.array(given_numbers), np.array(met), np.array(slots))


def _probabilities(meetings: _Meetings) -> NDArray[np.float64]:
    """Return, by combination, the probability of the target word where the given one stands."""
    probability = np.ones(len(meetings.words))
    for _ in range(ROUNDS):
        weight = probability[meetings.combination]
        share = weight / np.bincount(meetings.slot, weight)[meetings.slot]
        count = np.bincount(meetings.combination, share)
        probability = count / np.bincount(meetings.given, count)[meetings.given]
    return probability
