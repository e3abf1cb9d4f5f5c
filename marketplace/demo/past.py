"""How the demo's past is written down: one call per session, one per rating, scores as a row of digits."""

from marketplace.demo.shapes import EXPERT_DIMENSIONS, LEAD_DIMENSIONS, DemoPast, DemoRating


def held(
    expert: str,
    offering: int,
    lead: str,
    days_ago: int,
    by_lead: DemoRating,
    by_expert: DemoRating,
    reply: str = "",
) -> DemoPast:
    """A session that took place and that both sides have rated; `reply` is the expert's public answer."""
    return DemoPast(expert, offering, lead, days_ago, of_expert=by_lead, of_lead=by_expert, reply=reply)


def cancelled_late(expert: str, offering: int, lead: str, days_ago: int) -> DemoPast:
    """A session that the expert cancelled after the deadline."""
    return DemoPast(expert, offering, lead, days_ago, of_expert=None, of_lead=None, ending="late")


def absent(expert: str, offering: int, lead: str, days_ago: int) -> DemoPast:
    """A session to which the expert did not come."""
    return DemoPast(expert, offering, lead, days_ago, of_expert=None, of_lead=None, ending="absent")


def by_lead(overall: int, scores: str, comment: str, note: str = "", *, recommend: bool = True) -> DemoRating:
    """The lead on the expert: `scores` has one digit per EXPERT_DIMENSIONS; `note` is for the expert alone."""
    return _rating(overall, EXPERT_DIMENSIONS, scores, comment, note, recommend)


def by_expert(overall: int, scores: str, comment: str, note: str = "", *, recommend: bool = True) -> DemoRating:
    """The expert on the lead: `scores` has one digit per LEAD_DIMENSIONS; `note` is for the lead alone."""
    return _rating(overall, LEAD_DIMENSIONS, scores, comment, note, recommend)


def _rating(overall: int, names: tuple[str, ...], scores: str, comment: str, note: str, recommend: bool) -> DemoRating:
    dimensions = {name: int(score) for name, score in zip(names, scores, strict=True)}
    return DemoRating(overall, dimensions, comment, note, recommend)
