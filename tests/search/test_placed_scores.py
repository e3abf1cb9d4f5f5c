"""Scores in the caller's order say the same as hits."""

import numpy as np
import pytest

from search.port import Delete, Upsert
from tests.search.conftest import CHATBOT

ORDER = np.array([3, 99, 1, 4, 2], np.int64)  # 99 is nobody


def test_every_place_has_the_score_of_its_document(market):
    text = "chatbot banque équipe cloud"
    expected = {hit.id: hit.score for hit in market.search(text, 10).hits}
    values = market.score(text, ORDER).values
    assert values.tolist() == pytest.approx([expected.get(number, 0.0) for number in ORDER.tolist()])
    assert np.count_nonzero(values) > 1


def test_shares_and_words_are_those_of_the_hits(market):
    text = "chatbot banque équipe stérilisation"
    expected = {hit.id: hit for hit in market.search(text, 10).hits}
    scores = market.score(text, ORDER)
    places = np.flatnonzero(scores.values)
    assert {hit.id: hit for hit in scores.hits(places)} == expected
    shares = scores.shares()
    assert {int(ORDER[place]): pytest.approx(float(shares[place]), abs=1e-6) for place in places} == {
        number: hit.share for number, hit in expected.items()
    }


def test_a_suggestion_and_the_language_come_along(market):
    scores = market.score("chatbto", ORDER)
    assert (scores.suggestion, scores.language) == ("chatbot", market.search("chatbto", 1).language)


def test_an_unknown_id_scores_nothing_and_has_no_words(market):
    scores = market.score("chatbot", np.array([99], np.int64))
    assert scores.values.tolist() == [0.0]
    assert scores.hits([0]) == ()


def test_the_same_array_is_laid_over_the_index_once_and_anew_after_a_commit(market):
    market.score("chatbot", ORDER)
    laid = market._layout.over(market._snapshot())
    market.score("équipe", ORDER)
    assert market._layout.over(market._snapshot()) is laid
    market.apply([Delete(3), Upsert(CHATBOT)], 5)
    assert market.score("SecNumCloud", ORDER).values.tolist() == [0.0] * 5
    assert market.score("chatbot", ORDER).values[2] > 0


def test_no_documents_have_no_scores(market):
    assert len(market.score("chatbot", np.empty(0, np.int64)).values) == 0


def test_an_empty_index_scores_nothing(index):
    assert index.score("chatbot", ORDER).values.tolist() == [0.0] * 5
