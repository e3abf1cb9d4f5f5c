"""One search from end to end: read the request, mend what is unknown, score, pick, explain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from search.analysis import LANGUAGES, read
from search.arrays import Floats, Numbers
from search.lexicon import Lexicon
from search.port import Hit, Ids, Result
from search.ranking import (
    Request,
    Wanted,
    best,
    held_by,
    is_known,
    read_request,
    scores,
    strongest,
    translated,
    weight_of,
)
from search.snapshot import Snapshot
from search.spelling import completions, correction, likeness, spelled

FEW: Final = 5  # results, below which titles with similar letters are added
SUGGESTED: Final = 8  # words of a request, above which nobody would read a suggestion
COMPLETED: Final = 0.5  # weight of a completed word
CORRECTED: Final = 0.7
ALIKE: Final = 0.1  # below any real match

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a snapshot says to a request: a score for each of its documents, and why."""

    snapshot: Snapshot
    request: Request
    wanted: tuple[Wanted, ...]  # as looked up: unknown words put right
    strong: tuple[Wanted, ...]  # as asked for
    total: Floats  # by the number of the document
    corrections: dict[str, str]

    @property
    def suggestion(self) -> str | None:
        """The request with its unknown words put right."""
        return _suggestion(self.snapshot, self.request, self.corrections)

    def hits(self, numbers: Numbers) -> tuple[Hit, ...]:
        """Return what stands under these numbers, and the words that matched there."""
        held = held_by(self.snapshot, self.wanted, numbers)
        return tuple(
            Hit(
                int(self.snapshot.ids[number]),
                float(self.total[number]),
                each.words,
                min(1.0, each.weight / self.whole),
            )
            for number, each in zip(numbers, held, strict=True)
        )

    @property
    def whole(self) -> float:
        """What all words of the request weigh, the unknown ones included."""
        return sum(weight_of(self.snapshot, each) for each in self.strong)


def find(snapshot: Snapshot, lexicon: Lexicon, text: str, limit: int, allowed: Ids | None = None) -> Result:
    """Answer a request from a snapshot with the best documents."""
    found = answer(snapshot, lexicon, text, None if allowed is None else _mask(snapshot, allowed))
    return Result(
        hits=found.hits(best(snapshot, found.total, limit)),
        total=_count(found.total),
        suggestion=found.suggestion,
        language=found.request.language,
    )


def answer(snapshot: Snapshot, lexicon: Lexicon, text: str, allowed: Mask | None = None) -> Answer:
    """Answer a request from a snapshot with a score for every document, 0 for those that are not allowed."""
    request = translated(lexicon, read_request(text))
    strong = strongest(snapshot, request.wanted)
    unknown = [each for each in strong if not is_known(snapshot, each, strong)]
    corrections = _corrections(snapshot, unknown)
    known = (each for each in strong if each not in unknown)
    wanted = (*known, *_mended(snapshot, unknown, corrections))
    total = _allowed(scores(snapshot, wanted), allowed)
    if _count(total) < FEW:
        total = _with_alike(snapshot, request, total, allowed)
    return Answer(snapshot, request, wanted, strong, total, corrections)


def _count(total: Floats) -> int:
    return int(np.count_nonzero(total > 0))  # five times as fast as to count the floats


def _corrections(snapshot: Snapshot, unknown: Iterable[Wanted]) -> dict[str, str]:
    """Return the nearest known word for each unknown one that is not the beginning of a known one."""
    keys = [key for each in unknown for key in each.keys if not completions(snapshot, key)]
    found = {key: correction(snapshot, key) for key in keys}
    return {key: right for key, right in found.items() if right}


def _mended(snapshot: Snapshot, unknown: Iterable[Wanted], corrections: dict[str, str]) -> Iterable[Wanted]:
    for each in unknown:
        for key in each.keys:
            if key in corrections:
                yield _as(each, corrections[key], CORRECTED)
            for longer in completions(snapshot, key):
                yield _as(each, longer, COMPLETED)


def _as(wanted: Wanted, word: str, weight: float) -> Wanted:
    """Return what is wanted as if this word had been written."""
    stems = tuple(stem for each in read(word, LANGUAGES) for stem in each.stems)
    return replace(wanted, stems=stems, keys=(word,), weight=weight, meanings=())


def _allowed(total: Floats, allowed: Mask | None) -> Floats:
    return total if allowed is None else total * allowed


def _mask(snapshot: Snapshot, allowed: Ids) -> Mask:
    mask = np.zeros(len(snapshot.ids), np.bool_)
    mask[snapshot.numbers(_array(allowed))] = True
    return mask


def _array(ids: Ids) -> NDArray[np.int64]:
    return np.asarray(ids, np.int64) if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64, len(ids))


def _with_alike(snapshot: Snapshot, request: Request, total: Floats, allowed: Mask | None) -> Floats:
    alike = likeness(snapshot, {key for each in request.wanted for key in each.keys})
    return _allowed(np.where(total > 0, total, alike * snapshot.alive * np.float32(ALIKE)), allowed)


def _suggestion(snapshot: Snapshot, request: Request, corrections: dict[str, str]) -> str | None:
    if not corrections or len(request.words) > SUGGESTED:
        return None
    text = request.text
    for word in reversed(request.words):
        if word.key in corrections:
            text = text[: word.start] + spelled(snapshot, corrections[word.key]) + text[word.end :]
    return text
