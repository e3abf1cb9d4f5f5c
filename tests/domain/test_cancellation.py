"""What comes back, to the second."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.access import Role
from marketplace.domain.cancellation import (
    STANDARD,
    Paid,
    Policy,
    Settlement,
    Step,
    Until,
    moments,
    policy_from,
    settlement,
)
from marketplace.domain.price import Share

START = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
LATE = START - timedelta(hours=25)  # half comes back


def refund_for(policy: Policy, gross: int, starts_at: datetime, now: datetime, by: Role) -> int:
    return settlement(policy, Paid(gross, 0, gross), starts_at, now, by).refund_minor


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


def test_of_a_retained_half_the_expert_has_the_same_part_as_of_the_price() -> None:
    paid = Paid(36_000, 5_400, 36_000)
    assert settlement(STANDARD, paid, START, LATE, Role.LEAD) == Settlement(18_000, Share(2_700, 540, 14_760))


def test_a_lead_who_does_not_come_gets_nothing_back_and_an_expert_who_does_not_come_gets_nothing() -> None:
    paid = Paid(36_000, 5_400, 36_000)
    after = START + timedelta(minutes=15)
    assert settlement(STANDARD, paid, START, after, Role.LEAD) == Settlement(0, Share(5_400, 1_080, 29_520))
    assert settlement(STANDARD, paid, START, after, Role.EXPERT) == Settlement(36_000, Share(0, 0, 0))


@pytest.mark.parametrize(("kept", "back"), [(17_999, 17_999), (18_000, 18_000), (18_001, 18_000)])
def test_no_more_comes_back_than_is_kept_after_an_earlier_refund(kept: int, back: int) -> None:
    settled = settlement(STANDARD, Paid(36_000, 5_400, kept), START, LATE, Role.LEAD)
    assert settled.refund_minor == back
    assert settled.share.total == kept - back


@given(
    gross=st.integers(1, 1_000_000),
    commission=st.integers(0, 2_000),
    given_back=st.integers(0, 10_000),
    hours=st.integers(-2, 100),
    by=st.sampled_from([Role.LEAD, Role.EXPERT, Role.ADMIN]),
)
def test_every_cent_that_is_kept_goes_somewhere(
    gross: int, commission: int, given_back: int, hours: int, by: Role
) -> None:
    kept = gross - gross * given_back // 10_000
    settled = settlement(
        STANDARD, Paid(gross, gross * commission // 10_000, kept), START, START - timedelta(hours=hours), by
    )
    assert settled.refund_minor + settled.share.total == kept
    assert min(settled.refund_minor, settled.share.commission, settled.share.payout) >= 0


def test_a_capped_policy_keeps_its_steps_and_gives_back_no_more_than_that() -> None:
    policy = Policy((Step(72, 10_000), Step(24, 5_000), Step(1, 100)))
    assert policy.capped(5_001) == Policy((Step(72, 5_001), Step(24, 5_000), Step(1, 100)))
    assert policy.capped(0) == Policy((Step(72, 0), Step(24, 0), Step(1, 0)))
    assert policy.capped(10_000) == policy
