"""The search page: filters with counts, ranked cards with reasons, the nearest ones when nothing fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from numpy.typing import NDArray
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.matching import Ranked
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.queries.catalogue import Catalogue, Mask, current_catalogue
from marketplace.queries.filters import Ask, Facet, Filters, known
from marketplace.queries.matching import Found, Wishes, find, ranked
from marketplace.queries.reasons import reasons_for
from marketplace.queries.snippets import Snippet, extract
from marketplace.work import Work
from search.port import SearchIndex

PAGE = 10
NEAREST = 4


@dataclass(frozen=True, slots=True)
class RankLine:
    """How one's own offering came to its place: its parts in hundredths of a point."""

    place: int
    relevance: int
    quality: int
    response: int
    fit: int
    newcomer: int
    load: int
    score: int
    is_kept_place: bool


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What the page shows. `ask` holds only filters that exist; `nearest` is filled only when nothing fits, `ranks`
    only for the viewer's own offerings."""

    ask: Ask
    ignored: bool  # the address asked for a topic or a city that does not exist
    total: int
    pages: int
    cards: tuple[OfferCard, ...]
    nearest: tuple[OfferCard, ...]
    facets: tuple[Facet, ...]
    suggestion: str | None
    ranks: Mapping[int, RankLine]
    zone: ZoneInfo


def search_page(work: Work, ask: Ask, actor: Actor | None, language: str, zone: ZoneInfo) -> SearchPage:
    """Search, filter, rank and load one page, in a fixed number of queries."""
    now = work.now()
    with work.reading() as session:
        catalogue = current_catalogue(work, session)
        asked, ask = ask, known(catalogue, ask)
        found = find(work, catalogue, ask.words)
        filters = Filters(session, catalogue, found, ask, now)
        allowed = filters.passed()
        order = _ordered(session, catalogue, found, allowed, ask, now)
        shown = order[(ask.page - 1) * PAGE : ask.page * PAGE]
        nearest = () if order else _nearest(session, catalogue, found, now)
        cards = _cards(session, work.index, catalogue, found, ask, shown or nearest, now, zone, language)
        return SearchPage(
            ask=ask,
            ignored=ask != asked,
            total=int(found.relevant(allowed).sum()),
            pages=-(-len(order) // PAGE),
            cards=cards if order else (),
            nearest=() if order else cards,
            facets=filters.facets(language),
            suggestion=found.suggestion,
            ranks=_ranks(order, actor) if ask.sort == "relevance" else {},
            zone=zone,
        )


def _ordered(
    session: Session, catalogue: Catalogue, found: Found, allowed: Mask, ask: Ask, now: datetime
) -> tuple[Ranked, ...]:
    wishes = Wishes(ask.price_max, ask.formats[0] if len(ask.formats) == 1 else "")
    order = ranked(session, catalogue, found, allowed, wishes, now, _first(catalogue, ask.sort))
    sort = _SORT_KEYS.get(ask.sort)
    if sort is None:
        return order
    slots = catalogue.next_slots(session, [catalogue.place[each.offering_id] for each in order], now)
    return tuple(sorted(order, key=lambda each: sort(catalogue, catalogue.place[each.offering_id], slots)))


def _first(catalogue: Catalogue, sort: str) -> NDArray[Any] | None:
    """Which ones to rank at all where there are too many: the cheapest of everything must not be left out."""
    return {"price": -1.0 * catalogue.price_minor, "rating": catalogue.mean_stars}.get(sort)


SortKey = Callable[[Catalogue, int, Mapping[int, datetime | None]], float]

_SORT_KEYS: Mapping[str, SortKey] = {
    "slot": lambda _catalogue, place, slots: slot.timestamp() if (slot := slots[place]) else float("inf"),
    "price": lambda catalogue, place, _slots: float(catalogue.price_minor[place]),
    "rating": lambda catalogue, place, _slots: -float(catalogue.mean_stars[place]),
}


def _nearest(session: Session, catalogue: Catalogue, found: Found, now: datetime) -> tuple[Ranked, ...]:
    """What the words alone would have found; without a hit, the best of everything."""
    if not found.hits:
        found = replace(found, mask=catalogue.everything())
    return ranked(session, catalogue, found, catalogue.everything(), Wishes(), now)[:NEAREST]


def _cards(
    session: Session,
    index: SearchIndex,
    catalogue: Catalogue,
    found: Found,
    ask: Ask,
    shown: tuple[Ranked, ...],
    now: datetime,
    zone: ZoneInfo,
    language: str,
) -> tuple[OfferCard, ...]:
    cards = load_cards(session, [each.offering_id for each in shown], now, zone)
    return tuple(
        replace(
            card,
            snippet=_highlighted(index, card, ask.words),
            reasons=reasons_for(catalogue, found, card, ask.topics, now, language),
        )
        for card in cards
    )


def _highlighted(index: SearchIndex, card: OfferCard, words: str) -> Snippet:
    return extract(card.text, lambda text: index.highlight(text, words)) if words else card.snippet


def _ranks(order: tuple[Ranked, ...], actor: Actor | None) -> dict[int, RankLine]:
    if actor is None:
        return {}
    mine = ((place, each) for place, each in enumerate(order, 1) if each.expert_id == actor.account_id)
    return {each.offering_id: _rank_line(place, each) for place, each in mine}


def _rank_line(place: int, each: Ranked) -> RankLine:
    parts = each.parts
    weighed = (parts.quality, parts.response, parts.fit, parts.newcomer, -parts.load, each.score)
    quality, response, fit, newcomer, load, score = (round(100 * part) for part in weighed)
    relevance = round(100 * parts.relevance)
    return RankLine(place, relevance, quality, response, fit, newcomer, load, score, each.is_kept_place)
