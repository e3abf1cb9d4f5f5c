"""The terms of many documents at once: words are read once each, postings are counted and sorted as arrays.

Whoosh's own way (one tuple per posting, sorted in Python) indexes a hundred documents a second; this one thousands.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.util.numeric import byte_to_length

from search.analysis import LANGUAGES, Reading, Remembered, readings, stretches
from search.arrays import FieldPostings
from search.phrases import BREAK, mark
from search.port import Document, Language
from search.schema import EXACT, FIELDS, GRAMS, TEXT, TITLE, TOPICS

BATCH: Final = 5_000  # documents whose words are counted together
MOST_STRETCHES: Final = 1_000_000  # to number in one segment
MOST_READINGS: Final = 50_000  # to remember beyond it
MOST: Final = 65_535  # times that a document can hold a term

Ints = NDArray[np.int64]
LENGTHS: Final = np.array([byte_to_length(code) for code in range(256)])

_STEMS, _SPELLINGS, _GRAMS, _MARKS = range(4)
# Which parts of a document stand in a field, and in which of a word's three forms.
_TITLE, _TOPICS, _BODY = range(3)
_STANDS: Final = {
    TEXT: (_STEMS, (_TITLE, _TOPICS, _BODY)),
    TITLE: (_STEMS, (_TITLE,)),
    TOPICS: (_STEMS, (_TOPICS,)),
    EXACT: (_SPELLINGS, (_TITLE, _TOPICS, _BODY)),
    GRAMS: (_GRAMS, (_TITLE, _TOPICS)),
}


class Counted(NamedTuple):
    """Postings, those of one term together: the number of the term, of the document, and how often."""

    terms: NDArray[np.int32]
    documents: NDArray[np.int32]
    counts: NDArray[np.uint16]


class Term(NamedTuple):
    """A term of a field: its documents, ascending, how often each holds it, the most of these and their sum."""

    name: bytes
    documents: NDArray[np.int32]
    counts: NDArray[np.uint16]
    first: int  # of the documents
    last: int
    most: int
    together: int


class Gathering:
    """Everything that one segment will hold."""

    def __init__(self) -> None:
        self.ids: list[Ints] = []
        self.languages: list[NDArray[np.uint8]] = []
        self.lengths: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in FIELDS}  # in Whoosh's one byte
        self.order: list[NDArray[np.uint32]] = []  # the marks of all words, document after document
        self.ordered: list[NDArray[np.uint32]] = []  # how many of them are a document's
        self.size = 0
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in FIELDS}
        self._forms = _Forms(self._numbers)
        self._chunks: dict[str, list[Counted]] = {name: [] for name in FIELDS}
        self._begin_batch()

    def add(self, document: Document) -> None:
        """Take a document in."""
        parts = (
            self._forms.of(document.title, (document.language,), has_grams=True),
            self._forms.of(document.topics, LANGUAGES, has_grams=True),
            self._forms.of(document.body, (document.language,), has_grams=False),
        )
        for (words, lengths), part in zip(self._batch, parts, strict=True):
            words.extend(part)
            lengths.append(len(part))
        self._batch_ids.append(document.id)
        self._batch_languages.append(LANGUAGES.index(document.language))
        self.size += 1
        if len(self._batch_ids) == BATCH:
            self._count_batch()

    def add_counted(
        self,
        ids: Ints,
        languages: NDArray[np.uint8],
        lengths: dict[str, NDArray[np.uint8]],
        order: tuple[NDArray[np.uint32], NDArray[np.uint32]],
        fields: Iterable[tuple[str, FieldPostings]],
        alive: NDArray[np.bool_],
        numbers: NDArray[np.int32],
    ) -> None:
        """Take the living documents of another segment in, which has them counted; `numbers` are their new ones."""
        self._count_batch()
        for field, found in fields:
            known = self._numbers[field]
            terms = [known.setdefault(term, len(known)) for term in found.terms]
            kept = alive[found.documents]
            self._chunks[field].append(
                Counted(
                    np.repeat(np.array(terms, np.int32), found.sizes)[kept],
                    numbers[found.documents[kept]] + np.int32(self.size),
                    found.counts[kept],
                )
            )
        for field in FIELDS:
            self.lengths[field].append(lengths[field])
        self.ids.append(ids)
        self.languages.append(languages)
        self.order.append(order[0])
        self.ordered.append(order[1])
        self.size += len(ids)

    def finish(self) -> None:
        """Count what is left; nothing can be added to it afterwards without another finish()."""
        self._count_batch()

    def postings(self, field: str) -> Iterator[Term]:
        """Yield every term of a field in the order of its bytes."""
        names = [term.encode() for term in self._numbers[field]]
        if not names or not self._chunks[field]:
            return
        starts, documents, counts = _by_term(self._chunks[field], len(names))
        present = np.flatnonzero(np.diff(starts))
        firsts = starts[present]
        most = np.maximum.reduceat(counts, firsts).tolist() if len(present) else []
        together = np.add.reduceat(counts, firsts, dtype=np.int64).tolist() if len(present) else []
        where = dict(zip((names[number] for number in present.tolist()), range(len(present)), strict=True))
        begin, last = documents[firsts].tolist(), documents[starts[present + 1] - 1].tolist()
        bounds = [*firsts.tolist(), int(starts[-1])]
        for name in sorted(where):
            at = where[name]
            first, end = bounds[at], bounds[at + 1]
            here = slice(first, end)
            yield Term(name, documents[here], counts[here], begin[at], last[at], most[at], together[at])

    def _begin_batch(self) -> None:
        self._batch = tuple((array("I"), array("I")) for _ in range(3))
        self._batch_ids = array("q")
        self._batch_languages = array("B")

    def _count_batch(self) -> None:
        if not self._batch_ids:
            return
        first = self.size - len(self._batch_ids)
        for field, (form, parts) in _STANDS.items():
            terms, documents = self._spread(form, parts)
            self._chunks[field].append(_counted(terms, documents, first))
            lengths = np.bincount(documents, minlength=len(self._batch_ids))
            self.lengths[field].append(np.searchsorted(LENGTHS, lengths).clip(max=255).astype(np.uint8))
        self.ids.append(np.array(self._batch_ids, np.int64))
        self.languages.append(np.array(self._batch_languages, np.uint8))
        self._keep_order()
        self._begin_batch()

    def _keep_order(self) -> None:
        """Lay the words of each document's parts end to end, a break between two parts."""
        count = len(self._batch_ids)
        marks, owners = [], []
        for part in (_TITLE, _TOPICS, _BODY):
            found, stands_in = self._spread(_MARKS, (part,))
            marks += [found, np.full(count, BREAK)]
            owners += [stands_in, np.arange(count)]
        together = np.concatenate(owners)
        self.order.append(
            np.concatenate(marks)[np.argsort(together.astype(np.uint16), kind="stable")].astype(np.uint32)
        )
        self.ordered.append(np.bincount(together, minlength=count).astype(np.uint32))

    def _spread(self, form: int, parts: Sequence[int]) -> tuple[Ints, Ints]:
        """Return the terms that stand in some parts of the batch's documents, and in which document each stands."""
        starts, terms = self._forms.table(form)
        words = np.concatenate([np.array(self._batch[part][0], np.int64) for part in parts])
        owners = np.concatenate(
            [np.repeat(np.arange(len(self._batch_ids)), np.array(self._batch[part][1], np.int64)) for part in parts]
        )
        sizes = starts[words + 1] - starts[words]
        before = np.cumsum(sizes) - sizes
        places = np.arange(int(sizes.sum())) + np.repeat(starts[words] - before, sizes)
        return terms[places], np.repeat(owners, sizes)


