"""The fields of the index, and the version of what stands in them."""

from __future__ import annotations

from typing import Final

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec

# Raise it when the fields or the analysis change: an index of another version asks to be rebuilt.
VERSION: Final = 4

ID: Final = "id"
LANGUAGE: Final = "language"  # its place in LANGUAGES
TITLE: Final = "title"  # stems
TOPICS: Final = "topics"  # stems of the labels in both languages
TEXT: Final = "text"  # stems of everything
EXACT: Final = "exact"  # every word as it is written, but for case and accents: technology names, spelling
GRAMS: Final = "grams"  # character 4-grams of title and topics
FIELDS: Final = (TITLE, TOPICS, TEXT, EXACT, GRAMS)
SCORED: Final = (TEXT, TITLE, TOPICS, EXACT)
PREFIXES: Final = {
    name: number.to_bytes(2) for number, name in enumerate(FIELDS)
}  # of a field's keys in Whoosh's table

# Not of Whoosh's fields: columns with the words of every document in their order, see search.phrases.
ORDER: Final = "_order"
ORDERED: Final = "_ordered"  # how many words of a document stand there
PHRASE: Final = "phrase"

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


class Terms(fields.FieldType):  # type: ignore[misc]  # Whoosh has no types
    """A field whose terms are ready: Whoosh's own analysis knows one language and takes many times as long."""

    indexed = True
    stored = False
    scorable = True  # keep the length

    def __init__(self) -> None:
        # The postings' weights hold the counts, and the order of words stands in a column: nothing beside them.
        self.format = formats.Existence()
        self.analyzer = None
