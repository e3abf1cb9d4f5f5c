"""What the index is compared with: tantivy (Rust) and SQLite FTS5, on the same text; of the development extra."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import tantivy

from search.port import Document

_HEAP = 200_000_000  # bytes


class Rival(Protocol):
    """Another engine over the same texts."""

    most: int  # keyword requests that are asked of it
    briefs: int  # requests of a hundred words that are asked of it

    def fill(self, documents: Iterable[Document]) -> None:
        """Index all documents."""
        ...

    def search(self, text: str, limit: int) -> list[int]:
        """Return the ids of the best."""
        ...


class Tantivy:
    """One text field, tantivy's own tokenizer, one writing thread."""

    most, briefs = 1_000, 1_000

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        schema = tantivy.SchemaBuilder().add_unsigned_field("id", stored=True).add_text_field("text").build()
        self._index = tantivy.Index(schema, path=str(folder))

    def fill(self, documents: Iterable[Document]) -> None:
        """Index all documents into one segment, so that the comparison is with its best."""
        writer = self._index.writer(_HEAP, num_threads=1)
        for document in documents:
            writer.add_document(tantivy.Document(id=document.id, text=_text(document)))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, text: str, limit: int) -> list[int]:
        """Return the ids of the best by BM25; any of the words will do."""
        query = self._index.parse_query(text, ["text"])
        hits = self._searcher.search(query, limit).hits
        return [int(self._searcher.doc(address)["id"][0]) for _, address in hits]


class Fts5:
    """One column, SQLite's own tokenizer, no copy of the text."""

    most, briefs = 20, 4  # each takes a hundred times as long as elsewhere

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.execute("CREATE VIRTUAL TABLE offering USING fts5(text, content='')")

    def fill(self, documents: Iterable[Document]) -> None:
        """Index all documents and merge them into one segment."""
        rows = ((document.id, _text(document)) for document in documents)
        with self._database:
            self._database.executemany("INSERT INTO offering(rowid, text) VALUES (?, ?)", rows)
            self._database.execute("INSERT INTO offering(offering) VALUES ('optimize')")

    def search(self, text: str, limit: int) -> list[int]:
        """Return the ids of the best by BM25; any of the words will do."""
        asked = " OR ".join(f'"{word}"' for word in text.split())
        found = "SELECT rowid FROM offering WHERE offering MATCH ? ORDER BY rank LIMIT ?"
        with closing(self._database.execute(found, (asked, limit))) as rows:
            return [number for (number,) in rows]


def _text(document: Document) -> str:
    return f"{document.title}\n{document.topics}\n{document.body}"
