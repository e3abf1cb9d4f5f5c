"""How often a caller may ask, counted per minute in the database; the headers say what is left."""

import threading
from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, g
from werkzeug.wrappers import Response

from marketplace.api import here
from marketplace.domain.errors import TooMany
from marketplace.services.limits import Take, take

WINDOW: Final = 60  # seconds
PARTS: Final = 20  # a window is taken in so many parts: each is one write to the database


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests per minute and caller. Without a token, `reads` are fewer: an office shares one address."""

    reads: int = 600
    changes: int = 120
    reads_without_token: int = 120

    @classmethod
    def of(cls, reads: int, changes: int) -> "Rates":
        """As an installation sets them; who comes without a token gets a fifth of the reads."""
        return cls(reads, changes, reads // 5)


@dataclass(slots=True)
class _Held:
    """What this process has taken of a caller's window and not yet given out."""

    starts_at: int
    left: int
    taken: int
    refused: bool = False


class Counter:
    """Gives out requests of the present window, from parts that it takes in the database."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self._held: dict[str, _Held] = {}
        self._window = 0
        self._lock = threading.Lock()

    def spend(self, caller: str, kind: str, most: int, now: int) -> tuple[bool, int]:
        """One request: whether it is granted, and how many are left of the window, as far as this process knows."""
        starts_at = now - now % WINDOW
        with self._lock:
            held = self._held_of(f"{kind} {caller}", starts_at)
            if held.left == 0 and not held.refused:
                self._take_part(held, f"{kind} {caller}", most)
            granted = held.left > 0
            held.left -= granted
            return granted, max(0, most - held.taken + held.left)

    def _held_of(self, key: str, starts_at: int) -> _Held:
        if self._window != starts_at:  # the last minute's counts are worth nothing any more
            self._held, self._window = {}, starts_at
        return self._held.setdefault(key, _Held(starts_at, 0, 0))

    def _take_part(self, held: _Held, key: str, most: int) -> None:
        part = max(1, most // PARTS)
        taken = take(here.work(), Take(key, held.starts_at, part, most))
        held.left, held.taken, held.refused = taken.granted, taken.taken, taken.granted == 0


def install(app: Flask, rates: Rates) -> None:
    """Keep the counter of this process, and put what is left on every answer of the API."""
    app.extensions["cadran_api_counter"] = Counter(rates)

    @app.after_request
    def _say(answer: Response) -> Response:
        told = g.get("rate")
        if told is not None:
            kind, most, left, seconds = told
            answer.headers["RateLimit-Policy"] = f'"{kind}";q={most};w={WINDOW}'
            answer.headers["RateLimit"] = f'"{kind}";r={left};t={seconds}'
        return answer


def begin() -> None:
    """Nothing is counted yet."""
    g.rate = None


def count(changes: bool) -> None:
    """Count this request; `TooMany` when the caller's minute is used up."""
    counter: Counter = current_app.extensions["cadran_api_counter"]
    kind, most = _kind(counter.rates, changes)
    now = int(here.work().now().timestamp())
    granted, left = counter.spend(here.client(), kind, most, now)
    seconds = WINDOW - now % WINDOW
    g.rate = (kind, most, left, seconds)
    if not granted:
        raise TooMany("too_many_requests", wait_seconds=seconds)


def _kind(rates: Rates, changes: bool) -> tuple[str, int]:
    if here.caller() is None:
        return "anonymous", rates.reads_without_token
    return ("changes", rates.changes) if changes else ("reads", rates.reads)
