"""What comes back, to the second."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.access import Role
from marketplace.domain.cancellation import STANDARD, Policy, Step, Until, moments, policy_from, refund_for

START = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "cents"),
    [
        (timedelta(days=30), 36_000),
        (timedelta(hours=72, seconds=1), 36_000),
        (timedelta(hours=72), 36_000),
        (timedelta(hours=72, seconds=-1), 18_000),
        (timedelta(hours=24, seconds=1), 18_000),
        (timedelta(hours=24), 18_000),
        (timedelta(hours=24, seconds=-1), 0),
        (timedelta(0), 0),
        (timedelta(seconds=-1), 0),
    ],
)
def test_a_lead_gets_back_all_half_or_nothing(before: timedelta, cents: int) -> None:
    assert refund_for(STANDARD, 36_000, START, START - before, Role.LEAD) == cents


@pytest.mark.parametrize("by", [Role.EXPERT, Role.ADMIN])
def test_everything_comes_back_when_somebody_else_cancels_however_late(by: Role) -> None:
    assert refund_for(STANDARD, 36_000, START, START, by) == 36_000


def test_half_of_an_odd_amount_is_rounded_up() -> None:
    assert refund_for(STANDARD, 35_001, START, START - timedelta(hours=25), Role.LEAD) == 17_501


def test_the_policy_is_shown_as_moments_before_the_lead_pays() -> None:
    assert moments(STANDARD, START) == (
        Until(datetime(2026, 11, 28, 11, 0, tzinfo=UTC), 10_000),
        Until(datetime(2026, 11, 30, 11, 0, tzinfo=UTC), 5_000),
    )


def test_a_policy_survives_being_stored_and_another_may_be_frozen_on_another_booking() -> None:
    strict = Policy((Step(168, 10_000),))
    assert policy_from(STANDARD.as_json()) == STANDARD
    assert policy_from(strict.as_json()) == strict
    assert refund_for(strict, 36_000, START, START - timedelta(hours=72), Role.LEAD) == 0
