"""The search page: an address with filters in, a page of ranked offerings out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, request
from flask_babel import gettext, ngettext

from marketplace import wording
from marketplace.domain.access import Role
from marketplace.queries.catalogue import LANGUAGES
from marketplace.queries.filters import DAYS, LENGTHS, RATINGS, SORTS, Ask
from marketplace.queries.search import SearchPage, search_page
from marketplace.services import impressions
from marketplace.web.here import PUBLIC, Answer, Viewer, after_answer, allow, page, viewer, work
from marketplace.web.offerings_forms import PRICE, cents

blueprint = Blueprint("search", __name__)

WORDS_LENGTH = 4_000  # a pasted request of 200 words and more
MOST_PAGES = 100
_PATH = "/search"


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The query's page with what only the web knows: addresses."""

    result: SearchPage
    heading: str
    chips: tuple[Chip, ...]
    ignored: bool  # a filter in the address made no sense and was left out
    may_ask: bool  # leads publish requests, and everybody who is not signed in may become one
    url: Callable[[int], str]  # the address of a page of results
    suggestion_href: str
    request_href: str
    price_min: str  # in euros, as typed
    price_max: str
    days: tuple[int, ...] = DAYS
    sorts: tuple[str, ...] = SORTS
    languages: tuple[str, ...] = LANGUAGES


@blueprint.get("/search")
@allow(PUBLIC)
def show() -> Answer:
    """Search; an empty search shows everything, the best first."""
    who = viewer()
    read = _Reader()
    ask = read.ask()
    result = search_page(work(), ask, who.actor, who.language, who.zone)
    if ask.page > max(1, result.pages):  # an address of yesterday: show the last page there is
        ask = replace(ask, page=max(1, result.pages))
        result = search_page(work(), ask, who.actor, who.language, who.zone)
    _keep_impression(result)
    return page("search/show.html", _shown(result, read.ignored, who))


def _keep_impression(result: SearchPage) -> None:
    """Write down what was ranked, once the answer is with the reader."""
    if result.order is None or result.ask.page > 1 or not impressions.is_worth_keeping(work()):
        return
    parts, candidates = work(), result.order.shown(impressions.SHOWN)
    after_answer(lambda: impressions.keep(parts, candidates))


def _shown(result: SearchPage, ignored: bool, who: Viewer) -> Shown:
    ask = result.ask
    return Shown(
        result=result,
        heading=_heading(result),
        chips=tuple(_chips(result, who)),
        ignored=ignored or result.ignored,
        may_ask=who.actor is None or who.actor.role is Role.LEAD,
        url=lambda number: _address(replace(ask, page=number)),
        suggestion_href=_address(replace(ask, words=result.suggestion or "", page=1)),
        request_href="/requests/new" + (f"?{urlencode({'problem': ask.words})}" if ask.words else ""),
        price_min=_euros(ask.price_min),
        price_max=_euros(ask.price_max),
    )


def _heading(result: SearchPage) -> str:
    words = result.ask.words
    if not words:
        return str(ngettext("%(num)s offering", "%(num)s offerings", result.total))
    if len(words) > 60:
        return str(ngettext("%(num)s offering for your request", "%(num)s offerings for your request", result.total))
    heading = ngettext(
        "%(num)s offering for “%(words)s”", "%(num)s offerings for “%(words)s”", result.total, words=words
    )
    return str(heading)


def _chips(result: SearchPage, who: Viewer) -> Iterable[Chip]:
    ask = result.ask
    for facet in result.facets:
        for option in facet.options:
            if option.chosen:
                label = gettext("Free: %(when)s", when=option.label.lower()) if facet.name == "free" else option.label
                yield Chip(label, _address(_without(ask, facet.name, option.value)))
    if ask.price_min is not None:
        amount = wording.money(ask.price_min, who.language)
        yield Chip(gettext("From %(amount)s", amount=amount), _address(replace(ask, price_min=None, page=1)))
    if ask.price_max is not None:
        amount = wording.money(ask.price_max, who.language)
        yield Chip(gettext("Up to %(amount)s", amount=amount), _address(replace(ask, price_max=None, page=1)))


def _without(ask: Ask, facet: str, value: str) -> Ask:
    left = {
        "topic": {"topics": tuple(each for each in ask.topics if str(each) != value)},
        "language": {"languages": tuple(each for each in ask.languages if each != value)},
        "format": {"formats": tuple(each for each in ask.formats if each != value)},
        "city": {"cities": tuple(each for each in ask.cities if each != value)},
        "length": {"lengths": tuple(each for each in ask.lengths if str(each) != value)},
        "rating": {"rating": 0.0},
        "free": {"days": 0},
    }[facet]
    return replace(ask, page=1, **left)  # type: ignore[arg-type]


def _address(ask: Ask) -> str:
    pairs: list[tuple[str, str]] = [("q", ask.words)] if ask.words else []
    pairs += [("topic", str(each)) for each in ask.topics]
    pairs += [("language", each) for each in ask.languages]
    pairs += [("format", each) for each in ask.formats]
    pairs += [("city", each) for each in ask.cities]
    pairs += [("length", str(each)) for each in ask.lengths]
    pairs += [(name, _euros(value)) for name, value in (("pmin", ask.price_min), ("pmax", ask.price_max)) if value]
    pairs += [("rating", str(ask.rating))] if ask.rating else []
    pairs += [("free", str(ask.days))] if ask.days else []
    pairs += [("sort", ask.sort)] if ask.sort != "relevance" else []
    pairs += [("page", str(ask.page))] if ask.page > 1 else []
    return f"{_PATH}?{urlencode(pairs)}" if pairs else _PATH


def _euros(minor: int | None) -> str:
    return "" if minor is None else f"{minor / 100:.2f}".removesuffix(".00")


class _Reader:
    """Reads the address; what makes no sense is left out and noted."""

    def __init__(self) -> None:
        self.ignored = False

    def ask(self) -> Ask:
        return Ask(
            words=" ".join(request.args.get("q", "").split())[:WORDS_LENGTH],
            topics=tuple(number for each in request.args.getlist("topic") if each and (number := self._number(each))),
            languages=self._known("language", LANGUAGES),
            formats=self._known("format", ("remote", "onsite")),
            cities=tuple(each[:80] for each in request.args.getlist("city") if each),
            price_min=self._cents("pmin"),
            price_max=self._cents("pmax"),
            lengths=tuple(int(each) for each in self._known("length", tuple(str(length) for length in LENGTHS))),
            rating=float(self._one("rating", tuple(str(rating) for rating in RATINGS)) or 0),
            days=int(self._one("free", tuple(str(days) for days in DAYS)) or 0),
            sort=self._one("sort", SORTS) or "relevance",
            page=min(MOST_PAGES, self._number(request.args.get("page", "1")) or 1),
        )

    def _known(self, name: str, values: tuple[str, ...]) -> tuple[str, ...]:
        given = [each for each in request.args.getlist(name) if each]
        known = tuple(dict.fromkeys(each for each in given if each in values))
        self.ignored |= len(known) < len(set(given))
        return known

    def _one(self, name: str, values: tuple[str, ...]) -> str:
        return next(iter(self._known(name, values)), "")

    def _number(self, words: str) -> int:
        if words.isascii() and words.isdigit() and len(words) < 10:
            return int(words)
        self.ignored = True
        return 0

    def _cents(self, name: str) -> int | None:
        typed = request.args.get(name, "").strip()
        if not typed:
            return None
        if len(typed) > 20 or not PRICE.fullmatch(typed):
            self.ignored = True
            return None
        return cents(typed) or None  # from or up to nothing is no filter
