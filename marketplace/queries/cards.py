"""The offering card: what a list of offerings shows of each."""

from dataclasses import dataclass
from datetime import date, datetime

Quarters = frozenset[str]  # of a dial: "a" 9 to 12, "b" 12 to 15, "c" 15 to 18, "d" any other time


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One offering in a list. The price is net of VAT, in cents; `next_slot` is aware UTC, None if nothing is free."""

    offering_id: int
    title: str
    snippet: tuple[tuple[str, bool], ...]  # (words, whether they match the search)
    text_language: str  # of title and snippet
    expert_id: int
    expert_name: str
    headline: str
    languages: tuple[str, ...]
    format: str  # 'remote', 'onsite', 'both'
    city: str
    price_minor: int
    currency: str
    length_minutes: int
    mean_stars: float | None
    ratings: int
    verified: bool
    week: tuple[tuple[date, Quarters], ...]  # the coming working days, in the viewer's zone
    next_slot: datetime | None
    reasons: tuple[str, ...] = ()  # why it is shown, as sentences
    brief_id: int | None = None  # the request it is a match for: booking keeps the link

    @property
    def href(self) -> str:
        """Its page."""
        return f"/offerings/{self.offering_id}"

    @property
    def book_href(self) -> str:
        """Where to book it."""
        request = f"?request={self.brief_id}" if self.brief_id else ""
        return f"/offerings/{self.offering_id}/booking{request}"