class _Forms:
    """Every stretch of text that was met, by a number of its own, and the numbers of the terms it stands for."""

    def __init__(self, numbers: dict[str, dict[str, int]]) -> None:
        stems = numbers[TEXT]
        numbers[TITLE] = numbers[TOPICS] = stems  # the same words: one numbering for the three
        self._numberings = (stems, numbers[EXACT], numbers[GRAMS])
        self._found: tuple[list[tuple[int, ...]], ...] = ([], [], [], [])
        self._empty: set[int] = set()
        self._known: dict[tuple[tuple[Language, ...], bool, bool, bool], Remembered[int]] = {}

    def of(self, text: str, languages: tuple[Language, ...], has_grams: bool) -> list[int]:
        """Return the numbers of a text's stretches; without grams where they stand in no field."""
        shouting = text.isupper()
        met = stretches(text)
        found = list(map(self._in(languages, shouting, has_grams, False).__getitem__, met))
        if self._empty.issuperset(found):
            return list(map(self._in(languages, shouting, has_grams, True).__getitem__, met))
        return found

    def table(self, form: int) -> tuple[Ints, Ints]:
        """Return where the terms of each stretch start, and all terms end to end."""
        found = self._found[form]
        starts = np.zeros(len(found) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, found), np.int64, len(found)), out=starts[1:])
        terms = np.fromiter((term for each in found for term in each), np.int64, int(starts[-1]))
        return starts, terms

    def _in(
        self, languages: tuple[Language, ...], shouting: bool, has_grams: bool, keeps_stop_words: bool
    ) -> Remembered[int]:
        key = languages, shouting, has_grams, keeps_stop_words
        if key not in self._known:
            read = _readings(languages, shouting)
            self._known[key] = Remembered(
                lambda stretch: self._new(read[stretch], has_grams, keeps_stop_words), MOST_STRETCHES
            )
        return self._known[key]

    def _new(self, words: Sequence[tuple[Reading, bool]], has_grams: bool, keeps_stop_words: bool) -> int:
        kept = [word for word, is_stop_word in words if keeps_stop_words or not is_stop_word]
        number = len(self._found[0])
        if not kept:
            self._empty.add(number)
        forms = (
            [stem for word in kept for stem in word.stems],
            [spelling for word in kept for spelling in word.spellings],
            [gram for word in kept for gram in word.grams] if has_grams else [],
        )
        for found, numbering, terms in zip(self._found, self._numberings, forms, strict=False):
            found.append(tuple(numbering.setdefault(term, len(numbering)) for term in terms))
        # A phrase is what stands there, stop words included.
        self._found[_MARKS].append(tuple(mark(word.spellings[0]) for word, _ in words))
        return number


