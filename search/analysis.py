"""From text to index terms: words, elisions, accents, stop words and stems, in French and in English."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import Stemmer
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from stopwordsiso import stopwords

from search.port import Document, Language

LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
GRAM: Final = 4
TELLING: Final = 1_000  # characters of a text by which its language is told

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, where it stands there, and what it is looked up as."""

    written: str
    start: int
    end: int
    key: str  # lower case, without accents, unstemmed: technology names are found by it
    stems: tuple[str, ...]  # empty for a name such as C++, which has no other form
    is_joined: bool = False  # its parts follow as words of their own: Node.js

    def moved(self, by: int) -> Word:
        """Return the word as it stands so many characters further on; replace() takes four times as long."""
        return Word(self.written, self.start + by, self.end + by, self.key, self.stems, self.is_joined)


class Reading(NamedTuple):
    """What a word of a document stands for in the index; its key is the first of its spellings."""

    stems: tuple[str, ...]
    spellings: tuple[str, ...]
    grams: tuple[str, ...]


def stretches(text: str) -> list[str]:
    """Cut a text at its blanks, which no word contains; `readings` tells what each stretch holds."""
    return unicodedata.normalize("NFC", text).split()


def readings(stretch: str, languages: tuple[Language, ...], shouting: bool) -> list[tuple[Reading, bool]]:
    """Return what a stretch of a document's text stands for, word by word, and whether each is a stop word.

    `shouting` says that the text is all in capitals, where an abbreviation cannot be told from a stop word.
    """
    found = [each for raw in _RAW.findall(stretch) for each in _readings(raw, languages, languages, shouting)]
    return [(Reading(word.stems, _spellings(word), tuple(grams(word.key))), is_stop) for word, is_stop in found]


def sought(
    stretch: str, languages: tuple[Language, ...], stop: tuple[Language, ...], shouting: bool
) -> list[tuple[Word, bool]]:
    """Return the words of a stretch of a request, and whether each is a stop word of the `stop` languages."""
    return [each for raw in _RAW.findall(stretch) for each in _readings(raw, languages, stop, shouting)]


def document_terms(document: Document) -> dict[str, list[str]]:
    """Return the terms of each index field; a term stands in its list as often as it occurs.

    This says what the index holds; `search.gathering` finds the same for many documents at once.
    """
    title = _content(document.title, document.language)
    body = _content(document.body, document.language)
    topics = _content(document.topics, *LANGUAGES)
    return {
        "title": _stems(title),
        "topics": _stems(topics),
        "text": _stems([*title, *topics, *body]),
        "exact": [form for word in (*title, *topics, *body) for form in _spellings(word)],
        "grams": [gram for word in (*title, *topics) for gram in grams(word.key)],
    }


def detect(text: str) -> Language:
    """Tell whether a text is French or English; right for 24 of 25 single job titles, nearly always above.

    Words are judged one by one, which is surer than all at once and can be remembered.
    """
    return detected(stretches(text[:TELLING].lower() if text.isupper() else text[:TELLING]))


def detected(found: Iterable[str]) -> Language:
    """Tell the language of a text that is cut into stretches."""
    return "fr" if sum(map(_LEANINGS.__getitem__, found)) > 0 else "en"


def warm() -> None:
    """Load the tables of both languages, about half a second, before the first request waits for them."""
    detect("warm")
    for language in LANGUAGES:
        _stop_words(language)


def read(text: str, languages: Sequence[Language], stop: Sequence[Language] | None = None) -> list[Word]:
    """Cut a text into its words that carry meaning, with their stems in each of the languages.

    Stop words of the `stop` languages (else of the same) are left out, except abbreviations in capitals
    (IT, AI) and in a text that has nothing else.
    """
    return [word.moved(at) for at, word in _read(text, languages, stop)]


def words_with(text: str, languages: Sequence[Language], forms: frozenset[str]) -> list[Word]:
    """Return those words of `read` that have one of these forms.

    A stem begins like its word: what begins unlike all forms is passed over unread, and that is most of a text.
    """
    initials, text = _initials(forms), unicodedata.normalize("NFC", text)
    met = [(match.start(), match.group()) for match in _RAW.finditer(text)]
    told = [each for each in met if _INITIAL[each[1][0]] in initials or not each[1].isalnum()]
    shouting, languages = text.isupper(), tuple(languages)
    near = list(_told(told, shouting, languages))
    found = [(at, word) for at, word, is_stop_word in near if not is_stop_word]
    if not found and all(is_stop_word for _, _, is_stop_word in _told(met, shouting, languages)):
        found = [(at, word) for at, word, _ in near]
    return [word.moved(at) for at, word in found if word.key in forms or not forms.isdisjoint(word.stems)]


