"""Values in words: money, moments, spans and lists in French and English, for pages, letters and calendar files.

Pure: the language is an argument. French no-break spaces are U+00A0, because the fonts lack U+202F.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from babel.support import Translations

NBSP = "\u00a0"
_BREAKING = re.compile(rf"[^\S{NBSP}]+")
LANGUAGES = ("fr", "en")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«\s*([^»]+?)\s*»")
CATALOGUES = Path(__file__).parent / "translations"

# An amount in euros as people type it.
PRICE = re.compile(r"^\s*\d{1,3}(?:[   .,']?\d{3})*(?:[.,]\d{1,2})?\s*(?:€\s*)?$")

Style = Literal["long", "plain", "short", "stamp"]

_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_DAYS: dict[tuple[str, Style], str] = {
    ("fr", "long"): "EEEE d MMMM y",
    ("fr", "plain"): "EEEE d MMMM",
    ("fr", "short"): "EEE d MMM",
    ("fr", "stamp"): "dd/MM/y",
    ("en", "long"): "EEEE d MMMM y",
    ("en", "plain"): "EEEE d MMMM",
    ("en", "short"): "EEE d MMM",
    ("en", "stamp"): "d MMM y",
}


def money(minor: int, language: str, currency: str = "eur", decimals: bool | None = None) -> str:
    """Cents as an amount: "1 170 €", "€1,170"; cents are shown when there are any, or as `decimals` says."""
    shown = bool(minor % 100) if decimals is None else decimals
    pattern = _locale(language).currency_formats["standard"].pattern
    return _plain_spaces(
        format_currency(
            minor / 100,
            currency.upper(),
            format=pattern if shown else pattern.replace(".00", ""),
            currency_digits=False,
            locale=_locale(language),
        )
    )


def decimal(value: float, language: str, digits: int = 1) -> str:
    """A number with exactly so many digits behind the point: "4,9"."""
    return _plain_spaces(format_decimal(value, format=f"#,##0.{'0' * digits}", locale=_locale(language)))


def number(value: float, language: str, digits: int = 0) -> str:
    """A number with its thousands apart: "1 200", "1,200"; with at most so many digits behind the point: "2,5"."""
    pattern = f"#,##0.{'#' * digits}" if digits else "#,##0"
    return _plain_spaces(format_decimal(value, format=pattern, locale=_locale(language)))


def percent(basis_points: int, language: str, digits: int = 2) -> str:
    """Basis points as a percentage: 1500 is "15 %", "15%"; 550 is "5,5 %", with at most so many digits."""
    pattern = f"#,##0.{'#' * digits}" if digits else "#,##0"
    value = _plain_spaces(format_decimal(basis_points / 100, format=pattern, locale=_locale(language)))
    return f"{value}{NBSP}%" if language == "fr" else f"{value}%"


def day(moment: date, language: str, zone: ZoneInfo | None = None, style: Style = "long") -> str:
    """A day: "mardi 1er décembre 2026" (long), without the year (plain), "mar. 1er déc." (short), "01/12/2026" (stamp).

    An aware moment needs the zone in which its day is meant; a date has none.
    """
    when = _local_date(moment, zone)
    words = format_date(when, _DAYS[language, style], locale=_locale(language))
    return words if style == "stamp" else _first_of_month(words, when, language)


def month(first: date, language: str, *, short: bool = False) -> str:
    """A month: "novembre 2026", or "nov. 26" below a bar."""
    return format_date(first, "MMM yy" if short else "MMMM y", locale=_locale(language)).replace(" ", NBSP)


def weekday(moment: date, language: str) -> str:
    """The day of the week: "mardi"."""
    return format_date(moment, "EEEE", locale=_locale(language))


def day_tiny(moment: date, language: str) -> str:
    """A day above a small dial: "lun. 30"."""
    return format_date(moment, "EEE d", locale=_locale(language)).replace(" ", NBSP)


def day_number(moment: date, language: str) -> str:
    """The day of the month: "1er", "2"."""
    return _first_of_month(str(moment.day), moment, language)


def days(first: date, last: date, language: str) -> str:
    """A range of days, both included: "30 novembre au 4 décembre 2026"."""
    start = format_date(first, _range_start(first, last), locale=_locale(language))
    start = _first_of_month(start, first, language)
    end = _first_of_month(format_date(last, "d MMMM y", locale=_locale(language)), last, language)
    return f"{start} {_TO[language]} {end}"


def clock(moment: datetime, language: str, zone: ZoneInfo) -> str:
    """The time of day: "9 h", "9 h 30", "9:00"."""
    local = moment.astimezone(zone)
    return _wall_clock(local.hour * 60 + local.minute, language)


def _wall_clock(minutes: int, language: str) -> str:
    hour, rest = divmod(minutes, 60)
    if language == "en":
        return f"{hour}:{rest:02}"
    return f"{hour}{NBSP}h" + (f"{NBSP}{rest:02}" if rest else "")


def wall_hours(opens: int, closes: int, language: str) -> str:
    """Minutes since midnight on the wall's clock: "9 h à 18 h", "9:00 to 18:00"."""
    return f"{_wall_clock(opens, language)} {_TO_HOUR[language]} {_wall_clock(closes, language)}"


def hours(start: datetime, end: datetime, language: str, zone: ZoneInfo) -> str:
    """From one time of day to another: "9 h à 12 h", "9:00 to 12:00"."""
    return f"{clock(start, language, zone)} {_TO_HOUR[language]} {clock(end, language, zone)}"