@lru_cache(maxsize=8)
def _readings(languages: tuple[Language, ...], shouting: bool) -> Remembered[list[tuple[Reading, bool]]]:
    """Remember readings from one commit to the next."""
    return Remembered(lambda stretch: readings(stretch, languages, shouting), MOST_READINGS)


def _counted(terms: Ints, documents: Ints, first: int) -> Counted:
    """Count equal pairs; `first` is the number of the batch's first document."""
    keys = np.sort(terms * BATCH + documents)
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(starts, append=len(keys))
    terms, documents = np.divmod(keys[starts], BATCH)
    return Counted(
        terms.astype(np.int32), (documents + first).astype(np.int32), np.minimum(counts, MOST).astype(np.uint16)
    )


def _by_term(chunks: list[Counted], size: int) -> tuple[Ints, NDArray[np.int32], NDArray[np.uint16]]:
    """Lay the chunks together: where each term starts, then documents and counts in the order of the terms."""
    sizes = sum(np.bincount(chunk.terms, minlength=size) for chunk in chunks)
    starts = np.zeros(size + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    documents = np.empty(int(starts[-1]), np.int32)
    counts = np.empty(int(starts[-1]), np.uint16)
    at = starts[:-1].copy()
    for chunk in chunks:
        begins = np.flatnonzero(np.diff(chunk.terms, prepend=-1))
        lengths = np.diff(begins, append=len(chunk.terms))
        heads = chunk.terms[begins]
        places = np.arange(len(chunk.terms)) + np.repeat(at[heads] - begins, lengths)
        documents[places], counts[places] = chunk.documents, chunk.counts
        at[heads] += lengths
    return starts, documents, counts
