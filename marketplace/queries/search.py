"""The search page: filters with counts, ranked cards with reasons, the nearest ones when nothing fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.matching import Ranked, Ranking
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.queries.catalogue import Catalogue, Numbers, Places
from marketplace.queries.filters import Ask, Facet, Filters, known
from marketplace.queries.kept_catalogue import current_catalogue
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
    order: Ranking | None = None  # as relevance put it, for keeping; None when sorted by something else


def search_page(work: Work, ask: Ask, actor: Actor | None, language: str, zone: ZoneInfo) -> SearchPage:
    """Search, filter, rank and load one page, in a fixed number of queries."""
    now = work.now()
    with work.reading() as session:
        catalogue = current_catalogue(work, session)
        asked, ask = ask, known(catalogue, ask)
        found = find(work, catalogue, ask.words)
        filters = Filters(session, catalogue, found, ask, now)
        order = _ordered(session, catalogue, found, filters.places, ask, now)
        shown = order[(ask.page - 1) * PAGE : ask.page * PAGE]
        nearest = () if len(order) else _nearest(session, catalogue, found, now)
        cards = _cards(session, work.index, catalogue, found, ask, shown or nearest, now, zone, language)
        return SearchPage(
            ask=ask,
            ignored=ask != asked,
            total=len(filters.places),
            pages=-(-len(order) // PAGE),
            cards=cards if len(order) else (),
            nearest=() if len(order) else cards,
            facets=filters.facets(language),
            suggestion=found.suggestion,
            ranks=_ranks(order, actor),
            zone=zone,
            order=order if isinstance(order, Ranking) else None,
        )


def _ordered(
    session: Session, catalogue: Catalogue, found: Found, places: Places, ask: Ask, now: datetime
) -> Sequence[Ranked]:
    wishes = Wishes(ask.price_max, ask.formats[0] if len(ask.formats) == 1 else "")
    worth = _worth(session, catalogue, places, ask.sort, now)
    order = ranked(session, catalogue, found, places, wishes, now, worth)
    if worth is None:
        return order
    by_id = dict(zip(catalogue.ids[places].tolist(), worth.tolist(), strict=True))
    return sorted(order, key=lambda each: -by_id[each.offering_id])


def _worth(session: Session, catalogue: Catalogue, places: Places, sort: str, now: datetime) -> Numbers | None:
    """What is sorted by, the most wanted highest, for each of these places; None for relevance."""
    if sort == "slot":
        return -catalogue.next_slots(session, places, now)
    if sort == "price":
        return -catalogue.columns.price_minor[places].astype(np.float64)
    return np.asarray(np.nan_to_num(catalogue.columns.mean_stars[places]), np.float64) if sort == "rating" else None


def _nearest(session: Session, catalogue: Catalogue, found: Found, now: datetime) -> tuple[Ranked, ...]:
    """What the words alone would have found; without a hit, the best of everything."""
    places = found.places if len(found.places) else catalogue.everything
    return ranked(session, catalogue, found, places, Wishes(), now)[:NEAREST]


def _cards(
    session: Session,
    index: SearchIndex,
    catalogue: Catalogue,
    found: Found,
    ask: Ask,
    shown: Sequence[Ranked],
    now: datetime,
    zone: ZoneInfo,
    language: str,
) -> tuple[OfferCard, ...]:
    cards = load_cards(session, [each.offering_id for each in shown], now, zone)
    hits = found.hits(catalogue, [card.offering_id for card in cards])
    return tuple(
        replace(
            card,
            snippet=_highlighted(index, card, ask.words),
            reasons=reasons_for(catalogue, hits, card, ask.topics, now, language),
        )
        for card in cards
    )


def _highlighted(index: SearchIndex, card: OfferCard, words: str) -> Snippet:
    return extract(card.text, lambda text: index.highlight(text, words)) if words else card.snippet


def _ranks(order: Sequence[Ranked], actor: Actor | None) -> dict[int, RankLine]:
    if actor is None or not isinstance(order, Ranking):  # sorted by something else: no rank to explain
        return {}
    return {each.offering_id: _rank_line(place, each) for place, each in order.of_expert(actor.id)}


def _rank_line(place: int, each: Ranked) -> RankLine:
    parts = each.parts
    weighed = (parts.quality, parts.response, parts.fit, parts.newcomer, -parts.load, each.score)
    quality, response, fit, newcomer, load, score = (round(100 * part) for part in weighed)
    relevance = round(100 * parts.relevance)
    return RankLine(place, relevance, quality, response, fit, newcomer, load, score, each.is_kept_place)
