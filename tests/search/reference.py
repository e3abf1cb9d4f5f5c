"""The formula of search.snapshot twice more: in plain Python, and by stock Whoosh over the index that was written."""

from collections import Counter
from collections.abc import Callable, Iterable
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
from search.request import FEW_WORDS, Lookup, Request, Wanted, read_request
from search.schema import TEXT, TITLE
from search.together import TOGETHER

NONE = Lexicon()


def scores(documents: list[Document], text: str, lexicon: Lexicon = NONE) -> dict[int, float]:
    """The score of every document that matches, from the texts."""
    terms = {document.id: _counted(document) for document in documents}
    languages = {document.id: LANGUAGES.index(document.language) for document in documents}

    def find(lookup: Lookup) -> dict[int, float]:
        found: Counter[int] = Counter()
        for field, term, counts in lookup.terms:
            found.update({number: counts * score for number, score in _saturated(terms, field, term).items()})
        return found

    request = read_request(text, lexicon)
    return _summed(request, request.wanted, find, languages)


def whoosh_scores(root: Path, text: str, lexicon: Lexicon = NONE) -> dict[int, float]:
    """The same, with matching, counting, lengths and deletions by Whoosh's own searcher."""
    request = read_request(text, lexicon)
    return whoosh_scores_of(root, request, request.wanted)


def whoosh_scores_of(root: Path, request: Request, wanted: Iterable[Wanted]) -> dict[int, float]:
    """The scores by Whoosh's own searcher of what is looked up for a request: words completed or put right, perhaps."""
    index = FileIndex(FileStorage(str(root / (root / "current").read_text())), indexname="MAIN")
    with index.searcher(weighting=_Saturation()) as searcher:
        reader = searcher.reader()
        ids, languages = reader.column_reader("id"), reader.column_reader("language")

        def find(lookup: Lookup) -> dict[int, float]:
            query = Or([Term(field, term, boost=counts) for field, term, counts in lookup.terms])
            return {int(ids[hit.docnum]): hit.score for hit in searcher.search(query, limit=None)}

        living = {int(ids[at]): languages[at] for at in reader.all_doc_ids()}
        return _summed(request, wanted, find, living)


def _summed(
    request: Request, wanted: Iterable[Wanted], find: Callable[[Lookup], dict[int, float]], languages: dict[int, int]
) -> dict[int, float]:
    """What all words add, and less where a text lacks one of a few; `languages` has every living document."""
    total: Counter[int] = Counter()
    held: Counter[int] = Counter()
    asked = {id(each): _weight(each, 0, len(languages)) for each in request.wanted}
    for each in wanted:
        holders: set[int] = set()
        counts, own = [], inf
        for lookup, weight in each.lookups(request.title):
            found = find(lookup)
            counts.append(len(found))
            # A translation says no more than the word itself, which comes first.
            idf = min(_idf(len(found), len(languages)), own)
            own = min(own, idf if found else inf)
            for at, score in found.items():
                if counted := lookup.languages[languages[at]]:
                    total[at] += idf * weight * each.weight * each.times * score * counted
                    holders.add(at)
        weighs = _weight(each, max(counts[:2]), len(languages))
        held.update(dict.fromkeys(holders, weighs))
        if id(each) in asked:
            asked[id(each)] = weighs
    if 1 < len(request.wanted) <= FEW_WORDS:
        whole = sum(asked.values())
        return {at: score * (1 - TOGETHER + TOGETHER * min(1, held[at] / whole)) for at, score in total.items()}
    return dict(total)


def _weight(wanted: Wanted, holders: int, size: int) -> float:
    return wanted.weight * (1 + log(wanted.times)) * _idf(holders, size)


def _idf(holders: int, size: int) -> float:
    return log(1 + (size - holders + 0.5) / (holders + 0.5))


def phrase_scores(documents: list[Document], counts: dict[int, int]) -> dict[int, float]:
    """What a phrase adds that stands so often in these documents."""
    terms = {document.id: _counted(document) for document in documents}
    lengths = {number: byte_to_length(length_to_byte(fields[TEXT].total())) for number, fields in terms.items()}
    mean = _rounded(sum(lengths.values()) / len(lengths))
    idf = _idf(len(counts), len(documents))
    return {number: idf * _saturation(count, lengths[number], mean, TEXT) for number, count in counts.items()}


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
