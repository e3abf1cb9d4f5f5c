"""The figures of relevance, on a collection small enough to reckon by hand."""

import json

import pytest

from search import evaluate

TEXTS = {
    "chatbot": ("Déployer un chatbot", "Un assistant conversationnel pour une banque de détail."),
    "team": ("The first data team", "What to hire first, and which requests to refuse."),
    "audit": ("Préparer un audit", "Les preuves que le régulateur demande à une banque."),
}
QUERIES = {"q1": "assistant conversationnel", "q2": "banque régulateur preuves", "q3": "nobody judged this"}
QRELS = "query-id\tcorpus-id\tscore\nq1\tchatbot\t1\nq2\tchatbot\t1\n"


@pytest.fixture
def collection(tmp_path):
    """q1's one answer comes first, q2's comes second, q3 has no judgement."""
    folder = tmp_path / "collection"
    folder.mkdir()
    corpus = [{"_id": name, "title": title, "text": text} for name, (title, text) in TEXTS.items()]
    queries = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in corpus))
    (folder / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in queries))
    (folder / "qrels.tsv").write_text(QRELS)
    return folder


def figures_of(capsys, *arguments):
    evaluate.main([*map(str, arguments), "--json"])
    return json.loads(capsys.readouterr().out)


def test_the_figures_are_those_reckoned_by_hand(collection, capsys):
    figures = figures_of(capsys, "--collection", collection)
    assert figures["mrr@10"] == pytest.approx((1 + 1 / 2) / 2)
    assert figures["ndcg@10"] == pytest.approx((1 + 0.6309) / 2, abs=1e-4)  # 1 / log2(3)
    assert figures["recall@100"] == 1
    assert 0 < figures["ms_p50"] <= figures["ms_p95"]


def test_only_the_first_judged_queries_are_asked_when_that_is_wanted(collection, capsys):
    assert figures_of(capsys, "--collection", collection, "--queries", 1)["mrr@10"] == 1


def test_people_get_a_table(collection, capsys):
    evaluate.main(["--collection", str(collection)])
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["ndcg@10", "mrr@10", "recall@100", "ms_p50", "ms_p95"]


def test_documents_and_queries_are_read_as_they_stand(collection):
    read = evaluate.load(collection)
    assert read.names == tuple(TEXTS)
    assert [(document.id, document.language, document.title) for document in read.documents] == [
        (0, "fr", "Déployer un chatbot"),
        (1, "en", "The first data team"),
        (2, "fr", "Préparer un audit"),
    ]
    assert list(read.queries) == ["q1", "q2"]
