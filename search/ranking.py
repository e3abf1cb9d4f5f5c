"""From a request to a score per document: which words count, how much, and which documents come first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.additions import Additions
from search.arrays import Floats, Numbers
from search.found import Found
from search.request import PHRASE_WEIGHT, Request, Wanted
from search.schema import EXACT, TEXT
from search.snapshot import Places, Snapshot

MOST_TERMS: Final = 60  # of a long request
_GROUP: Final = 64  # documents of which the best is looked at first
_SORTED: Final = 10  # times as many documents as are wanted that are sorted without being thinned out

_PIECE: Final = re.compile(r"\w+")


def strongest(snapshot: Snapshot, wanted: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """Return the words of a long request that tell most: by (1 + log count) x idf, never by idf alone."""
    if len(wanted) <= MOST_TERMS:
        return wanted
    strengths = [_strength(snapshot, each) for each in wanted]
    order = sorted(range(len(wanted)), key=strengths.__getitem__, reverse=True)
    return tuple([wanted[place] for place in order[:MOST_TERMS]])


def _strength(snapshot: Snapshot, wanted: Wanted) -> float:
    """A word stands where it does as it is or in its likeliest translation; no postings are read."""
    field, term = (TEXT, wanted.stems[0]) if wanted.stems else (EXACT, wanted.keys[0])
    strength = snapshot.rarities[field].get(term)  # rarity() itself, without the call
    if strength is None:
        strength = snapshot.rarity(field, term)
    if wanted.meanings:
        translated = snapshot.rarity(TEXT, wanted.meanings[0].stem)
        strength = min(strength, translated) if strength and translated else strength or translated
    return strength if wanted.times == 1 else (1 + log(wanted.times)) * strength


class Word(NamedTuple):
    """A word of a request, and where it was found."""

    wanted: Wanted
    found: list[tuple[Found, float]]  # as it is, then in translation: with what each counts, idf included

    @property
    def is_known(self) -> bool:
        """Whether any living document holds it."""
        return any(each.living for each, _ in self.found)

    def weight(self, snapshot: Snapshot) -> float:
        """Return how much the word says: (1 + log count) x idf; one that no document has says most."""
        living = max(each.living for each, _ in self.found[:2])  # as it is, and in its likeliest translation
        return self.wanted.weight * (1 + log(self.wanted.times)) * snapshot.idf(living)


def looked_up(snapshot: Snapshot, wanted: Iterable[Wanted], title: float) -> list[Word]:
    """Look the words up; `title` is what a title counts."""
    sought = [(each, each.lookups(title)) for each in wanted]
    found = iter(snapshot.find([lookup for _, lookups in sought for lookup, _ in lookups]))
    words = []
    for each, ((_, own_weight), *meant) in sought:
        counts = each.weight * each.times
        own = next(found)
        # A translation says no more than the word itself, where texts hold that.
        most = own.idf if own.living else inf
        words.append(Word(each, [(own, own.idf * own_weight * counts)]))
        for _, weight in meant:
            meaning = next(found)
            words[-1].found.append((meaning, min(meaning.idf, most) * weight * counts))
    return words


def phrased(snapshot: Snapshot, request: Request) -> list[Word]:
    """Look up what is in quotes: one more word each, where any text holds it."""
    words = []
    found_phrases = snapshot.find([lookup for _, lookup in request.phrases])
    for (written, _), found in zip(request.phrases, found_phrases, strict=True):
        if found.living:
            wanted = Wanted((written,), (), (), False, {}, weight=PHRASE_WEIGHT)
            words.append(Word(wanted, [(found, found.idf * PHRASE_WEIGHT)]))
    return words


def additions(snapshot: Snapshot, words: Iterable[Word]) -> Additions:
    """Lay out what words add: once, for `scores` and `summed` both need it."""
    return Additions(snapshot, [found for word in words for found, _ in word.found])


def scores(snapshot: Snapshot, words: Iterable[Word], added: Additions) -> Floats:
    """Return the score of every document of the snapshot, 0 where no word matches."""
    total = added.weighed([factor for word in words for _, factor in word.found])
    total[snapshot.dead] = 0
    return total


def shares(snapshot: Snapshot, words: Sequence[Word], whole: float) -> Floats:
    """Return how much of a request that weighs `whole` every document holds, from 0 to 1."""
    parts = [word.weight(snapshot) / whole for word in words]
    return np.minimum(summed(snapshot, words, parts, 0.0, additions(snapshot, words)), np.float32(1))


def summed(snapshot: Snapshot, words: Sequence[Word], parts: Sequence[float], start: float, added: Additions) -> Floats:
    """Return, for every document, `start` and the parts of those words that it holds, deleted documents included."""
    # A text may hold both a word and its translation: such a word is not added up but masked.
    alone = [part if len(word.found) == 1 else 0.0 for word, part in zip(words, parts, strict=True) for _ in word.found]
    total = added.counted(alone, start)
    for word, part in zip(words, parts, strict=True):
        if len(word.found) > 1:
            mask = np.zeros(len(total), np.bool_)
            mask[holders(snapshot, word)] = True
            total += mask * np.float32(part)
    return total


def holders(snapshot: Snapshot, word: Word) -> NDArray[np.bool_] | Numbers:
    """Return the documents that hold a word, deleted ones included: their numbers or a mask."""
    found_at = [snapshot.places(found) for found, _ in word.found]
    if len(found_at) == 1 and len(found_at[0]) == 1:
        ((first, _, documents, _),) = found_at[0]
        if documents is not None:  # one lookup counts in all languages
            return documents + np.int32(first)
    mask = np.zeros(len(snapshot.ids), np.bool_)
    for places in found_at:
        for first, last, documents, values in places:
            if documents is None:
                mask[first:last] |= values > 0
            else:
                mask[first:last][documents[values > 0]] = True
    return mask


def best(snapshot: Snapshot, total: Floats, count: int, limit: int) -> Numbers:
    """Return the best of the `count` documents that score, best first; equal scores in the order of their ids."""
    if limit <= 0 or not count:
        return np.empty(0, np.int32)
    numbers = np.flatnonzero(_among_the_best(total, limit) if count > limit else total > 0)
    found = total[numbers]
    if len(numbers) > _SORTED * limit:
        enough = found >= np.partition(found, len(found) - limit)[len(found) - limit]
        numbers, found = numbers[enough], found[enough]
    order = np.lexsort((snapshot.ids[numbers], -found))[:limit]
    return numbers[order].astype(np.int32)


def _among_the_best(total: Floats, limit: int) -> NDArray[np.bool_]:
    """Tell which documents score so high that at least so many do, and few more; all that score where it is unknown.

    The best of each group of documents are few, and so fast to partition; the worst of the `limit` highest of them is
    reached in as many groups.
    """
    tops: Floats = total[: len(total) // _GROUP * _GROUP].reshape(_GROUP, -1).max(axis=0)
    if len(tops) > limit:
        place = len(tops) - limit
        tops.partition(place)
        if tops[place] > 0:
            above: NDArray[np.bool_] = total >= tops[place]
            return above
    return total > 0


@dataclass(frozen=True, slots=True)
class Held:
    """What of a request a document holds: its words, and what these weigh."""

    words: tuple[str, ...]
    weight: float


def held_by(snapshot: Snapshot, words: Sequence[Word], numbers: Numbers) -> list[Held]:
    """Return, for each document, what it holds of the request."""
    weights = np.array([word.weight(snapshot) for word in words])
    holders = np.zeros((len(words), len(numbers)), np.bool_)
    newest = snapshot.starts[len(snapshot.large)]
    for row, word in zip(holders, words, strict=True):
        for found, _ in word.found:
            row |= _are_among(snapshot.places(found), newest, numbers)
    written: list[list[str]] = [[] for _ in numbers]
    for hit, place in zip(*(axis.tolist() for axis in holders.T.nonzero()), strict=True):
        written[hit].extend(words[place].wanted.written)
    totals = (weights @ holders).tolist() if len(words) else [0.0] * len(numbers)
    return [Held(_whole(tuple(dict.fromkeys(each))), total) for each, total in zip(written, totals, strict=True)]


def _are_among(stretches: Places, newest: int, numbers: Numbers) -> NDArray[np.bool_]:
    """Tell which of these documents hold a word that stands in these places; from `newest` on in any order."""
    among = np.zeros(len(numbers), np.bool_)
    for first, last, documents, values in stretches:
        inside = (numbers >= first) & (numbers < last)
        sought = numbers[inside] - first
        if not len(sought):
            continue
        if documents is None:
            among[inside] = values[sought] > 0
        elif first == newest:  # in any order
            are_held = np.zeros(last - first, np.bool_)
            are_held[documents[values > 0]] = True
            among[inside] = are_held[sought]
        else:
            places = np.searchsorted(documents, sought)
            is_held = documents.take(places, mode="clip") == sought
            among[inside] = is_held & (values.take(places, mode="clip") > 0)
    return among


def _whole(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out Node and js where Node.js was found."""
    if all(word.isalnum() for word in words):
        return words
    pieces = {piece for word in words for piece in _PIECE.findall(word) if piece != word}
    return tuple(word for word in words if word not in pieces)
