"""The fields of the index, and the version of what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec

from search.analysis import LANGUAGES, document_terms
from search.port import Document

# Raise it when the fields or the analysis change: an index of another version asks to be rebuilt.
VERSION: Final = 2

ID: Final = "id"
LANGUAGE: Final = "language"  # its place in LANGUAGES
TITLE: Final = "title"  # stems
TOPICS: Final = "topics"  # stems of the labels in both languages
TEXT: Final = "text"  # stems of everything
EXACT: Final = "exact"  # every word as it is written, but for case and accents: technology names, spelling
GRAMS: Final = "grams"  # character 4-grams of title and topics
FIELDS: Final = (TITLE, TOPICS, TEXT, EXACT, GRAMS)
SCORED: Final = (TEXT, TITLE, TOPICS, EXACT)

NO_ID: Final = -1


def new_schema() -> fields.Schema:
    """Return the Whoosh schema; terms come in as lists, for the language differs from document to document."""
    schema = fields.Schema(
        **{
            ID: fields.COLUMN(columns.NumericColumn("q", default=NO_ID)),
            LANGUAGE: fields.COLUMN(columns.NumericColumn("B", default=0)),
        }
    )
    for name in FIELDS:
        schema.add(name, Terms())
    return schema


def new_codec() -> W3Codec:
    """Return Whoosh's codec without what the arrays do not need.

    Compression halves the files and doubles the time to read a term for the first time; lengths per block serve
    to skip blocks, which the arrays never do.
    """
    codec = W3Codec(compression=0)
    codec.length_stats = False
    return codec


def row(document: Document) -> dict[str, object]:
    """Return what Whoosh stores of a document."""
    return {ID: document.id, LANGUAGE: LANGUAGES.index(document.language), **document_terms(document)}


class Terms(fields.FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field whose terms are ready; Whoosh's own analysis costs three times as long and knows one language."""

    indexed = True
    stored = False
    scorable = True  # keep the length

    def __init__(self) -> None:
        # The postings' weights hold the counts, so nothing need be stored beside them; nobody asks for phrases.
        self.format = formats.Existence()
        self.analyzer = None

    def index(self, value: Sequence[str], **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield the term, its count, its weight and its (empty) extra."""
        for term, count in Counter(value).items():
            yield term.encode(), count, float(count), b""
