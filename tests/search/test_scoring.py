"""Scores from arrays equal those of the formula, whatever commits led to the index."""

import random

import numpy as np
import pytest

from search import merging
from search.finding import answer, find
from search.lexicon import Lexicon, learn
from search.port import Delete, Document, Upsert
from search.ranking import MOST_TERMS
from search.whoosh_index import open_index
from tests.search import reference
from tests.search.conftest import MARKET, ids

WORDS = {
    "fr": ["équipe", "données", "banque", "conformité", "audit", "évaluation", "chatbot", "cloud", "recrutement"],
    "en": ["team", "data", "bank", "compliance", "audits", "evaluation", "chatbot", "clouds", "hiring"],
}


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    """Commits of this test's size make segments that are large or small, and merged as seldom as large ones."""
    monkeypatch.setattr(merging, "LEVELS", (20, 60))
    monkeypatch.setattr(merging, "TOGETHER", 4)
    monkeypatch.setattr("search.frame.SMALL", 60)


def text_of(chance, language, most):
    return " ".join(chance.choices(WORDS[language], k=chance.randint(0, most)))


def document_of(chance, number):
    language = chance.choice(["fr", "en"])
    return Document(
        number,
        language,
        text_of(chance, language, 6),
        f"{text_of(chance, 'fr', 2)} {text_of(chance, 'en', 2)}",
        text_of(chance, language, 200),
    )


def history(chance, index, commits=12):
    """Several commits of random changes; returns what must stand in the index at the end."""
    alive = {}
    for sequence in range(1, commits + 1):
        changes = []
        for number in chance.sample(range(1, 400), k=chance.randint(1, 120)):
            if number in alive and chance.random() < 0.3:
                del alive[number]
                changes.append(Delete(number))
            else:
                alive[number] = document_of(chance, number)
                changes.append(Upsert(alive[number]))
        index.apply(changes, sequence)
        if sequence % 3 == 0:
            index.tend()
    return list(alive.values())


@pytest.mark.parametrize(("seed", "commits"), [(0, 1), (1, 3), (2, 4), (3, 12)])
def test_scores_equal_the_formula_after_updates_and_deletes_over_several_segments(seed, commits, index):
    chance = random.Random(seed)
    documents = history(chance, index, commits)
    for _ in range(10):
        request = text_of(chance, chance.choice(["fr", "en"]), 30)
        found = {hit.id: hit.score for hit in index.search(request, limit=1000).hits}
        assert found == pytest.approx(reference.scores(documents, request), rel=1e-4)


@pytest.mark.parametrize(("seed", "commits"), [(10, 1), (11, 4), (12, 12), (13, 20)])
def test_scores_equal_those_that_whoosh_reckons_document_by_document(seed, commits, index, folder):
    """With and without a lexicon, over updates, deletes, several segments and merges."""
    chance = random.Random(seed)
    history(chance, index, commits)
    for lexicon in (Lexicon(), learn(zip(WORDS["fr"], WORDS["en"], strict=True))):
        for _ in range(5):
            request = text_of(chance, chance.choice(["fr", "en"]), 30)
            found = scored(index, lexicon, request)
            assert found == pytest.approx(reference.whoosh_scores(folder, request, lexicon), rel=1e-4)


def scored(index, lexicon, request):
    hits = find(index._snapshot(), lexicon, request, limit=1000).hits
    return {hit.id: hit.score for hit in hits}


MISTYPED = ["conformitte banque", "evluation", "recru", "donn équipe audti", "complianec chatbto"]


@pytest.mark.parametrize(("seed", "commits"), [(20, 1), (21, 6), (22, 14)])
def test_words_that_were_completed_or_put_right_score_as_whoosh_scores_them(seed, commits, index, folder):
    """Prefixes and typing errors: the words that the index puts in their place, over several segments."""
    history(random.Random(seed), index, commits)
    for request in MISTYPED:
        found = answer(index._snapshot(), Lexicon(), request)
        wanted = [word.wanted for word in found.words]
        assert wanted != list(found.request.wanted), "something was completed or put right"
        expected = reference.whoosh_scores_of(folder, found.request, wanted)
        assert scored(index, Lexicon(), request) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("seed", [30, 31])
