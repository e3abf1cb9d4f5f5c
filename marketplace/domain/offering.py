"""Offerings: what one says, the limits of its text, and the lifecycles of an offering and of its revisions."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from marketplace.domain.access import Role
from marketplace.domain.errors import Invalid
from marketplace.domain.lifecycle import Lifecycle, Move, rows

LENGTHS = tuple(range(60, 241, 30))  # minutes: one to four hours, by the half hour
USUAL_LENGTH = 180
FORMATS = ("remote", "onsite", "both")
LANGUAGES = ("fr", "en")
MIN_PRICE_MINOR = 10_000  # cents, net of VAT
MAX_PRICE_MINOR = 500_000
MAX_TOPICS = 3
MAX_QUESTIONS = 3
MAX_QUESTION = 200  # characters


class OfferingState(StrEnum):
    """Where an offering stands as a whole; what it says stands in its revisions."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


class RevisionState(StrEnum):
    """Where one version of the text stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class OfferingText:
    """Everything an offering says. `price_minor` is net of VAT, in cents; topics keep the expert's order."""

    language: str
    title: str
    outcome: str
    experience: str
    topic_ids: tuple[int, ...]
    length_minutes: int
    price_minor: int
    format: str
    city: str
    questions: tuple[str, ...]


def _stays(
    states: tuple[OfferingState, ...], names: tuple[str, ...], actors: frozenset[Role]
) -> tuple[Move[OfferingState], ...]:
    return tuple(Move(state, name, actors, state) for state in states for name in names)


_EXPERT = frozenset({Role.EXPERT})
_ADMIN = frozenset({Role.ADMIN})
_O = OfferingState
_R = RevisionState

OFFERING: Lifecycle[OfferingState] = Lifecycle(
    "offering",
    (
        Move(_O.DRAFT, "submit", _EXPERT, _O.IN_REVIEW),
        Move(_O.IN_REVIEW, "take_back", _EXPERT, _O.DRAFT),
        Move(_O.IN_REVIEW, "publish", _ADMIN, _O.PUBLISHED),
        Move(_O.IN_REVIEW, "send_back", _ADMIN, _O.DRAFT),
        Move(_O.PUBLISHED, "pause", _EXPERT, _O.PAUSED),
        Move(_O.PAUSED, "resume", _EXPERT, _O.PUBLISHED),
        Move(_O.DRAFT, "edit", _EXPERT, _O.DRAFT),
        # While an approved text is live, changes to it come and go without moving the offering itself.
        *_stays((_O.PUBLISHED, _O.PAUSED), ("edit", "submit", "take_back"), _EXPERT),
        *_stays((_O.PUBLISHED, _O.PAUSED), ("publish", "send_back"), _ADMIN),
        *rows("withdraw", (_O.DRAFT, _O.IN_REVIEW, _O.PUBLISHED, _O.PAUSED), _EXPERT, _O.WITHDRAWN),
    ),
)

REVISION: Lifecycle[RevisionState] = Lifecycle(
    "revision",
    (
        Move(_R.DRAFT, "submit", _EXPERT, _R.IN_REVIEW),
        Move(_R.IN_REVIEW, "take_back", _EXPERT, _R.DRAFT),
        Move(_R.IN_REVIEW, "approve", _ADMIN, _R.APPROVED),
        Move(_R.IN_REVIEW, "request_changes", _ADMIN, _R.CHANGES_REQUESTED),
        Move(_R.IN_REVIEW, "reject", _ADMIN, _R.REJECTED),
        Move(_R.APPROVED, "replace", _ADMIN, _R.REPLACED),
    ),
)


def check_text(text: OfferingText) -> None:
    """Raise `Invalid` with the field and a code for the first rule the text breaks."""
    for field, code, broken in _rules(text):
        if broken:
            raise Invalid(code, field=field)


def words_of(text: OfferingText, topics: Mapping[int, str]) -> dict[str, str]:
    """Every field as text, so that two versions can be compared alike; the price in euros, with its cents."""
    return {
        "title": text.title,
        "outcome": text.outcome,
        "experience": text.experience,
        "topics": ", ".join(topics.get(topic_id, "?") for topic_id in text.topic_ids),
        "language": text.language,
        "length_minutes": str(text.length_minutes),
        "price": f"{text.price_minor // 100}.{text.price_minor % 100:02d}",
        "format": text.format,
        "city": text.city,
        "questions": "\n".join(text.questions),
    }


def slug(title: str) -> str:
    """The title as part of an address: 'Bâtir un S.I. sûr' -> 'batir-un-s-i-sur'. May be empty."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:80].strip("-")


def _rules(text: OfferingText) -> tuple[tuple[str, str, bool], ...]:
    return (
        ("language", "language_unknown", text.language not in LANGUAGES),
        ("title", "title_length", not 10 <= len(text.title) <= 100),
        ("outcome", "outcome_length", not 40 <= len(text.outcome) <= 1500),
        ("experience", "experience_length", not 80 <= len(text.experience) <= 3000),
        ("topics", "topics_count", not 1 <= len(set(text.topic_ids)) <= MAX_TOPICS),
        ("length_minutes", "length_unknown", text.length_minutes not in LENGTHS),
        ("price", "price_range", not MIN_PRICE_MINOR <= text.price_minor <= MAX_PRICE_MINOR),
        ("format", "format_unknown", text.format not in FORMATS),
        ("city", "city_missing", text.format != "remote" and not text.city),
        ("city", "city_length", len(text.city) > 80),
        ("questions", "questions_count", len(text.questions) > MAX_QUESTIONS),
        ("questions", "question_length", any(not 1 <= len(one) <= MAX_QUESTION for one in text.questions)),
    )
