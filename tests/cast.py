"""The named cast, and factories that put them on stage."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # Monday, 09:00 in Paris


class StillClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> datetime:
        """`clock.advance(hours=3)`."""
        self._now += timedelta(**by)
        return self._now
