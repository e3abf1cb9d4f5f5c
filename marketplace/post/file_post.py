"""The demo's post: every letter becomes a file, which /mailbox shows."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from marketplace.post.message import message_of
from marketplace.post.port import KeptLetter, Letter

_NAME = re.compile(r"[a-z0-9_-]{1,80}")


class FilePost:
    """Writes `.eml` files; the same letter twice is the same file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender
        folder.mkdir(parents=True, exist_ok=True)

    def send(self, letter: Letter) -> None:
        """Write the file whole or not at all."""
        path = self._folder / f"{_name_of(letter.message_id)}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(message_of(letter, self._sender).as_bytes())
        fresh.replace(path)

    def kept(self, limit: int) -> tuple[KeptLetter, ...]:
        """The newest letters first."""
        written = sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return tuple(_kept(path) for path in written[:limit])

    def letter(self, name: str) -> KeptLetter | None:
        """One letter by its name."""
        path = self._path(name)
        return _kept(path) if path else None

    def calendar(self, name: str) -> str | None:
        """The calendar file that came with a letter."""
        path = self._path(name)
        part = _read(path).get_body(("calendar",)) if path else None
        if part is None and path:
            part = next((each for each in _read(path).walk() if each.get_content_type() == "text/calendar"), None)
        return None if part is None else str(part.get_content())

    def _path(self, name: str) -> Path | None:
        # A name is never a path: nothing outside the folder can be asked for.
        path = self._folder / f"{name}.eml"
        return path if _NAME.fullmatch(name) and path.is_file() else None


def _name_of(message_id: str) -> str:
    local = message_id.strip("<>").partition("@")[0]
    return re.sub(r"[^a-z0-9_-]", "-", local.lower())[:80]


def _read(path: Path) -> EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError("the default policy makes EmailMessage")
    return message


def _kept(path: Path) -> KeptLetter:
    message = _read(path)
    text = message.get_body(("plain",))
    return KeptLetter(
        name=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        language=str(message["Content-Language"] or ""),
        at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        text=str(text.get_content()) if text else "",
        has_calendar=any(part.get_content_type() == "text/calendar" for part in message.walk()),
    )
