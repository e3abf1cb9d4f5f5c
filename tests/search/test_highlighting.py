"""Matches are marked in a text without touching it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.highlighting import pieces
from search.lexicon import Lexicon


def marked(text, query):
    return [piece.text for piece in pieces(text, query, Lexicon()) if piece.is_match]


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("L’équipe des développeuses", "equipes", ["équipe"]),
        ("Évaluations d'un modèle", "évaluation modele", ["Évaluations", "modèle"]),
        ("C++ et C# et C", "c#", ["C#"]),
        ("Node.js ou Node", "nodejs", ["Node.js"]),
        ("Node.js ou Node", "node", ["Node", "Node"]),
        ("Hiring a team", "hire teams", ["Hiring", "team"]),
        ("Node.js ou Node", "node.js", ["Node.js", "Node"]),
        ("rien ici", "banque", []),
        ("", "banque", []),
        ("banque", "", []),
    ],
)
def test_every_form_of_a_word_is_marked(text, query, found):
    assert marked(text, query) == found


def test_html_stays_text():
    assert pieces("<b>banque</b>", "banque", Lexicon()) == (("<b>", False), ("banque", True), ("</b>", False))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60), st.text(max_size=20))
def test_the_pieces_joined_are_the_text(text, query):
    assert "".join(piece.text for piece in pieces(text, query, Lexicon())) == unicodedata.normalize("NFC", text)
