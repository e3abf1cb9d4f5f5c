"""Words, elisions, accents, stop words and stems."""

import random

import pytest

from search.analysis import LANGUAGES, detect, document_terms, fold, grams, read, words_with
from search.port import Document


def stems(text, language):
    return [stem for word in read(text, (language,)) for stem in word.stems]


def keys(text, language):
    return [word.key for word in read(text, (language,))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("l'évaluation", ["evaluation"]),
        ("L’évaluation", ["evaluation"]),
        ("d'entreprises", ["entreprises"]),
        ("qu'une banque", ["banque"]),
        ("jusqu'à l'audit", ["audit"]),
        ("l’élaboration d’un modèle", ["elaboration", "modele"]),
        ("un audit aujourd'hui", ["audit"]),
        ("n’est-ce pas un audit", ["audit"]),
        ("s’il l’a qualifié", ["qualifie"]),
        ("œuvre ŒUVRE Cœur", ["oeuvre", "oeuvre", "coeur"]),
    ],
)
def test_french_elisions_are_cut_and_accents_folded(text, found):
    assert keys(text, "fr") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the team's work", ["team", "work"]),
        ("the teams' work", ["teams", "work"]),
        ("don't hire", ["hire"]),
        ("user research", ["user", "research"]),
        ("information systems", ["information", "systems"]),
    ],
)
def test_english_possessives_are_cut_and_stop_words_left_out(text, found):
    assert keys(text, "en") == found


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("évaluation", "évaluations", "fr"),
        ("évaluation", "evaluation", "fr"),
        ("Développeur", "developpeurs", "fr"),
        ("équipes", "EQUIPE", "fr"),
        ("banques", "banque", "fr"),
        ("nationaux", "national", "fr"),
        ("evaluations", "evaluate", "en"),
        ("teams", "team", "en"),
        ("hiring", "hire", "en"),
        ("policies", "policy", "en"),
    ],
)
def test_plurals_and_forms_share_a_stem(one, other, language):
    assert stems(one, language) == stems(other, language)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("C++", "c++"),
        ("en C++,", "c++"),
        ("C#", "c#"),
        ("F#.", "f#"),
        (".NET", ".net"),
        ("ASP.NET", "aspnet"),
        ("Node.js", "nodejs"),
        ("nodejs", "nodejs"),
        ("SecNumCloud", "secnumcloud"),
        ("k8s", "k8s"),
        ("R&D", "rd"),
        ("CI/CD", "cicd"),
        ("e-learning", "elearning"),
        ("ISO-27001", "iso27001"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_technology_names_keep_one_spelling_without_a_stem(text, name, language):
    assert name in keys(text, language)


def test_the_letter_c_is_not_what_c_plus_plus_is_found_by():
    assert keys("C++", "en") == ["c++"]


def test_a_joined_name_is_found_by_its_parts_too():
    assert keys("Node.js", "en") == ["nodejs", "node", "js"]
    assert keys("assistant-conversationnel", "fr") == ["assistantconversationnel", "assistant", "conversationnel"]


def test_abbreviations_in_capitals_are_no_stop_words():
    assert keys("IT", "en") == ["it"]
    assert keys("our IT strategy is simple", "en") == ["it", "strategy", "simple"]
    assert "it" not in keys("is it a strategy", "en")


def test_a_text_all_in_capitals_has_its_stop_words_left_out():
    assert keys("THE STRATEGY OF A BANK", "en") == ["strategy", "bank"]


def test_a_text_of_stop_words_only_keeps_them():
    assert keys("how to", "en") == ["how", "to"]


@pytest.mark.parametrize("text", ["", "   ", "?!", "—", "\x00", "🙂"])
def test_a_text_without_words_has_none(text):
    assert read(text, LANGUAGES) == []


def test_words_know_where_they_stand():
    text = "Pour l’équipe : C++ et Node.js"
    assert [text[word.start : word.end] for word in read(text, ("fr",))] == ["équipe", "C++", "Node.js", "Node", "js"]


def test_decomposed_accents_are_the_same_letters():
    assert keys("e\u0301quipe", "fr") == ["equipe"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("réputation employeur", "fr"),
        ("chatbot banque", "fr"),
        ("lancer une offre", "fr"),
        ("machine learning", "en"),
        ("data team first 90 days", "en"),
        ("Combien d'employeurs", "fr"),
        ("We roll out an assistant for three retail banks", "en"),
    ],
)
def test_short_texts_are_told_apart(text, language):
    assert detect(text) == language


def test_topics_are_indexed_by_the_stems_of_both_languages():
    terms = document_terms(Document(1, "en", "Hiring", "Recrutements Recruitments", "How we hired."))
    assert {"recrut", "recruit"} <= set(terms["topics"])
    assert set(terms["topics"]) | set(terms["title"]) <= set(terms["text"])
    assert {"hiring", "hired", "recrutements"} <= set(terms["exact"])


def test_accented_spellings_are_kept_for_suggestions():
    assert {"développeurs", "developpeurs"} <= set(document_terms(Document(1, "fr", "Développeurs", "", ""))["exact"])


@pytest.mark.parametrize(
    ("text", "folded"), [("Éléphant", "elephant"), ("ŒUVRE", "oeuvre"), ("ça", "ca"), ("k8s", "k8s"), ("ﬁn", "fin")]
)
def test_folding(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(("word", "found"), [("k8", ["^k8$"]), ("a", ["^a$"]), ("java", ["^jav", "java", "ava$"])])
def test_grams_mark_the_edges_of_a_word(word, found):
    assert grams(word) == found


PIECES = ["L’évaluation", "des", "équipes", "Yeux", "œuvres", "jusqu'à", "Node.js", "C++", ".NET", "R&D", "IT", "the"]
PIECES += ["skis", "dying", "team's", "Élan", "états-unis", "quoiqu’ils", "3D", "B2B", "Çà", "of", "ﬁnance", "AI", "à"]


def test_words_that_are_passed_over_unread_are_those_that_no_form_would_have_marked():
    chance = random.Random(3)
    for _ in range(400):
        text = " ".join(chance.choices(PIECES, k=chance.randint(1, 12)))
        text = text.upper() if chance.random() < 0.1 else text
        sought = read(" ".join(chance.choices(PIECES, k=2)), LANGUAGES)
        forms = frozenset(form for word in sought for form in (word.key, *word.stems))
        slowly = [word for word in read(text, LANGUAGES) if word.key in forms or not forms.isdisjoint(word.stems)]
        assert words_with(text, LANGUAGES, forms) == slowly
