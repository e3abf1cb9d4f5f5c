"""The search page: an address with filters in, a page of ranked offerings out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask_babel import gettext, ngettext

from marketplace import wording
from marketplace.domain.access import Role
from marketplace.queries.catalogue import LANGUAGES
from marketplace.queries.filters import DAYS, SORTS, Ask
from marketplace.queries.search import SearchPage, search_page
from marketplace.queries.search_address import Reader, address, euros
from marketplace.queries.suggestions import suggestions
from marketplace.services import impressions
from marketplace.web.here import PUBLIC, Answer, Viewer, after_answer, allow, page, viewer, work

blueprint = Blueprint("search", __name__)


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
    may_save: bool  # signed in, and something is asked for
    save_query: str  # this search, for saving it; '' where there is nothing to save
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
    read = Reader(request.args.to_dict(flat=False))
    ask = read.ask()
    result = search_page(work(), ask, who.actor, who.language, who.zone)
    if ask.page > max(1, result.pages):  # an address of yesterday: show the last page there is
        ask = replace(ask, page=max(1, result.pages))
        result = search_page(work(), ask, who.actor, who.language, who.zone)
    _keep_impression(result)
    return page("search/show.html", _shown(result, read.ignored, who))


@blueprint.get("/search/suggestions")
@allow(PUBLIC)
def suggest() -> Answer:
    """What somebody may be about to type, for the search field; the form works without."""
    return jsonify(suggestions(work(), request.args.get("q", ""), viewer().language))


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
        url=lambda number: address(replace(ask, page=number)),
        suggestion_href=address(replace(ask, words=result.suggestion or "", page=1)),
        request_href="/requests/new" + (f"?{urlencode({'problem': ask.words})}" if ask.words else ""),
        may_save=who.role in ("lead", "expert") and bool(_to_save(ask)),
        save_query=_to_save(ask),
        price_min=euros(ask.price_min),
        price_max=euros(ask.price_max),
    )


def _to_save(ask: Ask) -> str:
    """The query of the address, from its first page; of a search with words or filters only."""
    return address(replace(ask, page=1)).partition("?")[2]


def _heading(result: SearchPage) -> str:
    words = result.ask.words
    if not words:
        return str(ngettext("%(num)s offering", "%(num)s offerings", result.total))
    if len(words) > 60:
        return str(ngettext("%(num)s offering for your request", "%(num)s offerings for your request", result.total))
    quoted = wording.within_quotes(words)
    heading = ngettext(
        "%(num)s offering for “%(words)s”", "%(num)s offerings for “%(words)s”", result.total, words=quoted
    )
    return str(heading)


def _chips(result: SearchPage, who: Viewer) -> Iterable[Chip]:
    ask = result.ask
    for facet in result.facets:
        for option in facet.options:
            if option.chosen:
                label = gettext("Free: %(when)s", when=option.label.lower()) if facet.name == "free" else option.label
                yield Chip(label, address(_without(ask, facet.name, option.value)))
    if ask.price_min is not None:
        amount = wording.money(ask.price_min, who.language)
        yield Chip(gettext("From %(amount)s", amount=amount), address(replace(ask, price_min=None, page=1)))
    if ask.price_max is not None:
        amount = wording.money(ask.price_max, who.language)
        yield Chip(gettext("Up to %(amount)s", amount=amount), address(replace(ask, price_max=None, page=1)))


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
