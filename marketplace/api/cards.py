"""An offering in a list, as it goes out."""

from pydantic import Field

from marketplace.api.shapes import Out, SlotOut, slot_out
from marketplace.queries.cards import OfferCard


class ExpertShort(Out):
    """Who offers it."""

    id: int
    name: str
    headline: str
    languages: list[str]
    mean_stars: float | None
    ratings: int
    verified: bool


class Card(Out):
    """An offering in a list. The price is without VAT, in cents."""

    offering_id: int
    title: str
    snippet: str
    language: str = Field(description="Of title and snippet.")
    expert: ExpertShort
    format: str
    city: str
    price_minor: int
    currency: str
    length_minutes: int
    next_slots: list[SlotOut]
    reasons: list[str] = Field(description="Why it is here, as sentences.")


def card_out(card: OfferCard) -> Card:
    """A card of the pages as it goes out."""
    return Card(
        offering_id=card.offering_id,
        title=card.title,
        snippet="".join(words for words, _ in card.snippet),
        language=card.text_language,
        expert=ExpertShort(
            id=card.expert_id,
            name=card.expert_name,
            headline=card.headline,
            languages=list(card.languages),
            mean_stars=card.mean_stars,
            ratings=card.ratings,
            verified=card.verified,
        ),
        format=card.format,
        city=card.city,
        price_minor=card.price_minor,
        currency=card.currency,
        length_minutes=card.length_minutes,
        next_slots=[slot_out(slot) for slot in card.next_slots],
        reasons=list(card.reasons),
    )
