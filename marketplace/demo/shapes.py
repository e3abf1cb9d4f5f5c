"""What the demo is told in: experts, leads, topics, offerings, requests and past sessions, before any database."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["fr", "en"]
Format = Literal["remote", "onsite", "both"]
VatScheme = Literal["franchise", "fr_vat"]
Level = Literal["beginner", "practising", "advanced"]
# "late" and "absent" are the expert's doing: cancelled after the deadline, or did not come.
Ending = Literal["held", "late", "absent"]
OpenHours = tuple[tuple[int, str, str], ...]

EXPERT_DIMENSIONS = ("depth", "clarity", "preparation", "usefulness", "punctuality")
LEAD_DIMENSIONS = ("brief", "respect", "punctuality", "openness")


@dataclass(frozen=True, slots=True)
class DemoExpert:
    """An expert; `hours` are (weekday from Monday 0, opens, closes) on the wall clock of `zone`.

    All of them invoice from France, whatever their city: the demo's VAT schemes are the two French ones.
    """

    key: str
    name: str
    email: str
    city: str
    zone: str
    languages: tuple[Language, ...]
    headline: str
    bio: str
    vat: VatScheme
    hours: OpenHours
    min_notice_hours: int
    references: str


@dataclass(frozen=True, slots=True)
class DemoLead:
    """A lead and the invented company that pays."""

    key: str
    name: str
    email: str
    company: str
    zone: str
    language: Language


@dataclass(frozen=True, slots=True)
class DemoAdmin:
    """Who runs the demo's market."""

    name: str
    email: str
    zone: str
    language: Language


@dataclass(frozen=True, slots=True)
class DemoTopic:
    """A topic with its name in both languages."""

    slug: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class DemoOffering:
    """An offering; `price_minor` in euro cents, net of VAT; `city` empty when only remote."""

    expert: str
    language: Language
    title: str
    outcome: str
    experience: str
    topics: tuple[str, ...]
    price_minor: int
    length_minutes: int
    format: Format
    city: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoRating:
    """One side's word on the other: 1 to 5 overall and by dimension, a public comment, and two private answers."""

    overall: int
    dimensions: dict[str, int]
    comment: str
    private_note: str
    recommend: bool


@dataclass(frozen=True, slots=True)
class DemoPast:
    """A past booking; `offering` counts the expert's own offerings from 0; ratings only when it was held."""

    expert: str
    offering: int
    lead: str
    days_ago: int
    of_expert: DemoRating | None
    of_lead: DemoRating | None
    reply: str = ""
    ending: Ending = "held"


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """A lead's request; `language` and `format` empty mean either; `fits` names experts who should be found, none when nobody has lived it."""

    lead: str
    days_ago: int
    title: str
    problem: str
    objectives: str
    level: Level
    language: Literal["fr", "en", ""]
    budget_minor: int
    format: Literal["remote", "onsite", ""]
    city: str
    open: bool
    fits: tuple[str, ...]
