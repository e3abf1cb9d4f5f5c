"""What the templates use: values in the viewer's words, parts of forms, and what stands around every page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import LazyString, gettext, lazy_gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field

from marketplace import wording
from marketplace.web.here import viewer

STARTS = {"a": 9, "b": 12, "c": 15}  # the hour at which a dial's quarter begins
HUES = ("a", "b", "c", "d")


def register(app: Flask) -> None:
    """Give the templates their filters and their surroundings."""
    app.jinja_env.filters.update(_FILTERS)
    app.jinja_env.globals.update(surroundings=surroundings, zone_words=zone_words)


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


def zone_words(zone: ZoneInfo, at: datetime) -> str:
    """ "Paris time (UTC+1)" for the viewer."""
    return wording.zone_name(zone, at, viewer().language)


def money(minor: int, currency: str = "eur", decimals: bool | None = None) -> str:
    """Cents as an amount."""
    return wording.money(minor, viewer().language, currency, decimals)


def decimal(value: float, digits: int = 1) -> str:
    """A number with so many digits behind the point."""
    return wording.decimal(value, viewer().language, digits)


def number(value: int) -> str:
    """A whole number, its thousands apart."""
    return wording.number(value, viewer().language)


def percent(basis_points: int) -> str:
    """Basis points as a percentage."""
    return wording.percent(basis_points, viewer().language)


def day(at: date, zone: ZoneInfo | None = None, style: wording.Style = "long") -> str:
    """A day; a moment in the viewer's zone unless another is given."""
    return wording.day(at, viewer().language, zone or viewer().zone, style)


def iso_day(at: date, zone: ZoneInfo | None = None) -> str:
    """The same day for machines: 2026-12-01."""
    return (at.astimezone(zone or viewer().zone) if isinstance(at, datetime) else at).strftime("%Y-%m-%d")


def day_tiny(at: date) -> str:
    """A day above a small dial."""
    return wording.day_tiny(at, viewer().language)


def weekday(at: date) -> str:
    """The day of the week."""
    return wording.weekday(at, viewer().language)


def day_number(at: date) -> str:
    """The day of the month, as a heading: "2", "1er"."""
    return wording.day_number(at, viewer().language)


def days(first: date, last: date) -> str:
    """A range of days, both included."""
    return wording.days(first, last, viewer().language)


def moment(at: datetime, zone: ZoneInfo | None = None, style: wording.Style = "long") -> str:
    """A day and a time, in the viewer's zone unless another is given."""
    return wording.moment(at, viewer().language, zone or viewer().zone, style)


def clock(at: datetime, zone: ZoneInfo | None = None) -> str:
    """The time of day."""
    return wording.clock(at, viewer().language, zone or viewer().zone)


def hours(start: datetime, end: datetime, zone: ZoneInfo | None = None) -> str:
    """From one time of day to another."""
    return wording.hours(start, end, viewer().language, zone or viewer().zone)


def span(start: datetime, end: datetime, zone: ZoneInfo | None = None, style: wording.Style = "long") -> str:
    """A day with its hours."""
    return wording.span(start, end, viewer().language, zone or viewer().zone, style)


def duration(minutes: int) -> str:
    """A length."""
    return wording.duration(minutes, viewer().language)


def ago(length: timedelta) -> str:
    """How long something waits."""
    return wording.ago(length, viewer().language)


def listing(items: Iterable[str]) -> str:
    """Several things in a sentence."""
    return wording.listing([str(item) for item in items], viewer().language)


def language_name(code: str) -> str:
    """A language in the viewer's language."""
    return wording.language_name(code, viewer().language)


def language_names(codes: Sequence[str]) -> str:
    """Languages as a short list."""
    return wording.language_names(codes, viewer().language)


def dial_words(date: date, quarters: Iterable[str]) -> str:
    """What a dial of one day shows, for those who do not see it: "Monday 30 November: free at 9:00, 12:00"."""
    which = wording.capital(wording.day(date, viewer().language, style="plain"))
    free = [_hour(STARTS[quarter]) for quarter in sorted(quarters) if quarter in STARTS]
    if "d" in quarters:
        free.append(str(gettext("another time")))
    if not free:
        return str(gettext("%(day)s: no free slot", day=which))
    return str(gettext("%(day)s: free at %(hours)s", day=which, hours=", ".join(free)))


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


def flat(errors: Iterable[Any]) -> list[str]:
    """A field's messages as words; a form inside a form has its own nested."""
    return [message for _, message in _messages("", errors)]


def error_links(form: FlaskForm) -> list[tuple[str, str]]:
    """(id of the field, its message) of all errors, in the order of the fields."""
    return [link for name, errors in form.errors.items() for link in _messages(_anchor(form, name), errors)]


def error_count(form: FlaskForm) -> int:
    """How many messages the form has."""
    return len(error_links(form))


def described(field: Field, hint: str | None = None) -> Markup:
    """The attributes that tie a group to its hint and its error."""
    attributes = input_attrs(field, hint, {})
    pairs = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if name != "required")
    return Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in pairs)


def input_attrs(field: Field, hint: str | None, attrs: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an input: what the template asks for, and what ties it to its hint and its error."""
    ids = [f"{field.id}-hint"] * bool(hint) + [f"{field.id}-error"] * bool(field.errors)
    ours = {"aria_describedby": " ".join(ids)} if ids else {}
    if field.errors:
        ours["aria_invalid"] = "true"
    return {**ours, **attrs}


def _here(link: Link) -> Link:
    inside = request.path == link.href or request.path.startswith(f"{link.href}/")
    return Link(link.label, link.href, current=inside)


def _hour(hour: int) -> str:
    return f"{hour}{wording.NBSP}h" if viewer().language == "fr" else f"{hour}:00"


def _with_gaps(numbers: Sequence[int]) -> Iterator[int | None]:
    before = 0
    for page in numbers:
        if page > before + 1:
            yield None
        yield page
        before = page


def _anchor(form: FlaskForm, name: str | None) -> str:
    """The id to jump to; errors of the whole form and of hidden fields have none."""
    field = form._fields.get(name) if name else None
    return "" if field is None or field.type in ("HiddenField", "CSRFTokenField") else str(field.id)


def _messages(anchor: str, errors: Any) -> Iterator[tuple[str, str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _messages(f"{anchor}-{name}" if anchor and name else anchor, inner)
    elif isinstance(errors, list | tuple):
        for index, inner in enumerate(errors):
            nested = isinstance(inner, dict | list | tuple)
            yield from _messages(f"{anchor}-{index}" if nested and anchor else anchor, inner)
    else:
        yield anchor, str(errors)


_FILTERS = {
    filter_.__name__: filter_
    for filter_ in (
        money, decimal, number, percent, day, iso_day, day_tiny, day_number, weekday, days, moment, clock, hours, span, duration,
        ago, listing, language_name, language_names, dial_words, initials, hue, bar_height, page_window, flat,
        error_links, error_count, described, input_attrs,
    )
} | {"capital": wording.capital}  # fmt: skip
