"""Which stretches of a text a request matched."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from search.analysis import LANGUAGES, Word, detect, read, words_with
from search.lexicon import Lexicon
from search.port import Piece


def pieces(text: str, query: str, lexicon: Lexicon) -> tuple[Piece, ...]:
    """Cut a text into pieces, marked where a word of the query occurs in any of its forms or in translation."""
    text = unicodedata.normalize("NFC", text)
    matched = words_with(text, LANGUAGES, _sought(query, lexicon))
    return tuple(piece for piece in _cut(text, matched) if piece.text)


@lru_cache(maxsize=32)
def _sought(query: str, lexicon: Lexicon) -> frozenset[str]:
    """All forms and translations of the query's words: the same for every text of a page."""
    forms = ((word.key, *word.stems) for word in read(query, LANGUAGES))
    return frozenset(_translations(query, lexicon)).union(*forms)


def _translations(query: str, lexicon: Lexicon) -> set[str]:
    language = detect(query)
    stems = (stem for word in read(query, (language,)) for stem in word.stems)
    return {each.stem for stem in stems for each in lexicon.translations(stem, language)}


def _cut(text: str, matched: list[Word]) -> Iterator[Piece]:
    at = 0
    for word in matched:
        if word.start < at:
            continue  # js, within Node.js which is marked already
        yield Piece(text[at : word.start], is_match=False)
        yield Piece(text[word.start : word.end], is_match=True)
        at = word.end
    yield Piece(text[at:], is_match=False)
