"""What a caller may ask of a search index, and the values that cross the border."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Language = Literal["fr", "en"]
Ids = Collection[int] | NDArray[np.int64]
Label = tuple[str, str]  # the same in French and in English


class SearchIndex(Protocol):
    """A full-text index: one process writes, any number of processes and threads read."""

    @property
    def reads_meaning(self) -> bool:
        """Whether a language model has a say beside the words."""
        ...

    def search(self, text: str, limit: int, allowed: Ids | None = None) -> Result:
        """Find the documents that fit a few words or a whole request, best first.

        `allowed` holds the ids that passed the caller's own filters; None lets every document through.
        Raises IndexUnusableError.
        """
        ...

    def score(self, text: str, ids: NDArray[np.int64]) -> Scores:
        """Score the caller's documents, in the caller's own order: the base of its filters, counts and ranking.

        `ids` must be an array that nobody changes: it is laid over the index once per commit, not once per request.
        Raises IndexUnusableError.
        """
        ...

    def highlight(self, text: str, query: str) -> tuple[Piece, ...]:
        """Cut `text` into pieces, marked where a word of `query` occurs in any of its forms.

        The pieces joined are `text` again, unescaped: escaping stays with the template.
        """
        ...

    def learn(self, source: str, labels: Iterable[Label]) -> int:
        """Learn which words mean the same, so that a request finds texts in the other language.

        The labels take the place of what the same source taught before; nothing is done when they are the same.
        Returns how many words are known now, from all sources. Raises IndexBusyError.
        """
        ...

    def follow(self) -> None:
        """Take commits in beside the readers of this process from now on: seen soon, they keep nobody waiting.

        To be called in the process that reads, after it was forked.
        """
        ...

    def warm(self) -> None:
        """Load what the first search would wait for; about half a second. A missing index is no error here."""
        ...

    def generation(self) -> int:
        """Return a number that grows with every commit; about 0.1 ms. Raises IndexUnusableError."""
        ...

    def sequence(self) -> int:
        """Return the last applied number of the caller's change log, 0 for an empty index.

        Ask before every batch rather than remember it: a rebuild may set it back. Raises IndexUnusableError.
        """
        ...

    def apply(self, changes: Sequence[Change], sequence: int, after: int | None = None) -> None:
        """Write the changes and their sequence number in one commit; replaying them changes nothing.

        `after` is the sequence number the changes follow on; when the index is elsewhere by now (it was
        rebuilt in between) nothing is written.
        Raises SequenceMovedError, IndexBusyError or IndexUnusableError.
        """
        ...

    def tend(self) -> int:
        """Merge segments that are due, beside readers and commits; returns how many, 0 when all is well.

        Call it again until it returns 0, in a thread of its own: it takes seconds where the index is large.
        Another process that merges is no error. Raises IndexUnusableError.
        """
        ...

    def rebuild(self, documents: Iterable[Document], sequence: int) -> None:
        """Build the index anew beside the old one and switch; readers and the writer go on meanwhile.

        `sequence` must be read from the change log before the documents are. Works on a damaged index too.
        Raises IndexBusyError while another rebuild runs.
        """
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A text to be found; facets, prices and availability stay with the caller."""

    id: int
    language: Language  # of the text
    title: str
    topics: str  # the labels in every language, joined
    body: str


@dataclass(frozen=True, slots=True)
class Upsert:
    """Put this document in place of any earlier one with its id."""

    document: Document


@dataclass(frozen=True, slots=True)
class Delete:
    """Forget the document with this id, if there is one."""

    id: int


Change = Upsert | Delete


class Reasons(Protocol):
    """By place of a hit in its result: the words that matched, and the share of the request they make up."""

    def __getitem__(self, place: int) -> tuple[tuple[str, ...], float]: ...


class Hit(NamedTuple):
    """A document found."""

    id: int
    score: float  # greater than 0; comparable within one result only
    reasons: Reasons
    place: int

    @property
    def words(self) -> tuple[str, ...]:
        """The request's words that matched, as they were written, in their order; looked up when first read."""
        return self.reasons[self.place][0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hit) and self.told == other.told

    def __hash__(self) -> int:
        return hash((self.id, self.score))

    @property
    def told(self) -> tuple[int, float, tuple[str, ...], float]:
        """Everything that is said of it, as values."""
        return self.id, self.score, self.words, self.share

    @property
    def share(self) -> float:
        """The share of what the request says, by the rarity of its words: 1 when every word was found."""
        return self.reasons[self.place][1]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one request."""

    hits: tuple[Hit, ...]  # best first
    total: int  # documents that matched, beyond the limit too
    suggestion: str | None  # the request with its unknown words put right, when that helps
    language: Language  # that the request was read in


class Scores(Protocol):
    """What one request says of every one of the caller's documents; arrays have their places in the caller's order."""

    values: NDArray[np.float32]  # 0 where nothing matched and where the index does not know the id
    suggestion: str | None
    language: Language

    def shares(self) -> NDArray[np.float32]:
        """Return how much of the request each document holds, by the rarity of its words; reckoned when asked for."""
        ...

    def hits(self, places: Sequence[int]) -> tuple[Hit, ...]:
        """Return, for the few places that are shown, the words that matched there."""
        ...


class Piece(NamedTuple):
    """A stretch of a text, and whether it matched."""

    text: str
    is_match: bool


class SearchError(Exception):
    """The index could not do what was asked."""

    code = "search_failed"


class IndexUnusableError(SearchError):
    """The index is missing, damaged or of another version: it must be rebuilt."""

    code = "index_unusable"


class IndexBusyError(SearchError):
    """Another process is writing; try again later."""

    code = "index_busy"


class SequenceMovedError(SearchError):
    """The index no longer stands where the changes begin; ask sequence() and read the log from there."""

    code = "sequence_moved"
