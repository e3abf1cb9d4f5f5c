"""Kept answers, ranked again under changed constants."""

from dataclasses import replace

import pytest

from marketplace.domain.errors import Invalid
from marketplace.domain.matching import Candidate, Candidates, rank
from marketplace.domain.ranking import CONSTANTS
from marketplace.queries.replay import changed_constants, replay
from marketplace.services import impressions
from marketplace.work import Work
from tests.cast import StillClock

OLD_HAND = Candidate(
    offering_id=1, expert_id=1, text=1.0, stars=0.8, recommend=0.8, reliability=0.95, response=0.9, slot_soon=0.5,
    price_fit=1.0, format_fit=1.0, held_sessions=50, load=0.0,
)  # fmt: skip
NEWCOMER = replace(OLD_HAND, offering_id=2, expert_id=2, stars=0.75, held_sessions=0)


def test_a_bonus_less_sends_newcomers_down(work: Work) -> None:
    order = rank(Candidates.of([OLD_HAND, NEWCOMER]), 1)
    assert order.offering_ids() == [2, 1]
    impressions.keep(work, order.shown(impressions.SHOWN))
    found = replay(work, changed_constants({"newcomer_bonus": "0"}), days=1, most=10)
    assert (found.answers, found.changed, found.kept) == (1, 1, 1.0)
    assert [(each.offering_id, each.before, each.after) for each in found.moved] == [(1, 2, 1), (2, 1, 2)]
    assert replay(work, CONSTANTS, days=1, most=10).changed == 0


def test_what_is_kept_is_what_was_ranked(work: Work, clock: StillClock) -> None:
    impressions.keep(work, [replace(OLD_HAND, stars=1 / 3)])
    impressions.keep(work, [NEWCOMER])  # at once after it: a busy hour must not fill the database
    clock.advance(seconds=5)
    impressions.keep(work, [NEWCOMER])
    impressions.keep(work, [])
    assert replay(work, CONSTANTS, days=1, most=10).answers == 2
    assert replay(work, CONSTANTS, days=1, most=1).answers == 1
    clock.advance(days=61)
    assert impressions.sweep(work) == 2
    assert replay(work, CONSTANTS, days=100, most=10).kept == 1.0


def test_the_most_relevant_one_is_kept_even_when_it_ranks_low() -> None:
    rows = [replace(OLD_HAND, offering_id=n, expert_id=n, text=0.9, stars=0.9) for n in range(10, 45)]
    order = rank(Candidates.of([*rows, replace(OLD_HAND, text=1.0, stars=0.0, recommend=0.0)]), 1)
    kept = order.shown(30)
    assert len(kept) == 31
    assert kept[-1].offering_id == 1


@pytest.mark.parametrize("wishes", [{"nothing": "1"}, {"newcomer_bonus": "much"}, {"per_expert": "1.5"}])
def test_a_constant_that_does_not_exist_cannot_be_tried(wishes: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        changed_constants(wishes)


def test_constants_are_read_as_what_they_are() -> None:
    changed = changed_constants({"stars_prior": "5.5", "per_expert": "3"})
    assert (changed.stars_prior, changed.per_expert) == (5.5, 3)