def test_a_filter_leaves_the_scores_of_what_it_lets_through(seed, index, folder):
    chance = random.Random(seed)
    alive = [document.id for document in history(chance, index, commits=8)]
    for _ in range(5):
        request, allowed = text_of(chance, "fr", 12) or "banque", chance.sample(alive, k=len(alive) // 3)
        expected = reference.whoosh_scores(folder, request)
        passed = {number: score for number, score in expected.items() if number in allowed}
        found = {hit.id: hit.score for hit in index.search(request, 1000, allowed).hits}
        assert found == pytest.approx(passed, rel=1e-4)
        placed = index.score(request, np.array(allowed))
        assert dict(zip(allowed, placed.values.tolist(), strict=True)) == pytest.approx(
            {number: expected.get(number, 0.0) for number in allowed}, rel=1e-4
        )


def test_a_mask_that_is_left_out_is_noticed(index, folder, monkeypatch):
    """Negative control: with deleted documents counted, the scores differ."""
    chance = random.Random(12)
    history(chance, index, commits=6)
    monkeypatch.setattr("search.deaths.Dead.among", lambda _, parts: np.zeros(len(parts), np.int64))
    assert any(view.deleted for view in index._snapshot().views)
    found = scored(index, Lexicon(), "équipe données banque")
    assert found != pytest.approx(reference.whoosh_scores(folder, "équipe données banque"), rel=1e-4)


def test_commits_leave_several_segments_with_deletions(index):
    history(random.Random(1), index, commits=4)
    views = index._snapshot().views
    assert len(views) >= 3
    assert any(view.deleted for view in views)
    sizes = [view.segment.size for view in views]
    assert min(sizes) <= 60 < max(sizes), "some are laid together and some stand alone"


def test_scores_do_not_depend_on_the_history(index, tmp_path):
    documents = history(random.Random(7), index)
    fresh = open_index(tmp_path / "fresh")
    fresh.rebuild(documents, sequence=12)
    assert index.search("équipe données banque", 50) == fresh.search("équipe données banque", 50)


def test_a_hit_says_how_much_of_the_request_it_holds(index):
    texts = {1: "chatbot banque conformité", 2: "chatbot", 3: "jardin"}
    index.apply([Upsert(Document(number, "fr", text, "", text)) for number, text in texts.items()], 1)
    whole, part = index.search("chatbot banque conformité", 9).hits
    assert (whole.id, whole.share) == (1, 1.0)
    assert 0 < part.share < 1 / 3, "the word that two documents hold says least"
    unknown = index.search("chatbot banque conformité stérilisation", 9).hits[0]
    assert unknown.share < 0.75, "a word that nobody has says most"


def test_a_text_that_holds_all_of_a_few_words_comes_before_one_that_repeats_the_rarest(index, monkeypatch):
    rare, both = "banque, banque et banque", "directeur dans une banque, après deux fusions"
    texts = [rare, both, *["directeur"] * 3, *["sol"] * 6]
    index.apply([Upsert(Document(number, "fr", "", "", text)) for number, text in enumerate(texts)], 1)
    assert ids(index, "directeur banque")[:2] == [1, 0]
    assert ids(index, "directeur banque projet budget équipe")[:2] == [0, 1], "no text holds all of a longer request"
    monkeypatch.setattr("search.together.TOGETHER", 0)
    assert ids(index, "directeur banque")[:2] == [0, 1]


def test_words_that_were_completed_in_many_ways_count_together_too(index, folder):
    beginnings = [f"{word}{ending}" for word in ("conduc", "direct") for ending in ("teur", "trice", "tion", "tive")]
    texts = [*beginnings, "banque", "audit"]
    index.apply([Upsert(Document(number, "fr", "", "", text)) for number, text in enumerate(texts)], 1)
    found = answer(index._snapshot(), Lexicon(), "conduc direc banque")
    assert len(found.words) > 8, "more than one byte has bits"
    expected = reference.whoosh_scores_of(folder, found.request, [word.wanted for word in found.words])
    assert scored(index, Lexicon(), "conduc direc banque") == pytest.approx(expected, rel=1e-4)


def test_hits_come_best_first_and_equal_ones_by_id(index):
    index.apply([Upsert(Document(number, "en", "Data", "", "")) for number in (9, 3, 7)], 1)
    index.apply([Upsert(Document(1, "en", "Data data", "", ""))], 2)
    assert ids(index, "data") == [1, 3, 7, 9]


def test_the_limit_cuts_the_hits_and_not_the_total(market):
    result = market.search("chatbot équipe design SecNumCloud", limit=2)
    assert len(result.hits) == 2
    assert result.total == 4


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_gives_nothing(market, limit):
    assert market.search("chatbot", limit).hits == ()


@pytest.mark.parametrize(("allowed", "found"), [(None, [1]), ([1, 99], [1]), ({2, 3}, []), ((), [])])
def test_only_allowed_documents_are_found(market, allowed, found):
    result = market.search("chatbot", 10, allowed)
    assert [hit.id for hit in result.hits] == found
    assert result.total == len(found)


def test_the_best_are_found_among_thousands_of_equal_scores(index):
    index.rebuild([Document(number, "en", "Data", "", "") for number in range(3000)], 1)
    assert ids(index, "data") == list(range(10))


def test_a_long_request_is_cut_to_its_strongest_terms_and_still_finds_the_one_that_fits(index):
    chatter = [f"mot{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]
    common = [Document(number, "fr", "", "", " ".join(chatter)) for number in range(20)]
    index.rebuild([*common, *(Document(100 + each.id, *_fields(each)) for each in MARKET)], 1)
    request = " ".join(chatter) + " SecNumCloud qualification"
    assert len(request.split()) > MOST_TERMS
    found = {hit.id: hit.words for hit in index.search(request, 30).hits}
    assert set(found[103]) == {"SecNumCloud", "qualification"}


def _fields(document):
    return document.language, document.title, document.topics, document.body


def test_a_word_that_is_repeated_counts_more(index):
    index.apply([Upsert(Document(1, "en", "", "", "kubernetes")), Upsert(Document(2, "en", "", "", "pricing"))], 1)
    rest = "about teams, budgets and deadlines:"
    assert ids(index, f"{rest} pricing kubernetes kubernetes") == [1, 2]
    assert ids(index, f"{rest} kubernetes pricing pricing") == [2, 1]


def test_among_a_few_words_a_repetition_is_the_form_of_the_other_gender(index):
    index.apply([Upsert(Document(1, "fr", "", "", "adjointe")), Upsert(Document(2, "fr", "", "", "logistique"))], 1)
    scores = {hit.id: hit.score for hit in index.search("Adjoint / Adjointe logistique", 10).hits}
    assert scores[1] < 2 * scores[2]