def moment(at: datetime, language: str, zone: ZoneInfo, style: Style = "long") -> str:
    """A day and a time: "mardi 1er décembre 2026, 9 h"."""
    between = " " if style == "stamp" else ", "
    return f"{day(at, language, zone, style)}{between}{clock(at, language, zone)}"


def span(start: datetime, end: datetime, language: str, zone: ZoneInfo, style: Style = "long") -> str:
    """A day with its hours: "mardi 1er décembre 2026, 9 h à 12 h"."""
    return f"{day(start, language, zone, style)}, {hours(start, end, language, zone)}"


def duration(minutes: int, language: str) -> str:
    """A length: "3 h", "1 h 30", "45 min"."""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return f"{rest}{NBSP}min"
    if not rest:
        return f"{whole}{NBSP}h"
    return f"{whole}{NBSP}h{NBSP}{rest:02}" if language == "fr" else f"{whole}{NBSP}h {rest}{NBSP}min"


def ago(length: timedelta, language: str) -> str:
    """How long something takes or waits, in its largest unit: "2 heures"."""
    return _plain_spaces(format_timedelta(length, locale=_locale(language), threshold=1.2))


def listing(items: Sequence[str], language: str, style: Literal["standard", "or"] = "standard") -> str:
    """Several things in a sentence: "français et anglais"."""
    return format_list(list(items), style=style, locale=_locale(language))


def zone_name(zone: ZoneInfo, at: datetime, language: str) -> str:
    """A zone as people say it, with its offset at that moment: "Heure de Paris (UTC+1)"."""
    if zone.key == "UTC":
        return "UTC"
    city = _city(zone, language)
    offset = _offset(at.astimezone(zone).utcoffset() or timedelta())
    if language == "en":
        return f"{city} time ({offset})"
    of = "d’" if city[:1].lower() in "aeiouyàâéèêîôûh" else "de "
    return f"Heure {of}{city} ({offset})"


def language_name(code: str, language: str) -> str:
    """A language's name in another: "anglais"."""
    return str(_locale(language).languages.get(code, code))


def language_names(codes: Sequence[str], language: str) -> str:
    """Languages as a short list with a capital: "Français, anglais"."""
    words = ", ".join(language_name(code, language) for code in codes)
    return words[:1].upper() + words[1:]


def capital(words: str) -> str:
    """The words with a capital at their start, the rest as it was."""
    return words[:1].upper() + words[1:]


@cache
def catalogue(language: str) -> NullTranslations:
    """The compiled catalogue of a language; English is what the code says."""
    return Translations.load(CATALOGUES, [language])


class Translator:
    """`_` and `ngettext` of one language, for letters and calendar files, outside any request."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = catalogue(language)

    def gettext(self, message: str, **values: Any) -> str:
        """The message in this language, its named places filled."""
        words: str = self._catalogue.gettext(message)
        return words % values if values else words

    def ngettext(self, one: str, many: str, num: int, **values: Any) -> str:
        """The message for this many; `num` is one of the named places."""
        return self._catalogue.ngettext(one, many, num) % {"num": num, **values}


def translator(language: str) -> tuple[Callable[..., str], Callable[..., str]]:
    """`gettext, ngettext = translator("fr")`, for Jinja's `install_gettext_callables` and plain calls alike."""
    words = Translator(language)
    return words.gettext, words.ngettext


_TO = {"fr": "au", "en": "to"}
_TO_HOUR = {"fr": "à", "en": "to"}


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES[language])


@cache
def _city(zone: ZoneInfo, language: str) -> str:
    return get_timezone_location(zone, locale=_locale(language), return_city=True)


def _local_date(moment: date, zone: ZoneInfo | None) -> date:
    if not isinstance(moment, datetime):
        return moment
    if zone is None:
        raise ValueError("the day of a moment needs a zone")
    return moment.astimezone(zone).date()


def _range_start(first: date, last: date) -> str:
    if first.year != last.year:
        return "d MMMM y"
    return "d" if first.month == last.month else "d MMMM"


def _first_of_month(words: str, when: date, language: str) -> str:
    if language != "fr" or when.day != 1:
        return words
    return " ".join("1er" if word == "1" else word for word in words.split(" "))


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign, (hour, minute) = "+" if minutes >= 0 else "−", divmod(abs(minutes), 60)
    return f"UTC{sign}{hour}:{minute:02}" if minute else f"UTC{sign}{hour}"


def within_quotes(words: str) -> str:
    """Words that will stand between quotes: their own quotes become single ones."""
    return _QUOTED.sub(lambda found: f"‘{next(filter(None, found.groups()))}’", words)


def one_line(words: str) -> str:
    """Words without line ends and double spaces; a space that does not break stays one."""
    return _BREAKING.sub(" ", words).strip()


def _plain_spaces(words: str) -> str:
    return words.replace("\u202f", NBSP)


def cents(typed: str) -> int:
    """'1 170,50 €', '1,170.50' or '900' in cents; only for what the form's pattern let through."""
    whole, _, rest = re.sub(r"[^\d.,]", "", typed).replace(",", ".").rpartition(".")
    if not whole or len(rest) == 3:  # no decimals: the last point or comma, if any, parts the thousands
        return int(re.sub(r"\D", "", typed)) * 100
    return int(whole.replace(".", "")) * 100 + int(rest.ljust(2, "0"))
