"""The weeks that the demo's experts work: (weekday from Monday 0, opens, closes) on their own wall clock."""

from marketplace.demo.shapes import OpenHours


def _open(days: tuple[int, ...], *spans: tuple[str, str]) -> OpenHours:
    return tuple((day, opens, closes) for day in days for opens, closes in spans)


_WEEKDAYS = (0, 1, 2, 3, 4)

FULL_WEEK = _open(_WEEKDAYS, ("09:00", "18:00"))
MIDWEEK = _open((1, 2, 3), ("09:00", "18:00"))
MON_WED_FRI = _open((0, 2, 4), ("09:00", "18:00"))
EARLY_WEEK = _open((0, 1), ("08:30", "12:30"), ("14:00", "18:00"))
TUE_THU = _open((1, 3), ("09:00", "18:00"))
MORNINGS = _open(_WEEKDAYS, ("08:00", "12:00"))
AFTERNOONS = _open(_WEEKDAYS, ("13:00", "19:00"))
EVENINGS = _open((0, 1, 2, 3), ("18:00", "21:00")) + _open((5,), ("09:00", "12:00"))
