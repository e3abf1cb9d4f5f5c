"""The demo's post: every letter becomes a file, which /mailbox shows."""

from hashlib import sha256
from pathlib import Path

from marketplace.post.message import message_of
from marketplace.post.port import Letter


class FilePost:
    """Writes `.eml` files; the same letter twice is the same file."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender
        folder.mkdir(parents=True, exist_ok=True)

    def send(self, letter: Letter) -> None:
        """Write the file whole or not at all."""
        path = self._folder / f"{sha256(letter.message_id.encode()).hexdigest()[:24]}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(message_of(letter, self._sender).as_bytes())
        fresh.replace(path)