def fold(text: str) -> str:
    """Return the text in lower case without accents and ligatures."""
    return _folded(text.lower().replace("œ", "oe").replace("æ", "ae"))


def grams(key: str) -> list[str]:
    """Return the character 4-grams of a word, its edges marked; a shorter word is its own gram."""
    edged = f"^{key}$"
    return [edged[at : at + GRAM] for at in range(max(1, len(edged) - GRAM + 1))]


class Remembered(dict[str, Value]):
    """What was made of each stretch; forgotten as a whole when there are too many."""

    def __init__(self, make: Callable[[str], Value], most: int = 50_000) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, stretch: str) -> Value:
        if len(self) >= self._most:
            self.clear()
        value = self[stretch] = self._make(stretch)
        return value


def _leaning(stretch: str) -> float:
    """Return by how much likelier a stretch is French than English, as a logarithm."""
    found = dict(_identifier().rank(f" {stretch} "))
    return float(found["fr"] - found["en"] - _prior())


_LEANINGS: Final = Remembered(_leaning)


@lru_cache(maxsize=1)
def _prior() -> float:
    """Return what the identifier adds to French whatever it reads."""
    known = _identifier()
    prior = dict(zip(known.nb_classes, known.nb_pc, strict=True))
    return float(prior["fr"] - prior["en"])


def _told(
    met: Iterable[tuple[int, str]], shouting: bool, languages: tuple[Language, ...]
) -> Iterator[tuple[int, Word, bool]]:
    return ((at, *each) for at, raw in met for each in _readings(raw, languages, languages, shouting))


@lru_cache(maxsize=64)
def _initials(forms: frozenset[str]) -> frozenset[str]:
    return frozenset(form[0] for form in forms)


def _content(text: str, *languages: Language) -> list[Word]:
    """Return the words without their place in the text, which costs as much as all the rest."""
    return [word for _, word in _read(text, languages)]


def _read(text: str, languages: Sequence[Language], stop: Sequence[Language] | None = None) -> list[tuple[int, Word]]:
    """Return the words and what to add to their places."""
    shouting = text.isupper()
    found = [
        (match.start(), reading)
        for match in _RAW.finditer(unicodedata.normalize("NFC", text))
        for reading in _readings(match.group(), tuple(languages), tuple(stop or languages), shouting)
    ]
    kept = [(at, word) for at, (word, is_stop_word) in found if not is_stop_word]
    return kept or [(at, word) for at, (word, _) in found]


@lru_cache(maxsize=20_000)
def _readings(
    raw: str, languages: tuple[Language, ...], stop: tuple[Language, ...], shouting: bool
) -> tuple[tuple[Word, bool], ...]:
    """Return the words in a stretch without blanks, and whether each is a stop word; most stretches come again."""
    return tuple(
        (
            Word(chunk.written, chunk.start, chunk.end, chunk.key, chunk.stems_in(languages), chunk.is_joined),
            chunk.is_stop_word_in(stop, shouting),
        )
        for chunk in _parts(raw)
    )


def _stems(words: list[Word]) -> list[str]:
    return [stem for word in words for stem in word.stems]


def _spellings(word: Word) -> tuple[str, ...]:
    # With its accents, too, so that a suggestion can be spelled as people write it.
    accented = word.written.lower()
    return (word.key,) if accented == word.key or not word.stems else (word.key, accented)


@dataclass(frozen=True, slots=True)
class _Chunk:
    written: str
    start: int
    end: int
    is_name: bool  # joined or with signs: C++, Node.js, R&D
    is_joined: bool = False  # of parts that are words: Node.js, not R&D

    @property
    def key(self) -> str:
        return _joined(self.written) if self.is_name else fold(self.written)

    def is_stop_word_in(self, languages: Sequence[Language], shouting: bool) -> bool:
        if len(self.written) > 1 and self.written.isupper() and not shouting:
            return False
        return any(self._is_stop_word(_stop_words(language)) for language in languages)

    def _is_stop_word(self, listed: frozenset[str]) -> bool:
        if self.key in listed:
            return True
        if not self.is_name:
            return False
        pieces = [fold(piece) for piece in _SEPARATOR.split(self.written)]
        return all(len(piece) > 1 and piece in listed for piece in pieces)  # est-ce, not r&d

    def stems_in(self, languages: Sequence[Language]) -> tuple[str, ...]:
        if self.is_name:
            return ()
        return tuple(dict.fromkeys(_stem(self.written.lower(), language) for language in languages))


