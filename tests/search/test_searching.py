"""What people type and what they find."""

import pytest

from search.port import Document, Upsert
from tests.search.conftest import ids


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chatbot banque", 1),
        ("chatbots", 1),
        ("l'assistant conversationnel", 1),
        ("lassistante conversationnelle", 1),
        ("conformite", 1),
        ("BANQUES", 1),
        ("C++", 2),
        ("c++", 2),
        ("nodejs", 2),
        ("Node.js", 2),
        ("equipe data", 2),
        ("recruter une équipe", 2),
        ("secnumcloud", 3),
        ("SecNumCloud", 3),
        (".net", 3),
        ("k8s", 3),
        ("développeur", 3),
        ("developpeur", 3),
        ("C#", 4),
        ("evaluating prototypes", 4),
        ("comité cse", 4),
    ],
)
def test_words_find_what_they_mean(market, text, found):
    assert ids(market, text)[0] == found


@pytest.mark.parametrize(
    ("text", "found", "suggestion"),
    [
        ("chatbto", 1, "chatbot"),
        ("chattbot banque", 1, "chatbot banque"),
        ("secnumclod", 3, "secnumcloud"),
        ("hcatbot", 1, "chatbot"),
        ("developpers", 3, "développeurs"),
        ("L’asistant", 1, "L’assistant"),
        ("councils desgin", 4, "councils design"),
    ],
)
def test_typing_errors_are_forgiven_and_put_right(market, text, found, suggestion):
    result = market.search(text, 10)
    assert result.hits[0].id == found
    assert result.suggestion == suggestion


def test_an_unfinished_word_finds_its_completions_without_a_suggestion(market):
    result = market.search("conversation", 10)
    assert result.hits[0].id == 1
    assert result.suggestion is None


@pytest.mark.parametrize("text", ["chatbot", "équipe", "works council", "3h", "xy"])
def test_known_and_very_short_words_get_no_suggestion(market, text):
    assert market.search(text, 10).suggestion is None


def test_a_gendered_or_joined_form_is_found_by_its_letters(index):
    index.apply([Upsert(Document(1, "fr", "Cheffe de produit éditorialiste", "", ""))], 1)
    assert ids(index, "éditorialisation") == [1]


def test_a_word_that_only_ends_alike_is_not_found(index):
    index.apply([Upsert(Document(1, "en", "Fleet electrification", "", ""))], 1)
    assert ids(index, "tarification") == []


def test_nothing_is_found_for_what_the_market_does_not_have(market):
    result = market.search("apiculture", 10)
    assert result.hits == ()
    assert result.total == 0


@pytest.mark.parametrize("text", ["", "   ", "?", "de la", "\x00", "🙂" * 50, "^$.*+()[]", "a" * 10_000])
def test_a_request_without_meaning_is_answered_with_nothing(market, text):
    assert market.search(text, 10).hits == ()


@pytest.mark.parametrize("text", ["chatbot", "", "chatbto", "de la"])
def test_an_empty_index_answers_every_request_with_nothing(index, text):
    result = index.search(text, 10)
    assert (result.hits, result.total, result.suggestion) == ((), 0, None)


def test_the_language_of_the_request_is_told(market):
    assert market.search("déployer un chatbot", 5).language == "fr"
    assert market.search("the first data team", 5).language == "en"


def test_a_french_request_finds_an_english_offering_through_its_topics(market):
    assert ids(market, "recrutement d’une équipe data") == [2]


def test_an_english_request_finds_a_french_offering_through_its_topics(market):
    assert ids(market, "trusted clouds") == [3]


def test_a_hit_names_the_words_that_matched_as_they_were_written(market):
    (hit,) = market.search("Essai de Chatbots pour une Banque suisse", 1).hits
    assert hit.words == ("Chatbots", "Banque")


def test_a_joined_name_is_named_once(market):
    (hit,) = market.search("Node.js", 1).hits
    assert hit.words == ("Node.js",)


def test_a_misspelt_word_is_named_as_it_was_written(market):
    (hit,) = market.search("secnumclod", 1).hits
    assert hit.words == ("secnumclod",)


def test_a_pasted_request_of_200_words_finds_the_offering_that_fits(market):
    request = (
        "Nous sommes une banque mutualiste et nous avons lancé l’an dernier un assistant conversationnel pour nos "
        "conseillers. Le projet est bloqué : la conformité demande des preuves, le métier veut plus de réponses, et "
        "l’éditeur du chatbot promet une nouvelle version tous les trimestres. Nous cherchons quelqu’un qui a déjà "
        "mis en service un agent conversationnel dans une banque de détail, qui sait ce que le régulateur accepte, "
        "et qui pourrait nous dire en une session ce qu’il referait et ce qu’il ne referait pas. "
    ) * 2
    assert ids(market, request)[0] == 1
