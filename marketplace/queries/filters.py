"""The filters of the search page: which offerings each lets through, and its options with their counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from sqlalchemy.orm import Session

from marketplace import wording
from marketplace.queries.catalogue import Catalogue, Mask
from marketplace.queries.matching import Found

SORTS = ("relevance", "slot", "price", "rating")
RATINGS = (4.5, 4.0)
LENGTHS = (60, 90, 120, 150, 180, 210, 240)
DAYS = (7, 14, 28)
TOPICS_SHOWN = 12

Key = TypeVar("Key")


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

    @property
    def is_set(self) -> bool:
        """Whether an option is chosen."""
        return any(option.chosen for option in self.options)


@dataclass(frozen=True, slots=True)
class Choice:
    """An option before it is counted: the offerings it lets through."""

    value: str
    label: str
    mask: Mask
    chosen: bool


def known(catalogue: Catalogue, ask: Ask) -> Ask:
    """The same without topics and cities that do not exist."""
    topics = tuple(each for each in ask.topics if each in catalogue.labels)
    return replace(ask, topics=topics, cities=tuple(each for each in ask.cities if each in catalogue.cities))


class Filters:
    """What somebody asked for, laid over what the words found. Looks up the next slots once, in four queries."""

    def __init__(self, session: Session, catalogue: Catalogue, found: Found, ask: Ask, now: datetime) -> None:
        self._catalogue, self._found, self._ask, self._now = catalogue, found, ask, now
        self._slots = catalogue.next_slots(session, [int(place) for place in np.flatnonzero(found.mask)], now)
        self._masks = {
            "topic": self._any_of(catalogue.topics, ask.topics),
            "language": self._any_of(catalogue.languages, ask.languages),
            "format": self._any_of(catalogue.formats, ask.formats),
            "city": self._any_of(catalogue.cities, ask.cities),
            "price": self._priced(),
            "length": np.isin(catalogue.length_minutes, ask.lengths) if ask.lengths else catalogue.everything(),
            "rating": catalogue.mean_stars >= ask.rating,
            "free": self._free(ask.days) if ask.days else catalogue.everything(),
        }

    def passed(self, but: str = "") -> Mask:
        """What passes every filter, or every filter but one."""
        kept = [mask for name, mask in self._masks.items() if name != but]
        return np.asarray(np.logical_and.reduce(kept), dtype=np.bool_)

    def facets(self, language: str) -> tuple[Facet, ...]:
        """The filters with their counts, labels in the viewer's language."""
        _, _n = wording.translator(language)
        return (
            self._facet("topic", _("Topic"), self._topics(language)),
            self._facet("language", _("Session in"), self._languages(language)),
            self._facet("format", _("Format"), self._formats({"remote": _("By video"), "onsite": _("On site")})),
            self._facet("city", _("City"), self._cities()),
            self._facet("length", _("Length"), self._lengths(language)),
            self._facet("free", _("Free"), self._days(language), single=True),
            self._facet("rating", _("Rating"), self._ratings(language), single=True),
        )

    def _facet(self, name: str, label: str, choices: Iterable[Choice], single: bool = False) -> Facet:
        """An option's count is what choosing it alone would leave, under all the other filters."""
        others = self.passed(but=name)
        counted = [
            Option(each.value, each.label, int(self._found.relevant(each.mask & others).sum()), each.chosen)
            for each in choices
        ]
        worth = [option for option in counted if option.count or option.chosen]
        if name == "topic":  # there are dozens of topics: the chosen ones and the most frequent
            worth = sorted(worth, key=lambda option: (not option.chosen, -option.count, option.label))[:TOPICS_SHOWN]
        return Facet(name, label, tuple(worth), single)

    def _topics(self, language: str) -> Iterable[Choice]:
        for topic_id, label in self._catalogue.labels.items():
            mask = self._catalogue.topics.get(topic_id, ~self._catalogue.everything())
            yield Choice(str(topic_id), getattr(label, language), mask, topic_id in self._ask.topics)

    def _languages(self, language: str) -> Iterable[Choice]:
        for code, mask in self._catalogue.languages.items():
            label = wording.capital(wording.language_name(code, language))
            yield Choice(code, label, mask, code in self._ask.languages)

    def _formats(self, labels: Mapping[str, str]) -> Iterable[Choice]:
        for name, mask in self._catalogue.formats.items():
            yield Choice(name, labels[name], mask, name in self._ask.formats)

    def _cities(self) -> Iterable[Choice]:
        for city, mask in self._catalogue.cities.items():
            yield Choice(city, city, mask, city in self._ask.cities)

    def _lengths(self, language: str) -> Iterable[Choice]:
        for minutes in LENGTHS:
            mask = self._catalogue.length_minutes == minutes
            yield Choice(str(minutes), wording.duration(minutes, language), mask, minutes in self._ask.lengths)

    def _days(self, language: str) -> Iterable[Choice]:
        _, ngettext = wording.translator(language)
        for days in DAYS:
            label = ngettext("Within %(num)s day", "Within %(num)s days", days)
            yield Choice(str(days), label, self._free(days), days == self._ask.days)

    def _ratings(self, language: str) -> Iterable[Choice]:
        _, _n = wording.translator(language)
        for least in RATINGS:
            label = _("%(stars)s and more", stars=wording.decimal(least, language, 1 if least % 1 else 0))
            yield Choice(str(least), label, self._catalogue.mean_stars >= least, least == self._ask.rating)

    def _any_of(self, masks: Mapping[Key, Mask], chosen: tuple[Key, ...]) -> Mask:
        if not chosen:
            return self._catalogue.everything()
        nothing = ~self._catalogue.everything()
        return np.asarray(np.logical_or.reduce([masks.get(each, nothing) for each in chosen]), dtype=np.bool_)

    def _priced(self) -> Mask:
        prices, mask = self._catalogue.price_minor, self._catalogue.everything()
        if self._ask.price_min is not None:
            mask &= prices >= self._ask.price_min
        if self._ask.price_max is not None:
            mask &= prices <= self._ask.price_max
        return mask

    def _free(self, days: int) -> Mask:
        mask, end = ~self._catalogue.everything(), self._now + timedelta(days=days)
        mask[[place for place, slot in self._slots.items() if slot and slot <= end]] = True
        return mask
