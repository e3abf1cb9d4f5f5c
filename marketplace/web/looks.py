"""What the templates use beside their page: filters, translations, and what stands around every page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request
from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup

from marketplace import wording
from marketplace.domain.price import COMMISSION_BP, VAT_BP
from marketplace.queries.cards import OfferCard
from marketplace.web import form_parts, values
from marketplace.web.here import viewer

HUES = ("a", "b", "c", "d")
_HERE = Markup("<!-- told -->")


def register(app: Flask) -> None:
    """Give the templates their filters, their translations and their surroundings."""
    app.jinja_env.filters.update(values.FILTERS | form_parts.FILTERS | _PICTURES)
    app.jinja_env.globals.update(surroundings=surroundings, zone_words=values.zone_words, card_frame=card_frame)
    app.jinja_env.globals.update(vat_bp=VAT_BP, commission_bp=COMMISSION_BP)
    # Flask-Babel's own callables look up the request's locale anew for every word: a third of a list page's time.
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page; `current` where the visitor already is."""

    label: str | LazyString
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the layout shows around a page."""

    language: str
    name: str
    role: str
    nav: tuple[Link, ...]


def surroundings() -> Surroundings:
    """The header's content for who looks; asks the database nothing beyond `viewer()`."""
    who = viewer()
    return Surroundings(
        language=who.language,
        name=who.name,
        role=who.role,
        nav=tuple(_here(link) for link in NAVIGATION[who.role]),
    )


NAVIGATION = {
    "": (
        Link(lazy_gettext("Find an expert"), "/search"),
        Link(lazy_gettext("How it works"), "/how-it-works"),
    ),
    "lead": (
        Link(lazy_gettext("Find an expert"), "/search"),
        Link(lazy_gettext("My requests"), "/requests"),
        Link(lazy_gettext("My sessions"), "/bookings"),
    ),
    "expert": (
        Link(lazy_gettext("My offerings"), "/expert/offerings"),
        Link(lazy_gettext("Requests"), "/expert/requests"),
        Link(lazy_gettext("Availability"), "/expert/availability"),
        Link(lazy_gettext("Sessions"), "/bookings"),
        Link(lazy_gettext("Earnings"), "/expert/earnings"),
    ),
    "admin": (
        Link(lazy_gettext("Queue"), "/admin/queue"),
        Link(lazy_gettext("People"), "/admin/people"),
        Link(lazy_gettext("Bookings"), "/admin/bookings"),
        Link(lazy_gettext("Health"), "/admin/health"),
        Link(lazy_gettext("Journal"), "/admin/journal"),
    ),
}


def card_frame(card: OfferCard, zone: ZoneInfo | None, level: int) -> tuple[Markup, Markup]:
    """What stands before and after the part of an offering's card that depends on the search.

    Rendered once for all who read this language in this zone: on a list of 20 it is most of the page's time.
    """
    same = replace(card, snippet=(), text="", reasons=())
    return _frame(same, zone or viewer().zone, level, viewer().language)


@lru_cache(maxsize=4096)
def _frame(card: OfferCard, zone: ZoneInfo, level: int, _language: str) -> tuple[Markup, Markup]:
    template = current_app.jinja_env.get_template("macros/offer_card.html")
    rendered = template.render(card=card, zone=zone, level=level, told=_HERE)
    before, after = Markup(rendered).split(_HERE)  # noqa: S704  # the template escapes
    return before, after


def _gettext(message: str) -> str:
    return wording.catalogue(viewer().language).gettext(message)


def _ngettext(one: str, many: str, num: int) -> str:
    return wording.catalogue(viewer().language).ngettext(one, many, num)


def initials(name: str) -> str:
    """The first letters of the first and the last name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def hue(name: str) -> str:
    """One of the four colours of a face, always the same for a name."""
    return HUES[sum(name.encode()) % len(HUES)]


def bar_height(value: float, top: float) -> int:
    """The height of a bar in a chart of 88 units; what is not nothing is seen."""
    return max(round(88 * value / top), 2) if value and top else 0


def page_window(current: int, pages: int) -> tuple[int | None, ...]:
    """The page numbers to offer: the ends and those near the current one; None where some are left out."""
    shown = sorted({1, pages, *range(max(1, current - 2), min(pages, current + 2) + 1)})
    return tuple(_with_gaps(shown))


def _with_gaps(numbers: Sequence[int]) -> Iterator[int | None]:
    before = 0
    for page in numbers:
        if page > before + 1:
            yield None
        yield page
        before = page


def _here(link: Link) -> Link:
    inside = request.path == link.href or request.path.startswith(f"{link.href}/")
    return Link(link.label, link.href, current=inside)


_PICTURES = {filter_.__name__: filter_ for filter_ in (initials, hue, bar_height, page_window)}
