"""Segments written from arrays hold what the analysis says, and stock Whoosh reads them."""

import random
from collections import Counter

import pytest
from whoosh.filedb.filestore import FileStorage
from whoosh.index import FileIndex

from search import gathering, writing
from search.analysis import document_terms
from search.merging import LEVELS, TOGETHER, Size, to_merge
from search.port import Delete, Document, Upsert
from tests.search.conftest import MARKET
from tests.search.test_scoring import history

ODD = [
    Document(11, "en", "how to", "", "the of"),  # stop words only, which are kept then
    Document(12, "fr", "LA STRATÉGIE DE LA BANQUE", "IT", "l’IT n’est pas it"),
    Document(13, "fr", "", "", ""),
    Document(14, "en", "C++, Node.js; R&D.", "Équipe Team", "don't " * 300),
]


def held(folder):
    """What stock Whoosh reads in the index: per document and field, its terms and how often."""
    found = {}
    reader = FileIndex(FileStorage(str(folder / (folder / "current").read_text())), indexname="MAIN").reader()
    if not reader.doc_count_all():
        return found
    ids = reader.column_reader("id")
    for field, term in reader.all_terms():
        matcher = reader.postings(field, term)
        while matcher.is_active():
            if not reader.is_deleted(matcher.id()):
                found.setdefault((int(ids[matcher.id()]), field), Counter())[term.decode()] = int(matcher.weight())
            matcher.next()
    reader.close()
    return found


def expected(documents):
    terms = {(each.id, field): Counter(found) for each in documents for field, found in document_terms(each).items()}
    return {key: counts for key, counts in terms.items() if counts}


def test_stock_whoosh_reads_the_terms_that_the_analysis_names(index, folder):
    index.rebuild([*MARKET, *ODD], 1)
    assert held(folder) == expected([*MARKET, *ODD])


def test_so_it_does_when_batches_and_blocks_are_full(index, folder, monkeypatch):
    monkeypatch.setattr(gathering, "BATCH", 7)
    monkeypatch.setattr(writing, "BLOCK", 20)
    documents = history(random.Random(3), index, commits=5)
    assert held(folder) == expected(documents)


@pytest.mark.parametrize("seed", range(3))
def test_so_it_does_after_merges(index, folder, seed):
    documents = history(random.Random(seed), index, commits=15)
    assert held(folder) == expected(documents)


def test_what_is_deleted_down_to_the_last_leaves_no_segment(market, folder):
    market.apply([Delete(document.id) for document in MARKET], 5)
    assert held(folder) == {}
    assert market._snapshot().views == ()
    market.apply([Upsert(MARKET[0])], 6)
    assert held(folder) == expected(MARKET[:1])


TINY, SMALL, LARGE, GREAT = Size(50, 0), Size(400, 0), Size(50_000, 0), Size(250_000, 0)
ALL = list(range(TOGETHER))


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([], []),
        ([LARGE, TINY], []),
        ([TINY] * (TOGETHER - 1), []),
        ([TINY] * TOGETHER, ALL),
        ([*[SMALL] * TOGETHER, *[TINY] * TOGETHER], [place + TOGETHER for place in ALL]),
        ([*[SMALL] * TOGETHER, *[TINY] * 3], ALL),
        ([LARGE] * (TOGETHER - 1) + [GREAT], []),
        ([GREAT] * 20, []),
        ([TINY, Size(50_000, 25_001)], [1]),
        ([TINY, Size(50_000, 25_000)], []),
        ([Size(50, 49)], []),
    ],
)
def test_segments_of_one_size_are_merged_when_there_are_several_and_stale_ones_at_once(sizes, merged):
    assert to_merge(sizes) == merged


def test_ten_thousand_commits_leave_few_segments_and_write_each_document_few_times():
    sizes, written = [Size(100_000, 0)], 0
    for _ in range(10_000):
        sizes.append(Size(50, 0))
        written += 50
        while merged := to_merge(sizes):
            together = sum(sizes[place].living for place in merged)
            written += together
            sizes = [size for place, size in enumerate(sizes) if place not in merged] + [Size(together, 0)]
        assert len(sizes) <= (len(LEVELS) + 1) * TOGETHER
    assert written < 6 * 10_000 * 50
