"""What sending a letter needs to know, and nothing of how."""

from dataclasses import dataclass
from typing import Protocol


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
