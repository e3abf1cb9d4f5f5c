"""The bounded cache: what was used least recently goes first."""

import threading

import pytest

from search.cache import ArrayCache


@pytest.fixture
def cache():
    """Room for two values of 1,000 bytes, with what Python needs around them."""
    return ArrayCache[str](limit=4000, size=lambda _: 1000)


def test_a_value_is_made_once(cache):
    made = []

    def make():
        made.append("once")
        return "value"

    assert cache.get("key", make) == "value"
    assert cache.get("key", make) == "value"
    assert made == ["once"]


def test_the_least_recently_used_goes_first(cache):
    cache.get("a", lambda: "a")
    cache.get("b", lambda: "b")
    cache.get("a", lambda: "never")  # used again
    cache.get("c", lambda: "c")
    assert cache.get("a", lambda: "made anew") == "a"
    assert cache.get("b", lambda: "made anew") == "made anew"


def test_it_holds_no_more_than_its_limit(cache):
    for number in range(50):
        cache.get(number, lambda: "value")
        assert cache.bytes <= 4000


def test_a_value_larger_than_the_limit_is_still_answered():
    cache = ArrayCache[str](limit=10, size=lambda _: 1000)
    assert cache.get("key", lambda: "large") == "large"


def test_a_value_made_twice_at_once_is_counted_once(cache):
    both_make = threading.Barrier(2)

    def make():
        both_make.wait(timeout=5)
        return "value"

    threads = [threading.Thread(target=cache.get, args=("key", make)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.bytes == 2000


def test_a_value_takes_the_place_of_an_earlier_one(cache):
    cache.put("a", "old")
    cache.put("a", "new")
    assert cache.peek("a") == "new"
    assert cache.bytes == 2000
    assert cache.peek("unknown") is None
