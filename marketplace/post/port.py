"""What sending a letter needs to know, and nothing of how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, ready to send. `message_id` is stable, so a second sending of the same letter can be recognised."""

    message_id: str
    to_address: str
    to_name: str
    language: str
    subject: str
    text: str
    html: str
    calendar: str | None = None
    calendar_method: str | None = None


class PostRefused(Exception):
    """The server will never take this letter (bad address): do not try again."""


class PostUnavailable(Exception):
    """The server does not answer: try again later."""


class Post(Protocol):
    """Sends letters."""

    def send(self, letter: Letter) -> None:
        """Send once; raises `PostRefused` or `PostUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A letter that was written to a file instead of being sent: the demo's mailbox shows it."""

    name: str  # of the file, without its ending: good in an address
    to: str
    subject: str
    language: str
    at: datetime  # UTC
    text: str
    has_calendar: bool


@runtime_checkable
class Mailbox(Protocol):
    """A post that keeps what it sends. Only the demo has one."""

    def kept(self, limit: int) -> tuple[KeptLetter, ...]:
        """The newest letters first."""
        ...

    def letter(self, name: str) -> KeptLetter | None:
        """One letter by its name; None when there is none."""
        ...

    def calendar(self, name: str) -> str | None:
        """The calendar file that came with a letter."""
        ...
