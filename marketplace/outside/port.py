"""What reading somebody's other calendar needs to know, and nothing of how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marketplace.domain.errors import Invalid

LONGEST_ADDRESS = 1_000


class Unreadable(Exception):
    """The calendar could not be read; `code` says why, in a word that pages have a sentence for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar as it came; `body` is None when it has not changed since the tags that we sent."""

    body: bytes | None
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class BusyWindow:
    """From when to when (UTC) busy times matter, in whose zone times without one are meant, and whose own entries
    (by the host in their UID) say nothing new."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    own_host: str


class CalendarSource(Protocol):
    """Reads other calendars."""

    def fetch(self, url: str, etag: str, modified: str) -> Fetched:
        """Get the file if it has changed; raises `Unreadable`."""
        ...

    def busy(self, body: bytes, window: BusyWindow) -> tuple[range, ...]:
        """The quarters since 1970 (UTC) that are taken, in order and without overlap; raises `Unreadable`."""
        ...


class NoCalendars:
    """Where nobody reads other calendars: every one is away."""

    def fetch(self, url: str, etag: str, modified: str) -> Fetched:
        """Never gets anything."""
        raise Unreadable("calendar_away")

    def busy(self, body: bytes, window: BusyWindow) -> tuple[range, ...]:
        """Never understands anything."""
        raise Unreadable("calendar_unreadable")


def checked_address(words: str) -> str:
    """The address as we keep it: https, with a host, without a user or password; `webcal:` is https by another name.

    Raises `Invalid` "calendar_address". Where its name leads is looked at when it is read, each time.
    """
    words = words.strip()
    if words.lower().startswith(("webcal://", "webcals://")):
        words = "https://" + words.partition("://")[2]
    try:
        parts = urlsplit(words)
        plain = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and parts.port in (None, 443)
    except ValueError:
        plain = False
    if not plain or len(words) > LONGEST_ADDRESS or not words.isascii() or not words.isprintable() or " " in words:
        raise Invalid("calendar_address", field="url")
    return words
