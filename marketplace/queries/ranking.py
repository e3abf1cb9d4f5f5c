"""The page "how ranking works": how words count, and the constants of the formula in groups, as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.domain.ranking import CONSTANTS, ConstantLine, RankingConstants, constant_lines
from search.port import SearchIndex
from search.weights import Weights, weights


def N_(message: str) -> str:  # noqa: N802  # the name under which Babel collects sentences for translation
    """Mark a sentence for translation; the page translates it."""
    return message


@dataclass(frozen=True, slots=True)
class Line:
    """One constant: a share in basis points or a number from 1 on, and what it means (English; a msgid)."""

    meaning: str
    share: int | None
    number: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """Constants that belong together, under a title (English; a msgid)."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """How words count: the search's own numbers, and its shares in basis points."""

    numbers: Weights
    most_repeated: float  # what a word counts at most, however often a text repeats it
    length: int
    not_length: int
    title_length: int
    together: int
    foreign: int
    completed: int
    corrected: int
    beside_meaning: int | None  # the share of relevance that words keep; None where they are all of it
    meaning: int  # the rest of it


@dataclass(frozen=True, slots=True)
class RankingPage:
    """Every constant once; the weights of the three parts of the score also by name, in basis points."""

    quality: int
    response: int
    fit: int
    words: Words
    groups: tuple[Group, ...]


# By the beginning of a constant's name; what fits nowhere comes last, so that no constant is ever left out.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("What the score is made of"), ("relevance_", "request_", "quality_", "response_weight", "fit_")),
    (N_("Inside quality"), ("stars_share", "recommend_share", "reliability_share")),
    (N_("Inside the fit"), ("slot_", "price_", "format_")),
    (N_("So that new experts are seen, and nobody fills the page"), ("newcomer_", "load_", "per_", "neigh", "first_")),
    (N_("How ratings are counted"), ("stars_", "half_", "harsh_", "company_", "recommend_", "least_", "sound_")),
    (N_("How reliability and answers are counted"), ("reliability_", "response_")),
    (N_("Everything else"), ("",)),
)


def ranking_page(index: SearchIndex, constants: RankingConstants = CONSTANTS) -> RankingPage:
    """The formula's constants as a page; nothing is asked of the database."""
    return RankingPage(
        quality=_basis_points(constants.quality_weight),
        response=_basis_points(constants.response_weight),
        fit=_basis_points(constants.fit_weight),
        words=_words(weights(), index.reads_meaning),
        groups=_grouped(constant_lines(constants)),
    )


def _words(numbers: Weights, reads_meaning: bool) -> Words:
    return Words(
        numbers=numbers,
        most_repeated=numbers.saturation + 1,
        length=_basis_points(numbers.length),
        not_length=_basis_points(1 - numbers.length),
        title_length=_basis_points(numbers.title_length),
        together=_basis_points(numbers.together),
        foreign=_basis_points(numbers.foreign),
        completed=_basis_points(numbers.completed),
        corrected=_basis_points(numbers.corrected),
        beside_meaning=_basis_points(numbers.words) if reads_meaning else None,
        meaning=_basis_points(1 - numbers.words),
    )


def _grouped(lines: Sequence[ConstantLine]) -> tuple[Group, ...]:
    groups, left = [], list(lines)
    for title, beginnings in _GROUPS:
        mine = [line for line in left if line.name.startswith(beginnings)]
        left = [line for line in left if line not in mine]
        groups.append(Group(title, tuple(_line(line) for line in mine)))
    return tuple(group for group in groups if group.lines)


def _line(line: ConstantLine) -> Line:
    if line.value < 1:
        return Line(line.meaning, _basis_points(line.value), None)
    return Line(line.meaning, None, line.value)


def _basis_points(share: float) -> int:
    return round(share * 10_000)
