"""All offerings of the demo, theme by theme; an expert's offerings stand together and keep their order."""

from marketplace.demo import (
    offerings_ai,
    offerings_data,
    offerings_finance,
    offerings_market,
    offerings_people,
    offerings_planet,
    offerings_platforms,
    offerings_product,
    offerings_security,
)
from marketplace.demo.shapes import DemoOffering

OFFERINGS: tuple[DemoOffering, ...] = (
    *offerings_security.OFFERINGS,
    *offerings_platforms.OFFERINGS,
    *offerings_data.OFFERINGS,
    *offerings_ai.OFFERINGS,
    *offerings_product.OFFERINGS,
    *offerings_market.OFFERINGS,
    *offerings_people.OFFERINGS,
    *offerings_planet.OFFERINGS,
    *offerings_finance.OFFERINGS,
)


def offerings_of(expert: str) -> tuple[DemoOffering, ...]:
    """The offerings of the expert with this key, in their order; empty when there is none."""
    return tuple(offering for offering in OFFERINGS if offering.expert == expert)
