"""What an index makes of labels in two languages: a request finds texts in the other one."""

import subprocess
import sys

import pytest

from search.analysis import LANGUAGES
from search.lexicon import learn
from search.port import Document, IndexBusyError, Upsert
from search.whoosh_index import open_index
from tests.search import reference
from tests.search.conftest import ids

LABELS = [("tarification", "pricing"), ("négociation", "negotiation"), ("chef de cuisine", "kitchen chef")]
PRICING = Document(1, "en", "Pricing that lasts", "", "How a pricing model survives its third year, without theatre.")
KITCHEN = Document(2, "en", "Run a kitchen", "", "The chef decides.")
TARIFS = Document(3, "fr", "Négociation des tarifs", "", "Tarification et négociation, ligne par ligne.")


@pytest.fixture
def bilingual(index):
    index.apply([Upsert(PRICING), Upsert(KITCHEN), Upsert(TARIFS)], 1)
    index.learn("topics", LABELS)
    return index


def test_a_french_request_finds_an_english_text_only_after_learning(index):
    index.apply([Upsert(PRICING)], 1)
    assert ids(index, "une tarification") == []
    index.learn("topics", LABELS)
    assert ids(index, "une tarification") == [1]


def test_an_english_request_finds_a_french_text(bilingual):
    assert ids(bilingual, "the negotiations") == [3]


def test_a_translated_hit_names_the_word_that_was_written(bilingual):
    hits = {hit.id: hit.words for hit in bilingual.search("une Tarification", 5).hits}
    assert hits == {3: ("Tarification",), 1: ("Tarification",)}


def test_a_translated_word_counts_as_held(bilingual):
    assert {hit.share for hit in bilingual.search("une tarification", 5).hits} == {1.0}


def test_a_translated_word_is_not_corrected(bilingual):
    assert bilingual.search("une tarification", 5).suggestion is None


def test_translations_are_highlighted(bilingual):
    assert ("Pricing", True) in bilingual.highlight("Pricing that lasts", "une tarification")


def test_scores_with_translations_equal_the_formula(bilingual):
    documents, request = [PRICING, KITCHEN, TARIFS], "négociation de la tarification avec un chef de cuisine"
    found = {hit.id: hit.score for hit in bilingual.search(request, 10).hits}
    assert found == pytest.approx(reference.scores(documents, request, learn(LABELS)), rel=1e-4)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("request_", ["tarification", "négociation des tarifs", "pricing", "the pricing of a kitchen"])
def test_where_every_text_is_in_the_language_of_the_request_learning_changes_nothing(tmp_path, language, request_):
    texts = {"fr": ("Négociation", "tarification en cuisine"), "en": ("Negotiation", "pricing in a kitchen")}
    index = open_index(tmp_path / language)
    index.rebuild([Document(number, language, *texts[language], "un chef" * number) for number in range(1, 9)], 1)
    before = index.search(request_, 10)
    index.learn("topics", LABELS)
    if before.language == language:
        assert index.search(request_, 10) == before


def test_sources_add_up_and_each_replaces_only_itself(index):
    assert index.learn("topics", LABELS) < index.learn("file", [("apiculture", "beekeeping")])
    index.apply([Upsert(Document(1, "en", "Beekeeping", "", "")), Upsert(Document(2, "en", "Pricing", "", ""))], 1)
    assert ids(index, "une apiculture") == [1]
    index.learn("file", [("abeille", "bee")])
    assert ids(index, "une apiculture") == []
    assert ids(index, "une tarification") == [2]


def test_the_same_labels_again_write_nothing(bilingual, folder):
    (lexicon,) = folder.glob("lexicon-*.json")
    before = lexicon.stat()
    bilingual.learn("topics", list(LABELS))
    assert lexicon.stat() == before


def test_a_label_may_hold_any_blank(index):
    index.learn("topics", [("agents\tconversationnels\n", "chatbots")])
    assert index.learn("file", []) > 0


def test_another_process_learns_and_this_one_knows_at_once(bilingual, folder):
    assert ids(bilingual, "une apiculture") == []
    bilingual.apply([Upsert(Document(4, "en", "Beekeeping", "", ""))], 2)
    program = (
        "import sys, pathlib; from search.whoosh_index import open_index;"
        "open_index(pathlib.Path(sys.argv[1])).learn('file', [('apiculture', 'beekeeping')])"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(folder)], check=True)
    assert ids(bilingual, "une apiculture") == [4]


def test_a_rebuild_keeps_what_was_learned(bilingual):
    bilingual.rebuild([PRICING], 2)
    assert ids(bilingual, "une tarification") == [1]


def test_a_rebuild_learns_anew_when_the_analysis_is_another(bilingual, folder):
    (lexicon,) = folder.glob("lexicon-*.json")
    lexicon.rename(folder / "lexicon-0.json")
    assert ids(bilingual, "une tarification") == [3]
    bilingual.rebuild([PRICING], 2)
    assert ids(bilingual, "une tarification") == [1]


@pytest.mark.parametrize("source", ["", "../topics", "a b"])
def test_a_source_needs_a_name_that_a_file_can_have(index, source):
    with pytest.raises(ValueError, match="source"):
        index.learn(source, LABELS)


def test_two_cannot_learn_at_once(bilingual, monkeypatch):
    with bilingual._home.learning():
        monkeypatch.setattr("search.folders.Home.learning", lambda home: _impatient(home))
        with pytest.raises(IndexBusyError):
            bilingual.learn("file", [])


def _impatient(home):
    from search.folders import _locked

    return _locked(home.root / "learning.lock", patience=0)


def test_warming_loads_the_tables_and_opens_the_index(market):
    market.warm()
    assert market._latest is not None


def test_warming_a_damaged_index_is_no_error(market, folder):
    (folder / "current").unlink()
    market.warm()
