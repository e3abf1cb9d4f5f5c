"""The formula of search.snapshot twice more: in plain Python, and by stock Whoosh over the index that was written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from math import exp, inf, log
from pathlib import Path

from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex
from whoosh.query import Or, Term
from whoosh.scoring import BaseScorer, WeightingModel
from whoosh.util.numeric import byte_to_length, length_to_byte

from search.analysis import LANGUAGES, document_terms
from search.frame import K1, MEAN_STEP, TITLE_B, B
from search.lexicon import Lexicon
from search.port import Document
from search.request import Lookup, Request, Wanted, read_request
from search.schema import TEXT, TITLE

NONE = Lexicon()


def scores(documents: list[Document], text: str, lexicon: Lexicon = NONE) -> dict[int, float]:
    """The score of every document that matches, from the texts."""
    terms = {document.id: _counted(document) for document in documents}
    languages = {document.id: LANGUAGES.index(document.language) for document in documents}
    total: Counter[int] = Counter()
    caps: dict[tuple[tuple[str, ...], ...], float] = {}
    for wanted, lookup, weight in _lookups(text, lexicon):
        found: Counter[int] = Counter()
        for field, term, counts in lookup.terms:
            found.update({number: counts * score for number, score in _saturated(terms, field, term).items()})
        idf = _capped(caps, wanted, len(found), len(documents))
        total.update({at: idf * weight * score * lookup.languages[languages[at]] for at, score in found.items()})
    return {number: score for number, score in total.items() if score}


def whoosh_scores(root: Path, text: str, lexicon: Lexicon = NONE) -> dict[int, float]:
    """The same, with matching, counting, lengths and deletions by Whoosh's own searcher."""
    return whoosh_scores_of(root, _lookups(text, lexicon))


def mended_lookups(request: Request, wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, Lookup, float]]:
    """What is looked up when words were completed or put right."""
    for each in wanted:
        for lookup, weight in each.lookups(request.title):
            yield each, lookup, weight * each.weight * each.times


def whoosh_scores_of(root: Path, lookups: Iterable[tuple[Wanted, Lookup, float]]) -> dict[int, float]:
    """The scores of these words by Whoosh's own searcher."""
    index = FileIndex(FileStorage(str(root / (root / "current").read_text())), indexname="MAIN")
    total: Counter[int] = Counter()
    caps: dict[tuple[tuple[str, ...], ...], float] = {}
    with index.searcher(weighting=_Saturation()) as searcher:
        reader = searcher.reader()
        ids, languages = reader.column_reader("id"), reader.column_reader("language")
        for wanted, lookup, weight in lookups:
            query = Or([Term(field, term, boost=counts) for field, term, counts in lookup.terms])
            found = {hit.docnum: hit.score for hit in searcher.search(query, limit=None)}
            idf = _capped(caps, wanted, len(found), reader.doc_count())
            for at, score in found.items():
                total[int(ids[at])] += idf * weight * score * lookup.languages[languages[at]]
    return {number: score for number, score in total.items() if score}


def phrase_scores(documents: list[Document], counts: dict[int, int]) -> dict[int, float]:
    """What a phrase adds that stands so often in these documents."""
    terms = {document.id: _counted(document) for document in documents}
    lengths = {number: byte_to_length(length_to_byte(fields[TEXT].total())) for number, fields in terms.items()}
    mean = _rounded(sum(lengths.values()) / len(lengths))
    idf = log(1 + (len(documents) - len(counts) + 0.5) / (len(counts) + 0.5))
    return {number: idf * _saturation(count, lengths[number], mean, TEXT) for number, count in counts.items()}


def _lookups(text, lexicon):
    request = read_request(text, lexicon)
    yield from mended_lookups(request, request.wanted)


def _capped(caps, wanted, holders, size):
    """The idf, of a translation no more than that of the word itself, which comes first."""
    idf = log(1 + (size - holders + 0.5) / (holders + 0.5))
    return min(idf, caps.setdefault((wanted.written, wanted.stems), idf if holders else inf))


def _counted(document: Document) -> dict[str, Counter[str]]:
    return {field: Counter(terms) for field, terms in document_terms(document).items()}


def _saturated(terms: dict[int, dict[str, Counter[str]]], field: str, term: str) -> dict[int, float]:
    holders = {number: fields[field][term] for number, fields in terms.items() if fields[field][term]}
    # Whoosh keeps the length of a text in one byte.
    lengths = {number: byte_to_length(length_to_byte(fields[field].total())) for number, fields in terms.items()}
    mean = _rounded(sum(lengths.values()) / len(lengths))
    return {number: _saturation(count, lengths[number], mean, field) for number, count in holders.items()}


def _rounded(mean):
    """To one part in two hundred, as the formula has it."""
    return exp(round(log(max(mean, 1)) / MEAN_STEP) * MEAN_STEP)


def _saturation(count, length, mean, field):
    b = TITLE_B if field == TITLE else B
    return count * (K1 + 1) / (count + K1 * (1 - b + b * length / mean))


class _Saturation(WeightingModel):
    """What of BM25 depends on the document alone."""

    def scorer(self, searcher, fieldname, text, qf=1):
        everything = _lengths(searcher.get_parent().reader(), fieldname)  # the searcher may be one segment's
        mean = sum(everything.values()) / len(everything)
        return _Scorer(_lengths(searcher.reader(), fieldname), _rounded(mean), fieldname)


def _lengths(reader, field):
    return {number: reader.doc_field_length(number, field) or 0 for number in reader.all_doc_ids()}


class _Scorer(BaseScorer):
    def __init__(self, lengths, mean, field):
        self.lengths, self.mean, self.field = lengths, mean, field

    def supports_block_quality(self):
        return False

    def score(self, matcher):
        return _saturation(matcher.weight(), self.lengths[matcher.id()], self.mean, self.field)
