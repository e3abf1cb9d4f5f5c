"""A search as an address: what stands in it, and back."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from marketplace.queries.catalogue import LANGUAGES
from marketplace.queries.filters import DAYS, LENGTHS, RATINGS, SORTS, Ask
from marketplace.wording import PRICE, cents

WORDS_LENGTH = 4_000  # a pasted request of 200 words and more
MOST_PAGES = 100
PATH = "/search"


def asked(query: str) -> Ask:
    """What an address's query asks for; what makes no sense is left out."""
    return Reader(parse_qs(query)).ask()


def address(ask: Ask) -> str:
    """The search page that answers this."""
    pairs: list[tuple[str, str]] = [("q", ask.words)] if ask.words else []
    pairs += [("topic", str(each)) for each in ask.topics]
    pairs += [("language", each) for each in ask.languages]
    pairs += [("format", each) for each in ask.formats]
    pairs += [("city", each) for each in ask.cities]
    pairs += [("length", str(each)) for each in ask.lengths]
    pairs += [(name, euros(value)) for name, value in (("pmin", ask.price_min), ("pmax", ask.price_max)) if value]
    pairs += [("rating", str(ask.rating))] if ask.rating else []
    pairs += [("free", str(ask.days))] if ask.days else []
    pairs += [("sort", ask.sort)] if ask.sort != "relevance" else []
    pairs += [("page", str(ask.page))] if ask.page > 1 else []
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH


def euros(minor: int | None) -> str:
    """Cents as they are typed into a field."""
    return "" if minor is None else f"{minor / 100:.2f}".removesuffix(".00")


class Reader:
    """Reads the address; what makes no sense is left out and noted."""

    def __init__(self, query: Mapping[str, list[str]]) -> None:
        self.ignored = False
        self._query = query

    def ask(self) -> Ask:
        """The filters that make sense."""
        return Ask(
            words=" ".join(self._first("q").split())[:WORDS_LENGTH],
            topics=tuple(number for each in self._all("topic") if each and (number := self._number(each))),
            languages=self._known("language", LANGUAGES),
            formats=self._known("format", ("remote", "onsite")),
            cities=tuple(each[:80] for each in self._all("city") if each),
            price_min=self._cents("pmin"),
            price_max=self._cents("pmax"),
            lengths=tuple(int(each) for each in self._known("length", tuple(str(length) for length in LENGTHS))),
            rating=float(self._one("rating", tuple(str(rating) for rating in RATINGS)) or 0),
            days=int(self._one("free", tuple(str(days) for days in DAYS)) or 0),
            sort=self._one("sort", SORTS) or "relevance",
            page=min(MOST_PAGES, self._number(self._first("page", "1")) or 1),
        )

    def _known(self, name: str, values: tuple[str, ...]) -> tuple[str, ...]:
        given = [each for each in self._all(name) if each]
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
        typed = self._first(name).strip()
        if not typed:
            return None
        if len(typed) > 20 or not PRICE.fullmatch(typed):
            self.ignored = True
            return None
        return cents(typed) or None  # from or up to nothing is no filter

    def _all(self, name: str) -> list[str]:
        return self._query.get(name, [])

    def _first(self, name: str, default: str = "") -> str:
        return next(iter(self._all(name)), default)
