"""BM25 in plain Python, written from its formula: what the arrays must agree with."""

from collections import Counter
from math import log

from whoosh.util.numeric import byte_to_length, length_to_byte

from search.analysis import document_terms
from search.lexicon import Lexicon
from search.port import Document
from search.ranking import read_request, scored_terms, translated
from search.schema import TITLE
from search.snapshot import K1, TITLE_B, B

NONE = Lexicon()


def scores(documents: list[Document], text: str, lexicon: Lexicon = NONE) -> dict[int, float]:
    """The score of every document that matches."""
    terms = {document.id: _counted(document) for document in documents}
    languages = {document.id: document.language for document in documents}
    total: Counter[int] = Counter()
    for field, term, weight, language in scored_terms(translated(lexicon, read_request(text)).wanted):
        found = _bm25(terms, field, term)
        read = {number: score for number, score in found.items() if language in (None, languages[number])}
        total.update({number: weight * score for number, score in read.items()})
    return dict(total)


def _counted(document: Document) -> dict[str, Counter[str]]:
    return {field: Counter(terms) for field, terms in document_terms(document).items()}


def _bm25(terms: dict[int, dict[str, Counter[str]]], field: str, term: str) -> dict[int, float]:
    counts = {number: fields[field][term] for number, fields in terms.items()}
    holders = {number: count for number, count in counts.items() if count}
    # Whoosh keeps the length of a text in one byte.
    lengths = {number: byte_to_length(length_to_byte(fields[field].total())) for number, fields in terms.items()}
    mean = sum(lengths.values()) / len(lengths)
    b = TITLE_B if field == TITLE else B
    idf = log(1 + (len(terms) - len(holders) + 0.5) / (len(holders) + 0.5))
    return {
        number: idf * count * (K1 + 1) / (count + K1 * (1 - b + b * lengths[number] / mean))
        for number, count in holders.items()
    }
