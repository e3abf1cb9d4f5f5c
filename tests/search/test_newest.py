"""What is known of words is counted on from commit to commit, and is the same as if it had been looked up anew."""

import random
from itertools import islice

import numpy as np
import pytest

from search import merging
from search.lexicon import Lexicon
from search.newest import Newest
from search.port import Delete, Document, Upsert
from search.request import read_request
from search.sought import NOTHING_ADDED
from search.whoosh_index import open_index
from tests.search import reference

WORDS = ["alpha", "bravo", "chantier", "delta", "echo", "fox", "golf", "hotel", "india", "juliet"]
LONG = 6  # words of every text: the mean length stays, so that what is known of a word stays, too
REQUESTS = [*WORDS, "alpha delta golf", '"alpha bravo"', "équipe chantier"]


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    """Segments of eleven are large, and four small ones become one."""
    monkeypatch.setattr("search.frame.SMALL", 30)
    monkeypatch.setattr(merging, "LEVELS", (5, 15, 60))
    monkeypatch.setattr(merging, "TOGETHER", 4)


def texts(chance, numbers):
    return [Upsert(Document(number, "en", "", "", " ".join(chance.choices(WORDS, k=LONG)))) for number in numbers]


def commits(chance, index, count):
    """Yield after every commit that deletes some and writes others anew, and after every merge."""
    index.apply(texts(chance, range(80)), 1)
    yield
    for sequence in range(2, count + 2):
        gone, anew = chance.sample(range(80), k=2), chance.sample(range(90), k=chance.choice([2, 4, 4, 4, 40]))
        index.apply([*(Delete(number) for number in gone), *texts(chance, anew)], sequence)
        yield
        if index.tend():
            yield


def take_in(index):
    """As the follower does."""
    for _ in index._catching_up():
        pass


def scored(index, word):
    return {hit.id: hit.score for hit in index.search(word, 100).hits}


def expected(folder, word):
    return pytest.approx(reference.whoosh_scores(folder, word), rel=1e-4)


def lookup_of(word):
    request = read_request(word, Lexicon())
    ((lookup, _),) = request.wanted[0].lookups(request.title)
    return lookup


@pytest.mark.parametrize("seed", [40, 41, 42, 43])
@pytest.mark.parametrize("takes_in", [True, False], ids=["taken in beside readers", "looked up when asked for"])
def test_words_are_as_rare_as_whoosh_counts_them_whenever_they_were_last_asked_for(seed, takes_in, index, folder):
    chance, merged = random.Random(seed), 0
    for _ in commits(chance, index, 14):
        if takes_in:
            take_in(index)
        for word in chance.sample(WORDS, k=3):  # the others were last asked for some commits ago, or never
            assert scored(index, word) == expected(folder, word)
        merged += len(index._snapshot().small) > 1
    assert merged > 3, "several small segments lay behind the large one"


def test_words_are_counted_on_and_not_looked_up_again(index, monkeypatch):
    """A commit of a few texts costs no reader anything."""
    chance = random.Random(44)
    index.apply(texts(chance, range(80)), 1)
    for word in WORDS:
        index.search(word, 1)
    index.apply(texts(chance, [3, 7]), 2)
    take_in(index)
    monkeypatch.setattr(Newest, "look_up", no_call)
    assert len([scored(index, word) for word in WORDS]) == len(WORDS)


def test_a_commit_without_any_known_word_is_taken_in(index):
    index.apply(texts(random.Random(47), range(80)), 1)
    index.search("alpha", 1)
    index.apply([Upsert(Document(99, "en", "", "", "photonics " * LONG))], 2)
    take_in(index)
    assert list(scored(index, "photonics")) == [99]
    index.apply([Delete(99)], 3)
    take_in(index)
    assert not scored(index, "photonics")


