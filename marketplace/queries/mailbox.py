"""The demo's mailbox: the letters that became files."""

import re
from dataclasses import dataclass

from marketplace.domain.errors import NotFound
from marketplace.post.port import KeptLetter, Mailbox
from marketplace.work import Work

SHOWN = 200
_LINK = re.compile(r"https?://[^\s<>]+")


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """The newest letters, to everybody or to one address."""

    letters: tuple[KeptLetter, ...]
    to: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One letter, its text cut at the links: (words, is a link)."""

    letter: KeptLetter
    pieces: tuple[tuple[str, bool], ...]


def mailbox_page(work: Work, to: str) -> MailboxPage:
    """The mailbox; `NotFound` where letters are really sent."""
    kept = _mailbox(work).kept(SHOWN)
    shown = tuple(letter for letter in kept if to.casefold() in letter.to.casefold())
    return MailboxPage(shown, to, tuple(dict.fromkeys(letter.to for letter in kept)))


def letter_page(work: Work, name: str) -> LetterPage:
    """One letter."""
    letter = _mailbox(work).letter(name)
    if letter is None:
        raise NotFound("letter_unknown")
    return LetterPage(letter, tuple(_pieces(letter.text)))


def letter_calendar(work: Work, name: str) -> str:
    """The calendar file that came with a letter."""
    calendar = _mailbox(work).calendar(name)
    if calendar is None:
        raise NotFound("letter_unknown")
    return calendar


def _mailbox(work: Work) -> Mailbox:
    if not isinstance(work.post, Mailbox):
        raise NotFound("mailbox")
    return work.post


def _pieces(text: str) -> list[tuple[str, bool]]:
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found in _LINK.finditer(text):
        pieces += [(text[end : found.start()], False), (found.group(), True)]
        end = found.end()
    return [*pieces, (text[end:], False)]
