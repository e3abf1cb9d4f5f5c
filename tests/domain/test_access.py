"""Who acts, and what their role may do."""

import pytest

from marketplace.domain.access import SYSTEM, Actor, Role, require
from marketplace.domain.errors import Forbidden


def test_people_have_an_id() -> None:
    assert Actor(7, Role.LEAD).id == 7


def test_the_clock_and_stripe_have_none() -> None:
    with pytest.raises(Forbidden) as refused:
        _ = SYSTEM.id
    assert refused.value.code == "sign_in_first"


def test_a_role_that_is_named_may() -> None:
    assert require(Actor(7, Role.LEAD), Role.LEAD, Role.EXPERT) is None  # type: ignore[func-returns-value]


def test_everybody_else_may_not() -> None:
    with pytest.raises(Forbidden) as refused:
        require(Actor(7, Role.LEAD), Role.ADMIN)
    assert refused.value.facts == {"roles": ["admin"]}
