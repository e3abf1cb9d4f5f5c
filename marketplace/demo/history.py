"""All past sessions of the demo; their `days_ago` count back from the day on which the demo is filled."""

from marketplace.demo import history_intelligence, history_organisation, history_technology
from marketplace.demo.shapes import DemoPast

PAST: tuple[DemoPast, ...] = (
    *history_technology.PAST,
    *history_intelligence.PAST,
    *history_organisation.PAST,
)
