"""Requests: what a lead asks for, how long it stays open, who may be invited or propose themselves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from marketplace.domain.errors import Conflict, Invalid

OPEN_FOR = timedelta(days=45)
ANSWER_WITHIN = timedelta(days=7)  # for invitations and proposals
LEVELS = ("beginner", "practising", "advanced")
FORMATS = ("", "remote", "onsite")
LANGUAGES = ("", "fr", "en")
TITLE_LENGTH = 120
SHORTEST_PROBLEM = 40  # characters: less cannot be matched
PROBLEM_LENGTH = 4000
OBJECTIVES_LENGTH = 2000
HIGHEST_BUDGET_MINOR = 1_000_000_000  # ten million euros: more is a slip, and no number a database keeps
CITY_LENGTH = 80
MOST_PARTICIPANTS = 12
MOST_INVITED = 10  # experts invited to one request
MATCHES_KEPT = 20


@dataclass(frozen=True, slots=True)
class BriefText:
    """What the lead wrote. The budget is net of VAT in cents, None for no limit; days are the lead's own."""

    title: str
    problem: str
    objectives: str
    level: str
    language: str
    earliest: date | None
    latest: date | None
    budget_minor: int | None
    format: str
    city: str
    participants: int

    @property
    def words(self) -> str:
        """What is matched: everything that says what it is about."""
        return "\n".join(part for part in (self.title, self.problem, self.objectives) if part)


def check(text: BriefText, today: date) -> None:
    """Raise `Invalid` for what cannot be matched or held."""
    if not text.title.strip() or len(text.title) > TITLE_LENGTH:
        raise Invalid("brief_title", field="title")
    if not SHORTEST_PROBLEM <= len(text.problem.strip()) <= PROBLEM_LENGTH:
        raise Invalid("brief_problem", field="problem", least=SHORTEST_PROBLEM, most=PROBLEM_LENGTH)
    if len(text.objectives) > OBJECTIVES_LENGTH:
        raise Invalid("text_too_long", field="objectives")
    if len(text.city) > CITY_LENGTH:
        raise Invalid("text_too_long", field="city")
    if text.level not in LEVELS or text.language not in LANGUAGES or text.format not in FORMATS:
        raise Invalid("brief_choice", field="level")
    if not 1 <= text.participants <= MOST_PARTICIPANTS:
        raise Invalid("brief_participants", field="participants", most=MOST_PARTICIPANTS)
    if text.budget_minor is not None and not 0 < text.budget_minor <= HIGHEST_BUDGET_MINOR:
        raise Invalid("brief_budget", field="budget")
    _check_days(text, today)


def require_open(state: str, expires_at: datetime, now: datetime) -> None:
    """Raise `Conflict` when the request is closed or has run out."""
    if state != "open" or now >= expires_at:
        raise Conflict("brief_closed")


def _check_days(text: BriefText, today: date) -> None:
    if text.latest is not None and text.latest < today:
        raise Invalid("brief_latest_past", field="latest")
    if text.earliest is not None and text.latest is not None and text.latest < text.earliest:
        raise Invalid("brief_days_crossed", field="latest")
