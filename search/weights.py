"""Every number of relevance, in one table: for the page that tells people how words count."""

from __future__ import annotations

from dataclasses import dataclass

from search import finding, frame, ranking, request, semantic, together


@dataclass(frozen=True, slots=True)
class Weights:
    """The constants as they are; shares lie between 0 and 1, factors are those of a word's rarity."""

    saturation: float  # Lucene's k1
    length: float  # Lucene's b: the share of a text's length that counts
    title_length: float
    text: float
    titles: tuple[tuple[int, float], ...]  # for a request of up to so many words, fewest first
    title: float  # for a longer one
    topics: float
    exact: float
    name: float
    phrase: float
    few_words: int
    demanded: int  # words of a request in which quotes are a demand
    most_terms: int
    together: float
    foreign: float
    completed: float
    corrected: float
    few_results: int  # below which what looks alike is added
    alike: float
    words: float  # share of relevance that words keep where a language model has a say beside them
    by_meaning: int  # texts that meaning alone can bring


def weights() -> Weights:
    """Return what the search reckons with now."""
    return Weights(
        saturation=frame.K1,
        length=frame.B,
        title_length=frame.TITLE_B,
        text=request.TEXT_WEIGHT,
        titles=request.TITLE_WEIGHTS,
        title=request.TITLE_WEIGHT,
        topics=request.TOPICS_WEIGHT,
        exact=request.EXACT_WEIGHT,
        name=request.NAME_WEIGHT,
        phrase=request.PHRASE_WEIGHT,
        few_words=request.FEW_WORDS,
        demanded=request.DEMANDED,
        most_terms=ranking.MOST_TERMS,
        together=together.TOGETHER,
        foreign=request.FOREIGN_WEIGHT,
        completed=finding.COMPLETED,
        corrected=finding.CORRECTED,
        few_results=finding.FEW,
        alike=finding.ALIKE,
        words=semantic.WORDS,
        by_meaning=semantic.NEAREST,
    )
