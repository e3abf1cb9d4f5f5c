"""The lines that a list shows of an offering's text."""

import re

from marketplace.queries.snippets import SNIPPET, Highlight, extract, opening
from search.port import Piece

LONG = "You leave with a plan. " + "Nothing here is about it. " * 10 + "I moved three banks to Kubernetes, and it held."


def test_a_short_text_is_shown_whole_and_unmarked() -> None:
    assert opening("You leave\nwith a plan.") == (("You leave with a plan.", False),)


def test_a_long_text_ends_at_a_word_and_says_so() -> None:
    [(words, is_match)] = opening(LONG)
    assert len(words) <= SNIPPET
    assert words.endswith("Nothing…")
    assert not is_match


def test_no_break_spaces_stay() -> None:
    assert opening("Quoi\u00a0? Tout.") == (("Quoi\u00a0? Tout.", False),)


def test_a_match_in_the_opening_keeps_the_opening() -> None:
    snippet = extract(LONG, _for("plan kubernetes"))
    assert snippet[0] == ("You leave with a ", False)
    assert ("plan", True) in snippet


def test_the_lines_move_to_where_the_words_stand() -> None:
    assert extract(LONG, _for("kubernetes banks")) == (
        ("… ", False),
        ("I moved three ", False),
        ("banks", True),
        (" to ", False),
        ("Kubernetes", True),
        (", and it held.", False),
    )


def test_a_sentence_that_goes_on_and_on_is_entered_at_a_clause() -> None:
    text = "One thing after the other, " * 12 + "then Kubernetes."
    snippet = extract(text, _for("kubernetes"))
    assert ("Kubernetes", True) in snippet
    assert snippet[0] == ("… ", False)


def test_without_a_match_the_opening_is_shown() -> None:
    assert extract(LONG, _for("zebra")) == opening(LONG)


def _for(words: str) -> Highlight:
    """Marks whole words, whatever their case."""
    sought = words.split()
    anyone = re.compile(rf"\b({'|'.join(sought)})\b", re.IGNORECASE)
    return lambda text: tuple(Piece(part, part.lower() in sought) for part in anyone.split(text) if part)
