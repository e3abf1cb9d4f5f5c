"""The fields of the index, and the version of what stands in them."""

from __future__ import annotations

from typing import Final

from whoosh import columns, fields, formats

from search.analysis import document_terms
from search.port import Document

# Raise it when the fields or the analysis change: an index of another version asks to be rebuilt.
VERSION: Final = 1

ID: Final = "id"
HEAD: Final = "head"  # stems of title and topics
TEXT: Final = "text"  # stems of everything
EXACT: Final = "exact"  # every word as it is written, but for case and accents: technology names, spelling
GRAMS: Final = "grams"  # character 4-grams of title and topics
FIELDS: Final = (HEAD, TEXT, EXACT, GRAMS)
SCORED: Final = (TEXT, HEAD, EXACT)

NO_ID: Final = -1


def new_schema() -> fields.Schema:
    """Return the Whoosh schema; terms come in as lists, for the language differs from document to document."""
    schema = fields.Schema(**{ID: fields.COLUMN(columns.NumericColumn("q", default=NO_ID))})
    for name in FIELDS:
        schema.add(name, _terms())
    return schema


def row(document: Document) -> dict[str, object]:
    """Return what Whoosh stores of a document."""
    return {ID: document.id, **document_terms(document)}


def _terms() -> fields.FieldType:
    # Positions would double the index and nothing asks for phrases yet.
    field = fields.TEXT(phrase=False, stored=False, spelling=False)
    field.format = formats.Frequency()
    return field
