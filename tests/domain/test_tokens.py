"""What a token may hold: scopes within its owner's role, a name, a life, and not too many beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.tokens import (
    LONGEST_DAYS,
    MOST_TOKENS,
    NAME_LENGTH,
    OPEN_TO,
    USED_EVERY,
    Scope,
    check_new,
    checked_scopes,
    is_worth_noting,
    scopes_of,
)

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("role", [Role.LEAD, Role.EXPERT, Role.ADMIN])
@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_holds_what_its_owners_role_may_hold_and_nothing_else(role: Role, scope: Scope) -> None:
    assert (scope in scopes_of(role)) is (role in OPEN_TO[scope])
    if role in OPEN_TO[scope]:
        assert checked_scopes(role, [scope]) == (scope,)
    else:
        with pytest.raises(Invalid, match="scope_not_yours"):
            checked_scopes(role, [scope])


def test_scopes_come_in_their_order_and_none_or_unknown_ones_are_refused() -> None:
    assert checked_scopes(Role.EXPERT, ["money", "read"]) == (Scope.READ, Scope.MONEY)
    with pytest.raises(Invalid, match="scopes_missing"):
        checked_scopes(Role.LEAD, [])
    with pytest.raises(Invalid, match="scope_unknown"):
        checked_scopes(Role.LEAD, ["read", "everything"])


@pytest.mark.parametrize("name", ["", "  ", "n" * (NAME_LENGTH + 1)])
def test_a_token_needs_a_name_of_some_length(name: str) -> None:
    with pytest.raises(Invalid, match="token_name"):
        check_new(name, 30, 0)


@pytest.mark.parametrize("days", [0, LONGEST_DAYS + 1])
def test_a_token_lives_a_day_to_a_year(days: int) -> None:
    with pytest.raises(Invalid, match="token_days"):
        check_new("nightly export", days, 0)


@pytest.mark.parametrize("days", [1, LONGEST_DAYS])
def test_the_last_free_place_may_be_taken_and_no_further_one(days: int) -> None:
    assert check_new("n" * NAME_LENGTH, days, MOST_TOKENS - 1) is None
    with pytest.raises(Conflict, match="too_many_tokens"):
        check_new("nightly export", days, MOST_TOKENS)


@pytest.mark.parametrize(
    ("ago", "worth"), [(None, True), (USED_EVERY - timedelta(seconds=1), False), (USED_EVERY, True)]
)
def test_last_used_is_written_once_a_minute_at_most(ago: timedelta | None, worth: bool) -> None:
    assert is_worth_noting(None if ago is None else NOW - ago, NOW) is worth
