"""What comes back when a session is cancelled: a policy that is data, frozen on the booking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marketplace.domain.access import Role
from marketplace.domain.money import part_of
from marketplace.domain.price import Share, share_of

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """A lead who cancels at least `hours` before the start gets `refund_bp` basis points back."""

    hours: int
    refund_bp: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The lead's steps, most generous first; later than the last one nothing comes back.

    When the expert or the marketplace cancels, everything comes back.
    """

    steps: tuple[Step, ...]

    def capped(self, most_bp: int) -> "Policy":
        """The same steps, none of which brings more back than `most_bp` basis points."""
        return Policy(tuple(Step(step.hours, min(step.refund_bp, most_bp)) for step in self.steps))

    def as_json(self) -> dict[str, Any]:
        """The policy, ready to be stored."""
        return {"steps": [[step.hours, step.refund_bp] for step in self.steps]}


@dataclass(frozen=True, slots=True)
class Until:
    """Up to and including this moment (UTC), cancelling brings `refund_bp` basis points back."""

    moment: datetime
    refund_bp: int


STANDARD = Policy((Step(72, WHOLE_BP), Step(24, 5_000)))


def policy_from(stored: dict[str, Any]) -> Policy:
    """The policy that `as_json` wrote."""
    return Policy(tuple(Step(hours, refund_bp) for hours, refund_bp in stored["steps"]))


def moments(policy: Policy, starts_at: datetime) -> tuple[Until, ...]:
    """The steps as moments before a start, for showing the policy before the lead pays."""
    return tuple(Until(starts_at - timedelta(hours=step.hours), step.refund_bp) for step in policy.steps)


def refund_bp(policy: Policy, starts_at: datetime, now: datetime, by: Role) -> int:
    """The share that comes back, in basis points, if `by` cancels now."""
    if by is not Role.LEAD:
        return WHOLE_BP
    return next((until.refund_bp for until in moments(policy, starts_at) if now <= until.moment), 0)


@dataclass(frozen=True, slots=True)
class Paid:
    """A booking's money in cents: its price, the commission in it, and what is still kept of the price."""

    gross_minor: int
    commission_minor: int
    kept_minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of the money: cents that go back to the lead, and how the rest is divided."""

    refund_minor: int
    share: Share


def settlement(policy: Policy, paid: Paid, starts_at: datetime, now: datetime, by: Role) -> Settlement:
    """Who gets what, to the cent, when the session falls through because of `by` at `now` (UTC).

    A cancellation and an absence alike: a lead who does not come is a lead who cancels too late, an expert who does
    not come is one who cancels. What comes back is a share of the whole price, rounded half up, but never more than is
    kept; of the rest the expert has the same part as of the price.
    """
    refund = min(part_of(paid.gross_minor, refund_bp(policy, starts_at, now, by)), paid.kept_minor)
    rest = share_of(paid.kept_minor - refund, gross_minor=paid.gross_minor, commission_minor=paid.commission_minor)
    return Settlement(refund, rest)
