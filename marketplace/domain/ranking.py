"""Every number of the ranking, in one table: the code and the page "how ranking works" both read it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def N_(message: str) -> str:  # noqa: N802  # the name under which Babel collects sentences for translation
    """Mark a sentence for translation; the page translates it."""
    return message


def _constant(value: float, meaning: str) -> Any:
    return field(default=value, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class RankingConstants:
    """Every number of the ranking; the page "how ranking works" is made from this table."""

    relevance_gate: float = _constant(
        0.15, N_("An offering less relevant than this share of the best one is left out.")
    )
    request_share: float = _constant(
        0.125, N_("Share of a request, by the rarity of its words, that an offering must speak of to be its match.")
    )
    request_near: float = _constant(
        0.4, N_("Or it must reach this part of that share, and of the most relevant offering’s relevance.")
    )
    quality_weight: float = _constant(0.65, N_("Weight of quality: ratings, recommendations and reliability."))
    response_weight: float = _constant(0.15, N_("Weight of answering requests in time."))
    fit_weight: float = _constant(0.20, N_("Weight of the fit: slot, price and format."))
    stars_share: float = _constant(0.45, N_("Share of the ratings within quality."))
    recommend_share: float = _constant(0.35, N_("Share of the private recommendations within quality."))
    reliability_share: float = _constant(0.20, N_("Share of reliability within quality."))
    slot_share: float = _constant(0.5, N_("Share of a slot soon within the fit."))
    price_share: float = _constant(0.3, N_("Share of a price within the budget within the fit."))
    format_share: float = _constant(0.2, N_("Share of the wished format within the fit."))
    newcomer_bonus: float = _constant(0.10, N_("Bonus of an offering without sessions; it fades as sessions are held."))
    load_penalty: float = _constant(0.08, N_("Deduction for an expert whose coming weeks are fully booked."))
    per_expert: int = _constant(2, N_("Most results of one expert among neighbouring ones."))
    neighbours: int = _constant(10, N_("Number of neighbouring results in which that holds."))
    first_places: int = _constant(5, N_("First results of which one is kept for a new offering."))
    newcomer_sessions: int = _constant(5, N_("An offering with fewer sessions than this is new."))
    newcomer_relevance: float = _constant(
        1 / 3, N_("A new offering must be among this share of the most relevant ones.")
    )
    stars_prior: float = _constant(5, N_("Ratings at the platform’s mean that every expert starts with."))
    half_life_days: float = _constant(365, N_("Days after which a rating weighs half."))
    harsh_prior: float = _constant(8, N_("Ratings at the platform’s mean that everybody who rates starts with."))
    company_cap: float = _constant(3, N_("Most ratings that one company’s ratings of one expert count as."))
    recommend_prior_yes: float = _constant(6, N_("Recommendations that every expert starts with."))
    recommend_prior_no: float = _constant(2, N_("Missing recommendations that every expert starts with."))
    reliability_prior_held: float = _constant(9, N_("Sessions held that every expert starts with."))
    reliability_prior_failed: float = _constant(1, N_("Sessions failed that every expert starts with."))
    response_prior_answered: float = _constant(4, N_("Requests answered that every expert starts with."))
    response_prior_missed: float = _constant(1, N_("Requests left unanswered that every expert starts with."))
    least_rater_weight: float = _constant(0.5, N_("Weight of a rating by a lead with the worst record."))
    sound_record: float = _constant(0.6, N_("Standing of a lead from which a rating weighs in full."))


CONSTANTS = RankingConstants()


@dataclass(frozen=True, slots=True)
class ConstantLine:
    """One line of the page "how ranking works"."""

    name: str
    value: float
    meaning: str  # English; a msgid


def constant_lines(constants: RankingConstants = CONSTANTS) -> tuple[ConstantLine, ...]:
    """Return the table for people, in its order."""
    return tuple(
        ConstantLine(each.name, getattr(constants, each.name), each.metadata["meaning"]) for each in fields(constants)
    )
