"""Which stretches of a text a request matched."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from search.analysis import LANGUAGES, Word, detect, read
from search.lexicon import Lexicon
from search.port import Piece


def pieces(text: str, query: str, lexicon: Lexicon) -> tuple[Piece, ...]:
    """Cut a text into pieces, marked where a word of the query occurs in any of its forms or in translation."""
    text = unicodedata.normalize("NFC", text)
    sought = {form for word in read(query, LANGUAGES) for form in _forms(word)} | _translations(query, lexicon)
    matched = [word for word in read(text, LANGUAGES) if sought.intersection(_forms(word))]
    return tuple(piece for piece in _cut(text, matched) if piece.text)


def _translations(query: str, lexicon: Lexicon) -> set[str]:
    language = detect(query)
    stems = (stem for word in read(query, (language,)) for stem in word.stems)
    return {each.stem for stem in stems for each in lexicon.translations(stem, language)}


def _forms(word: Word) -> tuple[str, ...]:
    return word.key, *word.stems


def _cut(text: str, matched: list[Word]) -> Iterator[Piece]:
    at = 0
    for word in matched:
        if word.start < at:
            continue  # js, within Node.js which is marked already
        yield Piece(text[at : word.start], is_match=False)
        yield Piece(text[word.start : word.end], is_match=True)
        at = word.end
    yield Piece(text[at:], is_match=False)