@pytest.mark.parametrize("steps", range(0, 40, 3))
def test_what_was_prepared_in_part_is_right(steps, index, folder):
    """Left at any point, and put in place all the same: the rest is looked up when it is asked for."""
    chance = random.Random(48)
    for _ in commits(chance, index, 3):
        for word in WORDS[:6]:
            scored(index, word)
    index.apply(texts(chance, [3, 7, 85]), 9)
    latest = index._latest
    prepared = index._open_latest()
    for _ in islice(prepared.preparing(latest, 9.0), steps):
        pass
    prepared._is_seen, index._latest = True, prepared
    for word in reversed(WORDS):
        assert scored(index, word) == expected(folder, word)


@pytest.mark.parametrize("seed", range(50, 54))
def test_words_that_are_asked_for_and_forgotten_while_a_commit_is_taken_in_are_right(seed, index, folder):
    """A cache of three words, and readers of the snapshot before between any two steps."""
    index._found._limit = 4_000
    chance = random.Random(seed)
    for _ in commits(chance, index, 10):
        latest = index._latest
        for _ in index._catching_up():
            if latest and chance.random() < 0.3:
                latest.find([lookup_of(chance.choice(WORDS))])
        for word in chance.sample(WORDS, k=2):
            assert scored(index, word) == expected(folder, word)


def test_what_a_faster_reader_made_needless_is_thrown_away(index, folder):
    """A reader opens the generation that is being prepared: what was prepared stands on a basis that nobody has."""
    index.apply(texts(random.Random(55), range(80)), 1)
    for word in WORDS:
        index.search(word, 1)
    index.apply([Upsert(Document(81, "en", "", "", "photonics " * 50))], 2)  # the mean length changes
    catching_up = index._catching_up()
    next(catching_up)
    assert scored(index, "alpha") == expected(folder, "alpha")
    for _ in catching_up:
        pass
    assert index._found.peek(lookup_of("alpha").key).basis is index._latest.basis


def no_call(*_):
    raise AssertionError("a word was looked up")


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ("search.newest.Newest._died_since", lambda self, earlier, words: np.zeros(len(words), np.int64)),
        ("search.newest.added", lambda *_: NOTHING_ADDED),
        ("search.runs.Run.moved", lambda self, numbers: self),
    ],
    ids=["who died is not counted", "new texts are not read", "merged texts keep their numbers"],
)
def test_what_is_not_counted_on_is_noticed(target, broken, index, folder, monkeypatch):
    """Negative controls: with a part of it left out, the scores differ."""
    monkeypatch.setattr(target, broken)
    with pytest.raises((AssertionError, IndexError)):
        all_words_through_commits(index, folder)


def all_words_through_commits(index, folder):
    for _ in commits(random.Random(40), index, 14):
        take_in(index)
        for word in WORDS:
            assert scored(index, word) == expected(folder, word)


def test_whole_requests_and_their_reasons_are_the_same_as_in_an_index_opened_anew(index, folder):
    chance = random.Random(45)
    for _ in commits(chance, index, 10):
        take_in(index)
        fresh = open_index(folder)
        for request in REQUESTS:
            told = [hit.told for hit in index.search(request, 100).hits]
            again = [hit.told for hit in fresh.search(request, 100).hits]
            assert [each[0] for each in told] == [each[0] for each in again]
            assert [each[2] for each in told] == [each[2] for each in again], "the words that matched"
            assert [each[1::2] for each in told] == [pytest.approx(each[1::2], rel=1e-5) for each in again]


def test_a_reader_that_is_late_counts_in_its_own_generation(index, folder):
    """A request that began before a commit goes on while others ask in the new generation."""
    chance = random.Random(46)
    seen = []
    for _ in commits(chance, index, 8):
        seen.append((index._snapshot(), len(reference.whoosh_scores(folder, "delta"))))
        index.search("delta", 1)
    for late, holders in reversed(seen):
        (found,) = late.find([lookup_of("delta")])
        assert found.living == holders
    assert scored(index, "delta") == expected(folder, "delta"), "and leaves nothing behind"
