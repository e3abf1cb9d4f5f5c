"""The bench builds the same market each time and prints the figures that were promised."""

import json

import pytest

from search import bench, updates
from search.corpus import LONGEST, SHORTEST, Corpus
from search.rivals import Fts5, Tantivy


@pytest.fixture(scope="module")
def corpus():
    return Corpus(60)


def test_the_corpus_is_the_same_each_time(corpus):
    assert list(corpus.documents()) == list(Corpus(60).documents())
    assert corpus.briefs(3) == Corpus(9).briefs(3)


def test_offerings_are_as_long_as_real_ones_and_in_both_languages(corpus):
    documents = list(corpus.documents())
    assert [document.id for document in documents] == list(range(1, 61))
    assert {document.language for document in documents} == {"fr", "en"}
    lengths = [len(f"{document.title} {document.body}".split()) for document in documents]
    assert SHORTEST <= min(lengths) < max(lengths) <= LONGEST


def test_requests_have_two_or_three_words_or_a_hundred(corpus):
    assert [len(text.split()) for text in corpus.keywords(4)] == [2, 3, 2, 3]
    assert [len(text.split()) for text in corpus.briefs(2)] == [100, 100]


@pytest.mark.parametrize("rival", [Tantivy, Fts5])
def test_each_rival_finds_the_text_itself(corpus, rival, tmp_path):
    index = rival(tmp_path / "rival")
    index.fill(corpus.documents())
    for document in list(corpus.documents())[:5]:
        assert index.search(document.body, 3)[0] == document.id


def test_the_figures_have_the_promised_names(capsys):
    bench.main(["--documents", "60", "--requests", "3", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {"documents", "ours", "tantivy", "fts5", "index_per_s", "visible_s", "memory_mb"}
    assert set(figures["ours"]) == {"keyword", "filtered", "brief", "brief_cold"}
    assert set(figures["tantivy"]) == set(figures["fts5"]) == {"keyword", "brief"}
    assert all(
        0 < each["p50"] <= each["p95"] for engine in ("ours", "tantivy", "fts5") for each in figures[engine].values()
    )
    assert figures["documents"] == 60
    assert figures["index_per_s"] > 0
    assert 0 < figures["visible_s"] < 5


def test_a_busy_writer_beside_the_readers_is_measured(capsys):
    bench.main(["--documents", "60", "--requests", "3", "--updates", "0.3", "--json"])
    figures = json.loads(capsys.readouterr().out)["updates"]
    slower = {"slower_than_alone", "slower_than_elsewhere"}
    assert set(figures) == {"per_s", "commit_s", "grown_mb", "alone", "elsewhere", "meanwhile"} | slower
    assert set(figures["meanwhile"]["brief"]) == {"p50", "p95", "mean", "cpu"}
    assert figures["per_s"] >= updates.UPDATES
    assert figures["commit_s"]["most"] > 0


def test_people_get_a_table(monkeypatch, capsys):
    spread = {"p50": 1.0, "p95": 2.0}
    found = {"ours": {"brief": spread}, "tantivy": {"brief": spread}, "fts5": {"brief": spread}}
    rest = {"documents": 9, "index_per_s": 300.0, "visible_s": 0.1, "memory_mb": 50.0}
    monkeypatch.setattr(bench, "measure", lambda *_: {**found, **rest})
    bench.main([])
    assert "tantivy  brief" in capsys.readouterr().out
