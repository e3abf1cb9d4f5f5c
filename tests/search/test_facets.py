"""Filters and their counts agree with what plain Python counts."""

import random

import numpy as np
import pytest

from search.facets import Bits, Many, One, Within, filtered

LANGUAGES, CITIES, PRICES = range(3), range(4), [(0, 99), (100, 199), (150, 400)]


@pytest.fixture
def offerings():
    chance = random.Random(5)
    return [
        {
            "format": chance.choice([(), (0,), (1,), (0, 1)]),
            "topic": sorted(chance.sample(LANGUAGES, k=chance.randint(0, 3))),
            "city": chance.choice([*CITIES, -1]),
            "price": chance.choice([*range(0, 400, 10), float("nan")]),
        }
        for _ in range(200)
    ]


@pytest.fixture
def table(offerings):
    return {
        "format": Bits.of([each["format"] for each in offerings], 2),
        "topic": Many.of([each["topic"] for each in offerings], len(LANGUAGES)),
        "city": One(np.array([each["city"] for each in offerings], np.int32), len(CITIES)),
        "price": Within(np.array([each["price"] for each in offerings]), PRICES),
    }


def holds(offering, name, choice):
    if name in ("topic", "format"):
        return choice in offering[name]
    if name == "city":
        return choice == offering["city"]
    low, high = PRICES[choice]
    return low <= offering["price"] <= high


def passes(offering, chosen, but=""):
    return all(
        not choices or name == but or any(holds(offering, name, choice) for choice in choices)
        for name, choices in chosen.items()
    )


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"topic": [1]},
        {"topic": [0, 2], "city": []},
        {"format": [1], "topic": [2]},
        {"format": [0, 1], "city": [1]},
        {"topic": [0, 2], "city": [3]},
        {"topic": [1], "city": [0, 1, 2], "price": [0, 2]},
        {"price": [1], "city": [2]},
    ],
)
def test_every_count_is_what_the_choice_alone_would_leave_under_all_other_filters(offerings, table, chosen):
    places = np.arange(0, 200, 3)
    found = filtered(table, places, chosen)
    assert found.places.tolist() == [place for place in places.tolist() if passes(offerings[place], chosen)]
    for name, size in (("topic", 3), ("format", 2), ("city", 4), ("price", 3)):
        counted = [
            sum(passes(offerings[place], chosen, name) and holds(offerings[place], name, choice) for place in places)
            for choice in range(size)
        ]
        assert found.counts[name].tolist() == counted


def test_nothing_found_leaves_nothing(table):
    found = filtered(table, np.empty(0, np.int64), {"topic": [1]})
    assert len(found.places) == 0
    assert found.counts["city"].tolist() == [0, 0, 0, 0]


def test_a_column_is_replaced_without_the_others(table, offerings):
    dearer = {**table, "price": Within(np.full(200, 350.0), PRICES)}
    assert filtered(dearer, np.arange(200), {}).counts["price"].tolist() == [0, 0, 200]
    assert filtered(dearer, np.arange(200), {}).counts["city"] is not None
