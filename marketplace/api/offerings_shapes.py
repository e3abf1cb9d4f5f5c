"""Offerings as they come in and go out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from marketplace.api.cards import Card
from marketplace.api.shapes import Id, In, Line, Moment, Out, Says, SlotOut, Text
from marketplace.domain.offering import (
    LENGTHS,
    MAX_PRICE_MINOR,
    MAX_QUESTION,
    MAX_QUESTIONS,
    MAX_TOPICS,
    MIN_PRICE_MINOR,
)

Title = Annotated[Line, Field(min_length=10, max_length=100), Says("title_length")]
Outcome = Annotated[Text, Field(min_length=40, max_length=1500), Says("outcome_length")]
Experience = Annotated[Text, Field(min_length=80, max_length=3000), Says("experience_length")]
Topics = Annotated[
    list[Id], Field(min_length=1, max_length=MAX_TOPICS, json_schema_extra={"uniqueItems": True}), Says("topics_count")
]
Price = Annotated[
    int,
    Field(ge=MIN_PRICE_MINOR, le=MAX_PRICE_MINOR, description="Without VAT, in cents."),
    Says("price_range"),
]
Format = Literal["remote", "onsite", "both"]
City = Annotated[Line, Field(max_length=80, description="Needed unless the format is remote."), Says("city_length")]
Question = Annotated[Line, Field(min_length=1, max_length=MAX_QUESTION)]
Questions = Annotated[list[Question], Field(max_length=MAX_QUESTIONS), Says("questions_count")]


def _offered(minutes: int) -> int:
    if minutes not in LENGTHS:
        raise PydanticCustomError("literal_error", "one of the lengths")
    return minutes


Length = Annotated[
    int, AfterValidator(_offered), Field(json_schema_extra={"enum": list(LENGTHS)}), Says("length_unknown")
]


class NewOffering(In):
    """One precise point to offer a session on."""

    language: Literal["fr", "en"]
    title: Title
    outcome: Outcome = Field(description="What the lead leaves with.")
    experience: Experience = Field(description="The lived experience behind it.")
    topics: Topics
    length_minutes: Length = 180
    price_minor: Price
    format: Format = "remote"
    city: City = ""
    questions: Questions = Field([], description="What the lead should answer to prepare.")


class OfferingChange(In):
    """Only what changes."""

    language: Literal["fr", "en"] | None = None
    title: Title | None = None
    outcome: Outcome | None = None
    experience: Experience | None = None
    topics: Topics | None = None
    length_minutes: Length | None = None
    price_minor: Price | None = None
    format: Format | None = None
    city: City | None = None
    questions: Questions | None = None


class SlotsQuery(In):
    """From when to when; four weeks from now on when left out, at most 92 days."""

    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None


class TopicOut(Out):
    """A topic in the language asked for."""

    id: int
    label: str


class PriceOut(Out):
    """A price in all its parts, in cents."""

    net: int
    vat: int
    gross: int


class ExpertOut(Out):
    """The expert beside an offering."""

    id: int
    name: str
    headline: str
    bio: str
    languages: list[str]
    verified: bool
    mean_stars: float | None
    ratings: int
    held: int = Field(description="Sessions held.")


class OwnPart(Out):
    """What only its expert sees: where offering and newest text stand, and what can be done now."""

    state: str
    revision_state: str
    reason: str = Field(description="The admins' reason, when they sent the newest text back.")
    note: str
    is_live: bool = Field(description="Whether an approved text can be found.")
    actions: list[str]
    changed_at: datetime


class OfferingOut(Out):
    """An offering; to its expert the newest text, to everybody else the approved one."""

    id: int
    state: str
    language: str
    title: str
    outcome: str
    experience: str
    topics: list[TopicOut]
    length_minutes: int
    format: str
    city: str
    questions: list[str]
    currency: str
    price: PriceOut
    expert: ExpertOut
    mean_stars: float | None
    ratings: int
    next_slots: list[SlotOut]
    url: str
    own: OwnPart | None = None


class OwnOfferingOut(Out):
    """One of the expert's own in the list."""

    id: int
    title: str
    language: str
    state: str
    revision_state: str
    price_minor: int
    currency: str
    length_minutes: int
    changed_at: datetime
    actions: list[str]


class OwnOfferings(Out):
    """All of the expert's offerings, newest first, and where the vetting stands."""

    vetting: str
    items: list[OwnOfferingOut]


class Slots(Out):
    """Free slots in order, in UTC; `zone` is the expert's."""

    offering_id: int
    length_minutes: int
    zone: str
    items: list[SlotOut]


class ExpertPageOut(Out):
    """An expert as everybody sees them."""

    id: int
    name: str
    headline: str
    bio: str
    languages: list[str]
    city: str
    vetted_at: datetime | None
    mean_stars: float | None
    ratings: int
    held: int
    offerings: list[Card]
    url: str


class Deleted(Out):
    """Whether the whole offering is gone; if not, it stands as it was before the unsubmitted text."""

    gone: bool
