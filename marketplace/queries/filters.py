"""The filters of the search page: which offerings each lets through, and its options with their counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from marketplace import wording
from marketplace.queries.catalogue import FORMATS, LANGUAGES, NEVER, Catalogue, Mask, Numbers, Places
from marketplace.queries.matching import Found
from search.facets import Bits, Column, Filtered, One, Within, filtered

SORTS = ("relevance", "slot", "price", "rating")
RATINGS = (4.5, 4.0)
LENGTHS = (60, 90, 120, 150, 180, 210, 240)
DAYS = (7, 14, 28)
MANY = ("topic", "city")  # filters with dozens of options
MOST_SHOWN = 12  # of those
DAY_SECONDS = 24 * 3600


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
    """An option before it is counted: its code in the filter's column, -1 for one that nothing has."""

    code: int
    value: str
    label: str
    chosen: bool


def known(catalogue: Catalogue, ask: Ask) -> Ask:
    """The same without topics and cities that do not exist."""
    topics = tuple(each for each in ask.topics if each in catalogue.labels)
    return replace(ask, topics=topics, cities=tuple(each for each in ask.cities if each in catalogue.cities))


class Filters:
    """What somebody asked for, laid over what the words found."""

    def __init__(self, session: Session, catalogue: Catalogue, found: Found, ask: Ask, now: datetime) -> None:
        self._catalogue, self._ask = catalogue, ask
        self._result = self._laid(session, found, now)

    @property
    def places(self) -> Places:
        """What passes every filter."""
        return self._result.places

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

    def _laid(self, session: Session, found: Found, now: datetime) -> Filtered:
        chosen = self._chosen()
        if found.scores is None and not any(chosen.values()):  # the page that most visitors see first, and the longest
            return self._catalogue.remembered(now, lambda: self._filtered(session, found.places, chosen, now))
        return self._filtered(session, found.places, chosen, now)

    def _filtered(
        self, session: Session, places: Places, chosen: Mapping[str, Sequence[int]], now: datetime
    ) -> Filtered:
        slots = self._catalogue.next_slots(session, places, now)
        return filtered(self._table(places, slots, now), places, chosen)

    def _table(self, places: Places, slots: Numbers, now: datetime) -> Mapping[str, Column]:
        columns, start = self._catalogue.columns, now.timestamp()
        at_slot = np.full(len(self._catalogue.ids), NEVER)
        at_slot[places] = slots
        low, high = self._ask.price_min, self._ask.price_max
        return {
            "topic": self._catalogue.topics,
            "language": Bits(columns.languages, len(LANGUAGES)),
            "format": Bits(columns.formats, len(FORMATS)),
            "city": One(columns.cities, len(self._catalogue.cities)),
            "length": Among(columns.length_minutes, LENGTHS),
            "free": Within(at_slot, [(start, start + days * DAY_SECONDS) for days in self._spans()]),
            "rating": Within(columns.mean_stars, [(least, np.inf) for least in RATINGS]),
            "price": Within(columns.price_minor.astype(np.float64), [(low or 0, np.inf if high is None else high)]),
        }

    def _chosen(self) -> Mapping[str, Sequence[int]]:
        ask, catalogue = self._ask, self._catalogue
        return {
            "topic": [catalogue.topic_codes[each] for each in ask.topics],
            "language": [LANGUAGES.index(each) for each in ask.languages],
            "format": [FORMATS.index(each) for each in ask.formats],
            "city": [catalogue.cities.index(each) for each in ask.cities],
            "length": [LENGTHS.index(each) for each in ask.lengths],
            "free": [self._spans().index(ask.days)] if ask.days else [],
            "rating": [RATINGS.index(ask.rating)] if ask.rating else [],
            "price": [0] if (ask.price_min, ask.price_max) != (None, None) else [],
        }

    def _spans(self) -> tuple[int, ...]:
        """Days ahead: those that pages offer, and the number that a program asked for."""
        return DAYS if self._ask.days in (0, *DAYS) else (*DAYS, self._ask.days)

    def _facet(self, name: str, label: str, choices: Iterable[Choice], single: bool = False) -> Facet:
        """An option's count is what choosing it alone would leave, under all the other filters."""
        counts = self._result.counts[name]
        counted = [Option(each.value, each.label, int(counts[each.code]), each.chosen) for each in choices]
        worth = [option for option in counted if option.count or option.chosen]
        if name in MANY:  # the chosen ones and the most frequent
            worth = sorted(worth, key=lambda option: (not option.chosen, -option.count, option.label))[:MOST_SHOWN]
        return Facet(name, label, tuple(worth), single)

    def _topics(self, language: str) -> Iterable[Choice]:
        for code, (topic_id, label) in enumerate(self._catalogue.labels.items()):
            yield Choice(code, str(topic_id), getattr(label, language), topic_id in self._ask.topics)

    def _languages(self, language: str) -> Iterable[Choice]:
        for code, name in enumerate(LANGUAGES):
            yield Choice(
                code, name, wording.capital(wording.language_name(name, language)), name in self._ask.languages
            )

    def _formats(self, labels: Mapping[str, str]) -> Iterable[Choice]:
        for code, name in enumerate(FORMATS):
            yield Choice(code, name, labels[name], name in self._ask.formats)

    def _cities(self) -> Iterable[Choice]:
        for code, city in enumerate(self._catalogue.cities):
            yield Choice(code, city, city, city in self._ask.cities)

    def _lengths(self, language: str) -> Iterable[Choice]:
        for code, minutes in enumerate(LENGTHS):
            yield Choice(code, str(minutes), wording.duration(minutes, language), minutes in self._ask.lengths)

    def _days(self, language: str) -> Iterable[Choice]:
        _, ngettext = wording.translator(language)
        for code, days in enumerate(DAYS):
            label = ngettext("Within %(num)s day", "Within %(num)s days", days)
            yield Choice(code, str(days), label, days == self._ask.days)

    def _ratings(self, language: str) -> Iterable[Choice]:
        _, _n = wording.translator(language)
        for code, least in enumerate(RATINGS):
            label = _("%(stars)s and more", stars=wording.decimal(least, language, 1 if least % 1 else 0))
            yield Choice(code, str(least), label, least == self._ask.rating)


@dataclass(frozen=True, slots=True)
class Among:
    """A column of numbers of which a few are offered as choices."""

    values: NDArray[np.int64]  # by place
    choices: Sequence[int]

    def passes(self, places: Places, chosen: Sequence[int]) -> Mask:
        """Equal to any of the chosen."""
        return np.isin(self.values[places], [self.choices[code] for code in chosen])

    def counts(self, places: Places) -> NDArray[np.int64]:
        """By choice."""
        values = self.values[places]
        return np.array([np.count_nonzero(values == each) for each in self.choices])
