"""What the templates use beside their page: filters, translations, and what stands around every page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, request, url_for
from markupsafe import Markup
from werkzeug.urls import iri_to_uri

from marketplace import wording
from marketplace.domain.price import COMMISSION_BP, VAT_BP
from marketplace.queries.cards import OfferCard
from marketplace.web import form_parts, values
from marketplace.web.here import viewer
from marketplace.web.spoken import spoken

HUES = ("a", "b", "c", "d")
_HERE = Markup("<!-- told -->")


def N_(message: str) -> str:  # noqa: N802  # the name under which Babel collects sentences for translation
    """Mark a sentence for translation; the page translates it."""
    return message


def register(app: Flask) -> None:
    """Give the templates their filters, their translations and their surroundings."""
    app.jinja_env.filters.update(values.FILTERS | form_parts.FILTERS | _PICTURES)
    app.jinja_env.globals.update(
        surroundings=surroundings, zone_words=values.zone_words, card_frame=card_frame, static=_static
    )
    app.jinja_env.globals.update(vat_bp=VAT_BP, commission_bp=COMMISSION_BP)
    # For templates made from a string; files are compiled per language, see `spoken`.
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page; `current` where the visitor already is."""

    label: str  # English; a msgid
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the layout shows around a page."""

    language: str
    name: str
    role: str
    here: str  # this page's address, to come back to
    nav: tuple[Link, ...]


def surroundings() -> Surroundings:
    """The header's content for who looks; asks the database nothing beyond `viewer()`."""
    who = viewer()
    return Surroundings(
        language=who.language,
        name=who.name,
        role=who.role,
        here=_address(),
        nav=_navigation(who.role, request.path),
    )


NAVIGATION = {
    "": (
        Link(N_("Find an expert"), "/search"),
        Link(N_("How it works"), "/how-it-works"),
    ),
    "lead": (
        Link(N_("Find an expert"), "/search"),
        Link(N_("My requests"), "/requests"),
        Link(N_("My sessions"), "/bookings"),
    ),
    "expert": (
        Link(N_("My offerings"), "/expert/offerings"),
        Link(N_("Requests"), "/expert/requests"),
        Link(N_("Availability"), "/expert/availability"),
        Link(N_("Sessions"), "/bookings"),
        Link(N_("Earnings"), "/expert/earnings"),
    ),
    "admin": (
        Link(N_("Queue"), "/admin/queue"),
        Link(N_("People"), "/admin/people"),
        Link(N_("Bookings"), "/admin/bookings"),
        Link(N_("Unmet demand"), "/admin/unmet-demand"),
        Link(N_("Cases"), "/admin/cases"),
        Link(N_("Health"), "/admin/health"),
        Link(N_("Journal"), "/admin/journal"),
    ),
}


def card_frame(card: OfferCard, zone: ZoneInfo | None, level: int) -> tuple[Markup, Markup]:
    """What stands before and after the part of an offering's card that depends on the search.

    Rendered once for all who read this language in this zone: on a list of 20 it is most of the page's time.
    """
    same = replace(card, snippet=(), text="", reasons=())
    return _frame(same, zone or viewer().zone, level, viewer().language)


@lru_cache(maxsize=4096)
def _frame(card: OfferCard, zone: ZoneInfo, level: int, language: str) -> tuple[Markup, Markup]:
    template = spoken(language).get_template("macros/offer_card.html")
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


def _address() -> str:
    """Of a page that was asked for; the page that a form stands on has another one, and is asked for anew."""
    return iri_to_uri(request.full_path.rstrip("?")) if request.method == "GET" else ""


@lru_cache(maxsize=256)
def _navigation(role: str, path: str) -> tuple[Link, ...]:
    return tuple(replace(link, current=_is_inside(path, link.href)) for link in NAVIGATION[role])


def _is_inside(path: str, href: str) -> bool:
    return path == href or path.startswith(f"{href}/")


@cache
def _static(filename: str) -> str:
    """The address of one of our files: its hash is worked out once a process."""
    return url_for("static", filename=filename)


_PICTURES = {filter_.__name__: filter_ for filter_ in (initials, hue, bar_height, page_window)}
