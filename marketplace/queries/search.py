"""The search page: filters with counts, ranked cards with reasons, the nearest ones when nothing fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from marketplace import wording
from marketplace.domain.access import Actor
from marketplace.domain.matching import Ranked
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.queries.catalogue import Catalogue, Mask, current_catalogue
from marketplace.queries.matching import Found, Wishes, find, ranked
from marketplace.queries.reasons import reasons_for
from marketplace.work import Work
from search.port import SearchIndex

PAGE = 10
Key = TypeVar("Key")

SORTS = ("relevance", "slot", "price", "rating")
RATINGS = (4.5, 4.0)
LENGTHS = (60, 90, 120, 150, 180, 210, 240)
DAYS = (7, 14, 28)
NEAREST = 4
TOPICS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody looks for. Prices are net of VAT in cents; empty, 0 and None mean "any"."""

    words: str = ""
    topics: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    price_min: int | None = None
    price_max: int | None = None
    lengths: tuple[int, ...] = ()
    rating: float = 0.0
    days: int = 0
    sort: str = "relevance"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter, with how many offerings it would leave."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter: its name in the address, its options, and whether only one can be chosen."""

    name: str
    label: str
    options: tuple[Option, ...]
    single: bool = False


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
    """What the page shows. `nearest` is filled only when nothing fits; `ranks` only for the viewer's own offerings."""

    ask: Ask
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
        found = find(work, catalogue, ask.words)
        masks = _masks(session, catalogue, ask, found.mask, now)
        order = _ordered(session, catalogue, found, _all_of(catalogue, masks), ask, now)
        shown = order[(ask.page - 1) * PAGE : ask.page * PAGE]
        nearest = () if order else _nearest(session, catalogue, found, now)
        cards = _cards(session, work.index, catalogue, found, ask, shown or nearest, now, zone, language)
        return SearchPage(
            ask=ask,
            total=len(order),
            pages=-(-len(order) // PAGE),
            cards=cards if order else (),
            nearest=() if order else cards,
            facets=_facets(catalogue, found, masks, ask, language),
            suggestion=found.suggestion,
            ranks=_ranks(order, actor),
            zone=zone,
        )


def _masks(session: Session, catalogue: Catalogue, ask: Ask, found: Mask, now: datetime) -> dict[str, Mask]:
    """One mask per filter: which offerings it lets through."""
    masks = {
        "topic": _any_of(catalogue, catalogue.topics, ask.topics),
        "language": _any_of(catalogue, catalogue.languages, ask.languages),
        "format": _any_of(catalogue, catalogue.formats, ask.formats),
        "city": _any_of(catalogue, catalogue.cities, ask.cities),
        "price": _price_mask(catalogue, ask),
        "length": np.isin(catalogue.length_minutes, ask.lengths) if ask.lengths else catalogue.everything(),
        "rating": catalogue.mean_stars >= ask.rating,
    }
    masks["free"] = _free_mask(session, catalogue, ask.days, found & _all_of(catalogue, masks), now)
    return masks


def _any_of(catalogue: Catalogue, masks: Mapping[Key, Mask], chosen: tuple[Key, ...]) -> Mask:
    if not chosen:
        return catalogue.everything()
    nothing = ~catalogue.everything()
    return np.asarray(np.logical_or.reduce([masks.get(each, nothing) for each in chosen]), dtype=np.bool_)


def _price_mask(catalogue: Catalogue, ask: Ask) -> Mask:
    mask = catalogue.everything()
    if ask.price_min is not None:
        mask &= catalogue.price_minor >= ask.price_min
    if ask.price_max is not None:
        mask &= catalogue.price_minor <= ask.price_max
    return mask


def _free_mask(session: Session, catalogue: Catalogue, days: int, among: Mask, now: datetime) -> Mask:
    """Free in the coming days; only those that passed everything else are looked up."""
    if not days:
        return catalogue.everything()
    places = [int(place) for place in np.flatnonzero(among)]
    slots = catalogue.next_slots(session, places, now)
    mask = ~catalogue.everything()
    mask[[place for place, slot in slots.items() if slot and slot <= now + timedelta(days=days)]] = True
    return mask


def _all_of(catalogue: Catalogue, masks: Mapping[str, Mask], but: str = "") -> Mask:
    kept = [mask for name, mask in masks.items() if name != but]
    return np.asarray(np.logical_and.reduce([catalogue.everything(), *kept]), dtype=np.bool_)


def _ordered(
    session: Session, catalogue: Catalogue, found: Found, allowed: Mask, ask: Ask, now: datetime
) -> tuple[Ranked, ...]:
    wishes = Wishes(ask.price_max, ask.formats[0] if len(ask.formats) == 1 else "")
    order = ranked(session, catalogue, found, allowed, wishes, now)
    sort = _SORT_KEYS.get(ask.sort)
    if sort is None:
        return order
    slots = catalogue.next_slots(session, [catalogue.place[each.offering_id] for each in order], now)
    return tuple(sorted(order, key=lambda each: sort(catalogue, catalogue.place[each.offering_id], slots)))


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


def _highlighted(index: SearchIndex, card: OfferCard, words: str) -> tuple[tuple[str, bool], ...]:
    if not words:
        return card.snippet
    return tuple((piece.text, piece.is_match) for words_, _ in card.snippet for piece in index.highlight(words_, words))


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


def _facets(
    catalogue: Catalogue, found: Found, masks: Mapping[str, Mask], ask: Ask, language: str
) -> tuple[Facet, ...]:
    """Each filter's counts are those under all the other filters: what choosing it would leave."""
    _, _n = wording.translator(language)

    def base(name: str) -> Mask:
        return found.mask & _all_of(catalogue, masks, but=name)

    return (
        Facet("topic", _("Topic"), _topic_options(catalogue, base("topic"), ask, language)),
        Facet(
            "language",
            _("Session in"),
            _options(
                catalogue.languages,
                base("language"),
                ask.languages,
                {code: wording.capital(wording.language_name(code, language)) for code in catalogue.languages},
            ),
        ),
        Facet(
            "format",
            _("Format"),
            _options(catalogue.formats, base("format"), ask.formats, {"remote": _("By video"), "onsite": _("On site")}),
        ),
        Facet(
            "city",
            _("City"),
            _options(catalogue.cities, base("city"), ask.cities, {city: city for city in catalogue.cities}),
        ),
        Facet("length", _("Length"), _length_options(catalogue, base("length"), ask, language)),
        Facet(
            "rating",
            _("Rating"),
            tuple(
                Option(
                    str(least),
                    _("%(stars)s and more", stars=wording.decimal(least, language)),
                    int((base("rating") & (catalogue.mean_stars >= least)).sum()),
                    ask.rating == least,
                )
                for least in RATINGS
            ),
            single=True,
        ),
    )


def _options(
    masks: Mapping[str, Mask], base: Mask, chosen: tuple[str, ...], labels: Mapping[str, str]
) -> tuple[Option, ...]:
    options = (Option(name, labels[name], int((mask & base).sum()), name in chosen) for name, mask in masks.items())
    return tuple(option for option in options if option.count or option.chosen)


def _topic_options(catalogue: Catalogue, base: Mask, ask: Ask, language: str) -> tuple[Option, ...]:
    options = [
        Option(
            str(topic_id),
            getattr(catalogue.labels[topic_id], language),
            int((mask & base).sum()),
            topic_id in ask.topics,
        )
        for topic_id, mask in catalogue.topics.items()
    ]
    worth = [option for option in options if option.count or option.chosen]
    worth.sort(key=lambda option: (not option.chosen, -option.count, option.label))
    return tuple(worth[:TOPICS_SHOWN])


def _length_options(catalogue: Catalogue, base: Mask, ask: Ask, language: str) -> tuple[Option, ...]:
    options = (
        Option(
            str(minutes),
            wording.duration(minutes, language),
            int((base & (catalogue.length_minutes == minutes)).sum()),
            minutes in ask.lengths,
        )
        for minutes in LENGTHS
    )
    return tuple(option for option in options if option.count or option.chosen)
