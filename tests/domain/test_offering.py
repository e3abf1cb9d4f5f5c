"""The limits of an offering's text, and every cell of both lifecycles."""

from dataclasses import replace
from itertools import product

import pytest

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Forbidden, Invalid
from marketplace.domain.offering import OFFERING, REVISION, OfferingState, OfferingText, RevisionState, check_text, slug

TEXT = OfferingText(
    language="en",
    title="Kubernetes threat model",
    outcome="You leave with ten gaps, ranked by risk, and a plan for the first two weeks.",
    experience="I hardened forty clusters in two banks and was on call for every one of them, for five years in a row.",
    topic_ids=(1, 2),
    length_minutes=180,
    price_minor=90_000,
    format="remote",
    city="",
    questions=("Which cloud?",),
)

OFFERING_TABLE = {
    ("draft", "edit"): ("expert", "draft"),
    ("draft", "submit"): ("expert", "in_review"),
    ("draft", "withdraw"): ("expert", "withdrawn"),
    ("in_review", "take_back"): ("expert", "draft"),
    ("in_review", "publish"): ("admin", "published"),
    ("in_review", "send_back"): ("admin", "draft"),
    ("in_review", "withdraw"): ("expert", "withdrawn"),
    ("published", "edit"): ("expert", "published"),
    ("published", "submit"): ("expert", "published"),
    ("published", "take_back"): ("expert", "published"),
    ("published", "publish"): ("admin", "published"),
    ("published", "send_back"): ("admin", "published"),
    ("published", "pause"): ("expert", "paused"),
    ("published", "withdraw"): ("expert", "withdrawn"),
    ("paused", "edit"): ("expert", "paused"),
    ("paused", "submit"): ("expert", "paused"),
    ("paused", "take_back"): ("expert", "paused"),
    ("paused", "publish"): ("admin", "paused"),
    ("paused", "send_back"): ("admin", "paused"),
    ("paused", "resume"): ("expert", "published"),
    ("paused", "withdraw"): ("expert", "withdrawn"),
}
REVISION_TABLE = {
    ("draft", "submit"): ("expert", "in_review"),
    ("in_review", "take_back"): ("expert", "draft"),
    ("in_review", "approve"): ("admin", "approved"),
    ("in_review", "request_changes"): ("admin", "changes_requested"),
    ("in_review", "reject"): ("admin", "rejected"),
    ("approved", "replace"): ("admin", "replaced"),
}


def cells(table, states):
    moves = sorted({name for _, name in table} | {"sell"})
    return list(product(states, moves, Role))


@pytest.mark.parametrize(("state", "move", "role"), cells(OFFERING_TABLE, OfferingState))
def test_every_cell_of_the_offerings_lifecycle(state, move, role):
    check_cell(OFFERING, OFFERING_TABLE, state, move, role)


@pytest.mark.parametrize(("state", "move", "role"), cells(REVISION_TABLE, RevisionState))
def test_every_cell_of_the_revisions_lifecycle(state, move, role):
    check_cell(REVISION, REVISION_TABLE, state, move, role)


def check_cell(lifecycle, table, state, move, role):
    cell = table.get((state, move))
    if cell is None:
        with pytest.raises(Conflict, match="move_not_possible"):
            lifecycle.next(state, move, role)
    elif cell[0] != role:
        with pytest.raises(Forbidden, match="not_your_move"):
            lifecycle.next(state, move, role)
    else:
        assert lifecycle.next(state, move, role) == cell[1]


def test_a_whole_text_passes():
    check_text(TEXT)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"language": "de"}, "language_unknown", "language"),
        ({"title": "x" * 9}, "title_length", "title"),
        ({"title": "x" * 101}, "title_length", "title"),
        ({"outcome": "x" * 39}, "outcome_length", "outcome"),
        ({"outcome": "x" * 1501}, "outcome_length", "outcome"),
        ({"experience": "x" * 79}, "experience_length", "experience"),
        ({"experience": "x" * 3001}, "experience_length", "experience"),
        ({"topic_ids": ()}, "topics_count", "topics"),
        ({"topic_ids": (1, 2, 3, 4)}, "topics_count", "topics"),
        ({"length_minutes": 75}, "length_unknown", "length_minutes"),
        ({"price_minor": 9_999}, "price_range", "price"),
        ({"price_minor": 500_001}, "price_range", "price"),
        ({"format": "phone"}, "format_unknown", "format"),
        ({"format": "onsite", "city": ""}, "city_missing", "city"),
        ({"city": "x" * 81}, "city_length", "city"),
        ({"questions": ("a", "b", "c", "d")}, "questions_count", "questions"),
        ({"questions": ("x" * 201,)}, "question_length", "questions"),
        ({"questions": ("",)}, "question_length", "questions"),
    ],
)
def test_a_broken_rule_names_its_field(change, code, field):
    with pytest.raises(Invalid, match=code) as refused:
        check_text(replace(TEXT, **change))
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x" * 10},
        {"title": "x" * 100},
        {"outcome": "x" * 40},
        {"outcome": "x" * 1500},
        {"experience": "x" * 80},
        {"experience": "x" * 3000},
        {"topic_ids": (1,)},
        {"topic_ids": (1, 2, 3)},
        {"price_minor": 10_000},
        {"price_minor": 500_000},
        {"format": "both", "city": "Lyon"},
        {"city": "x" * 80},
        {"questions": ()},
        {"questions": ("x" * 200,) * 3},
    ],
)
def test_the_limits_themselves_are_allowed(change):
    check_text(replace(TEXT, **change))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Bâtir un S.I. sûr", "batir-un-s-i-sur"),
        ("  Œuvre & co ! ", "uvre-co"),
        ("日本", ""),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_title_becomes_part_of_an_address(title, expected):
    assert slug(title) == expected
