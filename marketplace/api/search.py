"""GET /search: what the search page shows."""

import math
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api import cursors, here
from marketplace.api.cards import Card, card_out
from marketplace.api.here import PUBLIC
from marketplace.api.operation import operation
from marketplace.api.refusals import Unreadable
from marketplace.api.shapes import Cursor, Id, In, Minor, Moment, Out, shown
from marketplace.domain.errors import Invalid
from marketplace.queries.cards import OfferCard
from marketplace.queries.filters import Ask, Facet
from marketplace.queries.search import PAGE, RankLine, SearchPage, search_page
from marketplace.wording import one_line

LONGEST_QUERY = 4_000  # a pasted request of 200 words and more
MOST_RESULTS = 1_000


class SearchQuery(In):
    """What somebody looks for; without words, the best of everything."""

    q: Annotated[str, Field(max_length=LONGEST_QUERY, pattern=r"^[^\x00]*$", description="Words, or a request.")] = ""
    lang: list[Literal["fr", "en"]] = Field([], max_length=2, description="Languages of the session.")
    topic: list[Id] = Field([], max_length=20, description="Topics, any of them.")
    format: Literal["remote", "onsite"] | None = None
    max_price_minor: Minor | None = Field(None, description="Highest price without VAT, in cents.")
    free_before: Moment | None = Field(None, description="A slot must begin before; counted in whole days from now.")
    sort: Literal["relevance", "slot", "price", "rating"] = "relevance"
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE, description="How many at most.")] = PAGE


class OptionOut(Out):
    """One choice of a filter, and how many offerings it would leave."""

    value: str
    label: str
    count: int
    chosen: bool


class FacetOut(Out):
    """One filter with its choices."""

    name: str
    label: str
    options: list[OptionOut]


class Rank(Out):
    """How one's own offering came to its place, in hundredths of a point."""

    place: int
    relevance: int
    quality: int
    response: int
    fit: int
    newcomer: int
    load: int
    score: int
    is_kept_place: bool


class Result(Card):
    """An offering that was found."""

    rank: Rank | None = Field(None, description="Only for its owner: how the place came about.")


class SearchResults(Out):
    """Ranked offerings; `nearest` only when nothing fits."""

    total: int
    items: list[Result]
    nearest: list[Card]
    facets: list[FacetOut]
    suggestion: str | None
    next: str | None


@operation("GET", "/search", tag="search", roles=(PUBLIC,), answer=SearchResults)
def search(query: SearchQuery) -> SearchResults:
    """Search offerings.

    Ranked by relevance first, then quality; each result says why it is there and when its expert is next free.
    """
    start = _start(query.cursor)
    ask = _ask(query, start // PAGE + 1)
    page = search_page(here.work(), ask, here.reader(), here.language(), here.zone())
    cards = page.cards[start % PAGE :][: query.limit] if ask.page <= page.pages else ()
    following = start + len(cards)
    is_last = not cards or (ask.page >= page.pages and start % PAGE + len(cards) >= len(page.cards))
    return SearchResults(
        total=page.total,
        items=[_result(page, card) for card in cards],
        nearest=[card_out(card) for card in page.nearest],
        facets=[_facet(each) for each in page.facets],
        suggestion=page.suggestion,
        next=None if is_last or following >= MOST_RESULTS else cursors.written("search", following),
    )


def _ask(query: SearchQuery, page: int) -> Ask:
    return Ask(
        words=one_line(query.q),
        topics=tuple(dict.fromkeys(query.topic)),
        languages=tuple(dict.fromkeys(query.lang)),
        formats=(query.format,) if query.format else (),
        price_max=query.max_price_minor or None,
        days=_days(query),
        sort=query.sort,
        page=page,
    )


def _days(query: SearchQuery) -> int:
    if query.free_before is None:
        return 0
    away = query.free_before - here.work().now()
    if away <= timedelta():
        raise Invalid("moment_past", field="free_before")
    return math.ceil(away / timedelta(days=1))


def _start(cursor: str | None) -> int:
    place = cursors.read("search", cursor)
    if place is None:
        return 0
    if len(place) != 1 or not place[0].isdigit():
        raise Unreadable("cursor_unreadable")
    return int(place[0])


def _result(page: SearchPage, card: OfferCard) -> Result:
    line: RankLine | None = page.ranks.get(card.offering_id)
    # The card was checked when it was made: to check it again as a result cost as much as making it.
    return Result.model_construct(None, **dict(card_out(card)), rank=shown(Rank, line) if line else None)


def _facet(facet: Facet) -> FacetOut:
    return FacetOut.model_validate(facet, from_attributes=True)
