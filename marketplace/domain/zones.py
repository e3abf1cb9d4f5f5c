"""The world's time zones by their IANA names."""

import functools
from zoneinfo import available_timezones


@functools.cache
def all_zones() -> tuple[str, ...]:
    """Every zone named after a place, and UTC, in alphabetical order; read from the zone data once."""
    places = {zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))}
    return tuple(sorted(places | {"UTC"}))
