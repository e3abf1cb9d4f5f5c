"""What somebody asks for, as the index reads it: words in all their forms, and what they mean in the other language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from search.analysis import LANGUAGES, Remembered, Word, detected, sought, stretches
from search.found import Term
from search.lexicon import OTHER, Lexicon, Translation
from search.phrases import LONGEST, MOST, Phrase, quoted
from search.port import Language
from search.schema import EXACT, PHRASE, TEXT, TITLE, TOPICS

# Measured with search.evaluate on the collections named in its documentation.
TEXT_WEIGHT: Final = 1.0
# Of a title, by the number of words asked for: up to three name a thing, as a title does, five or six ask a question
# that no title answers, and a whole request touches upon many things.
TITLE_WEIGHTS: Final = ((3, 0.8), (4, 0.5), (6, 0.2))
TITLE_WEIGHT: Final = 0.6  # for more words
TOPICS_WEIGHT: Final = 1.5  # chosen by people from a list
EXACT_WEIGHT: Final = 0.15
NAME_WEIGHT: Final = 1.2  # C++ has neither stem nor parts to add to it
PHRASE_WEIGHT: Final = 1.0  # what is in quotes counts as one more word, as rare as it is
FEW_WORDS: Final = 4
DEMANDED: Final = 8  # words of a request, stop words aside, in which quotes are a demand; a longer text quotes by habit
FOREIGN_WEIGHT: Final = 0.3  # of a word as it is, in texts where its translation is looked for

_EVERYWHERE: Final = (1.0, 1.0)  # what a word counts in French and in English texts
_ONLY_IN: Final = {"fr": (1.0, 0.0), "en": (0.0, 1.0)}
_FIRST_IN: Final = {"fr": (1.0, FOREIGN_WEIGHT), "en": (FOREIGN_WEIGHT, 1.0)}


class Lookup:
    """A word in all the forms whose documents are counted together. See search.found.Lookup."""

    __slots__ = ("is_name", "key", "keys", "languages", "stems", "terms", "title")

    def __init__(
        self,
        stems: tuple[str, ...],
        keys: tuple[str, ...],
        is_name: bool,
        title: float,
        languages: tuple[float, float] = _EVERYWHERE,
    ) -> None:
        self.stems, self.keys, self.is_name, self.title, self.languages = stems, keys, is_name, title, languages
        self.terms = tuple(self._terms())
        self.key = repr((stems, keys, is_name, title, languages))  # one string: its hash is reckoned once

    def _terms(self) -> Iterator[Term]:
        for stem in self.stems:
            yield Term(TEXT, stem, TEXT_WEIGHT)
            yield Term(TITLE, stem, self.title)
            if self.languages not in _ONLY_IN.values():  # topics are labelled in both languages: no need to translate
                yield Term(TOPICS, stem, TOPICS_WEIGHT)
        for key in self.keys:
            yield Term(EXACT, key, NAME_WEIGHT if self.is_name else EXACT_WEIGHT)


class PhraseLookup:
    """Words side by side, as they are written but for capitals and accents. See search.found.Lookup."""

    __slots__ = ("key", "languages", "terms")

    def __init__(self, phrase: Phrase) -> None:
        self.languages = _EVERYWHERE
        self.key = f"{PHRASE} {phrase}"
        self.terms: tuple[Term, ...] = (Term(PHRASE, str(phrase), TEXT_WEIGHT),)  # looked up like any other


Lookups = tuple[tuple[Lookup, float], ...]


class Wanted(NamedTuple):
    """What one word of a request looks for, in all the forms it was written in."""

    written: tuple[str, ...]
    stems: tuple[str, ...]
    keys: tuple[str, ...]
    is_name: bool  # without stem or parts: C++
    made: dict[float, Lookups]  # what is looked up, by what a title counts: made once and shared with every request
    times: int = 1
    weight: float = 1.0
    language: Language = "fr"  # of the request
    meanings: tuple[Translation, ...] = ()  # in the other language

    def lookups(self, title: float) -> Lookups:
        """Return what is looked up and what it counts; `title` is what a title counts."""
        found = self.made.get(title)
        if found is None:
            found = self.made[title] = tuple(self._lookups(title))
        return found

    def _lookups(self, title: float) -> Iterator[tuple[Lookup, float]]:
        """A word with a translation may be a false friend in a text of the other language: chef, agent."""
        if not self.meanings:
            yield Lookup(self.stems, self.keys, self.is_name, title), 1.0
            return
        yield Lookup(self.stems, self.keys, self.is_name, title, _FIRST_IN[self.language]), 1.0
        for each in self.meanings:
            yield Lookup((each.stem,), (), False, title, _ONLY_IN[OTHER[self.language]]), each.probability


class Request(NamedTuple):
    """A request as the index reads it."""

    text: str
    language: Language
    words: int
    wanted: tuple[Wanted, ...]
    phrases: tuple[tuple[str, PhraseLookup], ...] = ()  # as they were written, and what is looked up

    @property
    def title(self) -> float:
        """What a title counts."""
        return next((weight for most, weight in TITLE_WEIGHTS if len(self.wanted) <= most), TITLE_WEIGHT)


def read_request(text: str, lexicon: Lexicon) -> Request:
    """Read a few words or a whole request.

    Stems are those of its own language; of a few words in both, for those are often written alike and the
    market's texts are in both.
    """
    shouting = text.isupper()
    met = stretches(text)
    language = detected(stretches(text.lower()) if shouting else met)
    found = _words(met, shouting, (language,), (language,))
    if len(found) <= FEW_WORDS:
        found = _words(met, shouting, (language, OTHER[language]), (language,))
    wanted = _grouped(found)
    if lexicon:
        wanted = [_translated(lexicon, each, language) for each in wanted]
    return Request(text, language, len(found), tuple(wanted), _phrases(text, language))


def forget() -> None:
    """Read every word anew from now on: for measuring what the first request costs."""
    _readings.cache_clear()


def _words(met: list[str], shouting: bool, languages: tuple[Language, ...], stop: tuple[Language, ...]) -> list[Wanted]:
    read = _readings(languages, stop, shouting)
    found = [each for stretch in met for each in read[stretch].kept]
    return found or [each for stretch in met for each in read[stretch].found]


def _phrases(text: str, language: Language) -> tuple[tuple[str, PhraseLookup], ...]:
    found = {phrase: written for written in quoted(text) if (phrase := _phrase(written, language))}
    return tuple((written, PhraseLookup(phrase)) for phrase, written in islice(found.items(), MOST))


def _phrase(text: str, language: Language) -> Phrase | None:
    """Return the phrase that a text is; None if it is a single word, stop words alone, or too long."""
    # Capitals do not make a stop word tell more here: en, EN.
    read = [each for stretch in stretches(text) for each in sought(stretch, (language,), LANGUAGES, shouting=True)]
    words = tuple(word.key for word, _ in read)
    telling = tuple(word.key for word, is_stop_word in read if not is_stop_word)
    return Phrase(words, telling) if telling and 1 < len(words) <= LONGEST else None


class _Read(NamedTuple):
    """The words of a stretch, and those of them that are no stop words."""

    found: tuple[Wanted, ...]
    kept: tuple[Wanted, ...]


@lru_cache(maxsize=32)
def _readings(languages: tuple[Language, ...], stop: tuple[Language, ...], shouting: bool) -> Remembered[_Read]:
    def read(stretch: str) -> _Read:
        words = [(_wanted(word), is_stop) for word, is_stop in sought(stretch, languages, stop, shouting)]
        return _Read(tuple(word for word, _ in words), tuple(word for word, is_stop in words if not is_stop))

    return Remembered(read)


def _wanted(word: Word) -> Wanted:
    return Wanted((word.written,), word.stems, (word.key,), not word.stems and not word.is_joined, {})


def _grouped(found: Iterable[Wanted]) -> list[Wanted]:
    groups: dict[str, Wanted] = {}
    for each in found:
        name = each.stems[0] if each.stems else f"={each.keys[0]}"
        groups[name] = _merged(groups[name], each) if name in groups else each
    # Among a few words a second mention is the other gender's form (adjoint / adjointe), not emphasis.
    if len(groups) <= FEW_WORDS:
        return [each._replace(times=1) if each.times > 1 else each for each in groups.values()]
    return list(groups.values())


def _merged(one: Wanted, other: Wanted) -> Wanted:
    times = one.times + other.times
    if other.written[0] in one.written:
        return one._replace(times=times)
    return one._replace(
        written=_distinct(one.written + other.written),
        stems=_distinct(one.stems + other.stems),
        keys=_distinct(one.keys + other.keys),
        made={},
        times=times,
    )


def _translated(lexicon: Lexicon, wanted: Wanted, language: Language) -> Wanted:
    found = lexicon.translations(wanted.stems[0], language) if wanted.stems else ()
    if not found:
        return wanted
    return wanted._replace(language=language, meanings=found, made=lexicon.made(language, wanted.stems, wanted.keys))


def _distinct(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
