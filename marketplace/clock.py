"""What time it is: the real clock, and the demo's clock that can be put forward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]  # aware, UTC


def real_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class DemoClock:
    """The real time plus an offset kept in a file, so that web, worker and command line agree. Never in production."""

    def __init__(self, path: Path, real: Clock = real_clock) -> None:
        self._path = path
        self._real = real
        self._seen: tuple[int, timedelta] = (-1, timedelta())

    def __call__(self) -> datetime:
        """The demo's now, in UTC."""
        return self._real() + self.offset()

    def offset(self) -> timedelta:
        """How far the demo is ahead of the real time."""
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return timedelta()
        if changed != self._seen[0]:
            self._seen = (changed, timedelta(seconds=float(self._path.read_text(encoding="ascii") or 0)))
        return self._seen[1]

    def advance(self, by: timedelta) -> datetime:
        """Put the clock forward; it never goes back. Returns the new now."""
        if by < timedelta():
            raise ValueError("the clock only goes forward")
        total = self.offset() + by
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(total.total_seconds()), encoding="ascii")
        fresh.replace(self._path)
        return self()