# What is cut from the front of a French word (l'équipe, jusqu'à) or the back of an English one (team's).
_ELISION = re.compile(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|presqu)['’ʼ](?=\w)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’ʼ]s?$", re.IGNORECASE)
_RAW = re.compile(
    r"(?<!\w)\.[A-Za-z]{3,}(?!\w)"  # .NET
    r"|(?<!\w)[A-Za-z](?:\+\+|\#)"  # C++, C#, F#
    r"|[^\W_]+(?:[-.&/·’'ʼ‑][^\W_]+)*"
)
_SEPARATOR = re.compile(r"[-.&/·’'ʼ‑]")
_SIGNED = re.compile(r"^\.|[+#]$")


def _parts(raw: str) -> Iterator[_Chunk]:
    if _SIGNED.search(raw):
        yield _Chunk(raw, 0, len(raw), is_name=True)
        return
    raw, start = _without_elisions(raw)
    raw = _POSSESSIVE.sub("", raw)
    pieces = list(_pieces(raw, start))
    words = [piece for piece in pieces if len(piece.written) > 1 or len(pieces) == 1]
    if len(pieces) > 1:
        yield _Chunk(raw, start, start + len(raw), is_name=True, is_joined=bool(words))
    yield from words


def _without_elisions(raw: str) -> tuple[str, int]:
    start = 0
    while found := _ELISION.match(raw):
        raw, start = raw[found.end() :], start + found.end()
    return raw, start


def _pieces(raw: str, start: int) -> Iterator[_Chunk]:
    at = 0
    for piece in _SEPARATOR.split(raw):
        yield _Chunk(piece, start + at, start + at + len(piece), is_name=False)
        at += len(piece) + 1


def _joined(name: str) -> str:
    """Return one spelling for Node.js and nodejs, R&D and RD; the signs of C++, C# and .NET stay."""
    return fold(name) if _SIGNED.search(name) else fold(_SEPARATOR.sub("", name))


@lru_cache(maxsize=50_000)
def _stem(word: str, language: Language) -> str:
    # Accents tell French endings apart (formé, forme), so they are folded after stemming, not before.
    return fold(_stemmers().of(language).stemWord(word))


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


@lru_cache(maxsize=2)
def _stop_words(language: Language) -> frozenset[str]:
    listed = stopwords(language) - _MEANT[language]
    return frozenset(form for word in listed for form in (fold(word), _joined(word)))


# Words on the public lists that carry meaning in a market of expertise.
_MEANT: Final[dict[Language, frozenset[str]]] = {
    "fr": frozenset({"parole", "pense", "rendre", "valeur"}),
    "en": frozenset(
        {"act", "ai", "area", "areas", "auth", "bill", "billion", "change", "changes", "computer", "group", "groups"}
        | {"html", "http", "index", "information", "invention", "letter", "line", "member", "members"}
        | {"microsoft", "order", "ordering", "orders", "page", "pages", "problem", "problems", "research"}
        | {"room", "rooms", "section", "sections", "self", "site", "state", "system", "test", "text", "value"}
        | {"web", "webpage", "website", "work", "world"}
    ),
}


_INITIAL: Final = Remembered(lambda sign: fold(sign)[:1])


class _Stemmers(threading.local):
    """Snowball's stemmers keep a buffer each: one set per thread."""

    def __init__(self) -> None:
        self._by_language = {"fr": Stemmer.Stemmer("french"), "en": Stemmer.Stemmer("english")}

    def of(self, language: Language) -> Stemmer.Stemmer:
        return self._by_language[language]


_STEMMERS = _Stemmers()


def _stemmers() -> _Stemmers:
    return _STEMMERS


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    full = LanguageIdentifier.from_model_file(MODEL_FILE)
    full.set_languages(list(LANGUAGES))
    # A copy with the two languages alone: the other 95 take 30 MB in every process.
    tables = (full.nb_ptc, full.nb_pc, full.nb_classes, full.tk_nextmove, full.tk_output)
    return LanguageIdentifier(*tables, tk_row=full.tk_row)
