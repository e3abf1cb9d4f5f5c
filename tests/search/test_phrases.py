"""What stands in quotes must stand in the text as it is written, and counts as Whoosh's own phrase query counts it."""

import random
from collections import Counter

import pytest
from whoosh.analysis import RegexTokenizer
from whoosh.fields import NUMERIC, TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.query import Phrase

from search import phrases
from search.analysis import sought, stretches
from search.lexicon import Lexicon
from search.port import Delete, Document, Upsert
from search.request import read_request
from tests.search import reference
from tests.search.conftest import ids
from tests.search.test_scoring import WORDS, history, scored, small_segments  # noqa: F401

PARTS = ("title", "topics", "body")
LONG = "Notre équipe industrielle prépare depuis janvier un lancement délicat, budget serré, direction inquiète."


@pytest.mark.parametrize(("seed", "commits"), [(40, 1), (41, 5), (42, 12), (43, 20)])
def test_phrases_score_as_whoosh_finds_and_counts_them(seed, commits, index, folder, tmp_path):
    """Over updates, deletes, several segments and merges; in a long request, where nothing is demanded."""
    chance = random.Random(seed)
    alive = history(chance, index, commits)
    spans = Spans(tmp_path, alive)
    met = 0
    for _ in range(6):
        phrase = " ".join(chance.choices(WORDS["fr"], k=chance.choice([2, 2, 3])))
        request = f'{" ".join(WORDS["fr"])} "{phrase}"'
        expected = Counter(reference.whoosh_scores(folder, request))
        expected.update(reference.phrase_scores(alive, spans.of(phrase)))
        assert scored(index, Lexicon(), request) == pytest.approx(dict(expected), rel=1e-4)
        met += len(spans.of(phrase))
    assert met, "some of the phrases stand somewhere"


def test_positions_that_are_left_out_are_noticed(index, tmp_path, monkeypatch):
    """Negative control: whoever takes any document with all the words for one with the phrase is found out."""
    alive = history(random.Random(44), index, commits=3)
    assert scored(index, Lexicon(), '"banque audit"').keys() == Spans(tmp_path, alive).of("banque audit").keys()
    monkeypatch.setattr("search.arrays.occurrences", lambda order, sizes, words: sizes)
    index._latest = None  # what is known of phrases
    index._found._entries.clear()
    assert scored(index, Lexicon(), '"banque audit"').keys() != Spans(tmp_path, alive).of("banque audit").keys()


class Spans:
    """A stock Whoosh index with positions, beside the one that is tested."""

    def __init__(self, folder, documents):
        part = TEXT(analyzer=RegexTokenizer(r"\S+"), phrase=True)
        home = folder / f"spans-{len(list(folder.iterdir()))}"
        home.mkdir()
        self._index = FileStorage(str(home)).create_index(Schema(id=NUMERIC(stored=True), **dict.fromkeys(PARTS, part)))
        writer = self._index.writer()
        for each in documents:
            writer.add_document(id=each.id, **{name: " ".join(words(getattr(each, name))) for name in PARTS})
        writer.commit()

    def of(self, phrase):
        """How often the phrase stands in each document that holds it."""
        found = Counter()
        with self._index.searcher() as searcher:
            for name in PARTS:
                for leaf, start in searcher.leaf_searchers():
                    matcher = Phrase(name, words(phrase)).matcher(leaf)
                    while matcher.is_active():
                        found[searcher.stored_fields(start + matcher.id())["id"]] += len(matcher.spans())
                        matcher.next()
        return dict(found)


def words(text):
    return [word.key for stretch in stretches(text) for word, _ in sought(stretch, ("fr",), ("fr",), False)]


TEXTS = {
    1: Document(1, "fr", "Mise en production", "", "La mise en production d’un modèle, puis l’évaluation des risques."),
    2: Document(2, "fr", "Production", "Mise Production", "Mise à jour en production ; Node.js et C++ avancé."),
    3: Document(3, "en", "Release day", "", "What a mise en production taught us. State of the art."),
}


@pytest.fixture
def texts(index):
    index.apply([Upsert(each) for each in TEXTS.values()], 1)
    return index


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ('"mise en production"', [1, 3]),
        ("« mise en production »", [1, 3]),
        ("“MISE EN PRODUCTION”", [1, 3]),
        ('"evaluation des risques"', [1]),
        ('"l’évaluation des risques"', [1]),
        ('"state of the art"', [3]),
        ('"node.js et c++"', [2]),
        ('modèle "mise en production"', [1, 3]),
        ('"mise en production" "state of the art"', [3]),
    ],
)
def test_what_is_in_quotes_must_stand_there_as_it_is_written(texts, request_, found):
    assert sorted(ids(texts, request_)) == found


def test_without_quotes_the_same_words_find_more(texts):
    assert sorted(ids(texts, "mise en production")) == [1, 2, 3]


def test_a_phrase_does_not_go_on_from_the_title_to_the_topics_or_the_text(texts):
    assert ids(texts, '"production mise"') == ids(texts, "production mise")


@pytest.mark.parametrize("request_", ['"jour mise"', '"modèle risques" mise', '"la des"', '"mise"', '"" mise'])
def test_where_no_text_holds_the_phrase_its_words_count_one_by_one(texts, request_):
    assert ids(texts, request_) == ids(texts, request_.replace('"', ""))


def test_phrases_that_no_text_holds_together_are_no_demand(texts):
    assert sorted(ids(texts, '"risques" "mise en production" "node.js et c++"')) == [1, 2, 3]


def test_in_a_long_request_a_phrase_counts_and_is_no_demand(texts):
    plain = {hit.id: hit.score for hit in texts.search(f"{LONG} mise en production", 9).hits}
    quoted = {hit.id: hit.score for hit in texts.search(f"{LONG} « mise en production »", 9).hits}
    assert plain.keys() == quoted.keys() == {1, 2, 3}
    assert quoted[1] > plain[1]
    assert quoted[2] == plain[2]


def test_the_phrase_is_the_reason(texts):
    hit = texts.search('modèle "mise en production"', 9).hits[0]
    assert hit.words == ("modèle", "mise en production")
    assert hit.share == 1.0


def test_a_phrase_follows_changes_and_merges(texts):
    texts.apply([Delete(1), Upsert(Document(4, "fr", "", "", "Une mise en production."))], 2)
    assert sorted(ids(texts, '"mise en production"')) == [3, 4]
    texts.rebuild([TEXTS[1]], 3)
    assert ids(texts, '"mise en production"') == [1]


def test_only_so_many_phrases_of_so_many_words_are_looked_up():
    long = " ".join(["banque"] * (phrases.LONGEST + 1))
    assert read_request(f'"{long}"', Lexicon()).phrases == ()
    many = " ".join(f'"banque {each}"' for each in WORDS["fr"])
    assert len(read_request(many, Lexicon()).phrases) == phrases.MOST
    twice = read_request('"banque audit" «Banque audit»', Lexicon()).phrases
    assert len(twice) == 1


def test_no_word_has_the_mark_of_a_break(monkeypatch):
    monkeypatch.setattr(phrases, "crc32", lambda _: 0)
    assert phrases.mark("banque") != phrases.BREAK
