"""The lexicon beside the index: learned from labels that its sources left, read by every process."""

from __future__ import annotations

from collections.abc import Iterable

from search.folders import Home, write_whole
from search.lexicon import Lexicon, from_json, learn, read_labels, to_json
from search.port import Label

Stamp = tuple[int, int, int]

_NONE: Stamp = (0, 0, 0)


class Knowledge:
    """What was learned so far; another process may learn more at any time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._read: tuple[Stamp, Lexicon] = (_NONE, Lexicon())

    def lexicon(self) -> Lexicon:
        """Return the lexicon as it stands now; a look at the file tells whether it changed."""
        stamp = self._stamp()
        if stamp != self._read[0]:
            self._read = stamp, self._open()
        return self._read[1]

    def learn(self, source: str, labels: Iterable[Label]) -> int:
        """See search.port.SearchIndex."""
        file = self._home.labels(source)
        text = "".join(f"{_on_one_line(french)}\t{_on_one_line(english)}\n" for french, english in labels)
        with self._home.learning():
            if not file.exists() or file.read_text("utf-8") != text:
                write_whole(file, text)
                self._learn_from_all()
        return len(self.lexicon())

    def learn_again(self) -> None:
        """Learn from the labels that are there, unless that was done with the analysis of today."""
        with self._home.learning():
            if self._home.all_labels() and not self._home.lexicon.exists():
                self._learn_from_all()

    def _learn_from_all(self) -> None:
        labels = [label for file in self._home.all_labels() for label in read_labels(file)]
        write_whole(self._home.lexicon, to_json(learn(labels)))

    def _open(self) -> Lexicon:
        try:
            return from_json(self._home.lexicon.read_text("utf-8"))
        except FileNotFoundError:
            return Lexicon()

    def _stamp(self) -> Stamp:
        try:
            found = self._home.lexicon.stat()
        except FileNotFoundError:
            return _NONE
        return found.st_mtime_ns, found.st_size, found.st_ino


def _on_one_line(label: str) -> str:
    return " ".join(label.split())
