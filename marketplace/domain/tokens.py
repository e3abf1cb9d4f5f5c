"""Personal access tokens: what each may be used for, by whom, and for how long."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid

MARK = "cadran_"  # every token begins like this, so that scanners find one that was published by mistake
PREFIX_LENGTH = len(MARK) + 6  # of the token, kept readable, so that its owner recognises it
MOST_TOKENS = 20  # an account
NAME_LENGTH = 80
DAYS = (7, 30, 90, 365)
LONGEST_DAYS = DAYS[-1]
USED_EVERY = timedelta(minutes=1)  # "last used" is written at most this often


class Scope(StrEnum):
    """What a token may do, within what its owner may do."""

    READ = "read"
    OFFERINGS = "offerings"
    REQUESTS = "requests"
    BOOKINGS = "bookings"
    RATINGS = "ratings"
    MODERATION = "moderation"
    MONEY = "money"


_EVERYBODY = frozenset({Role.LEAD, Role.EXPERT, Role.ADMIN})
_BOTH_SIDES = frozenset({Role.LEAD, Role.EXPERT})

# Who has any use for a scope: a token never holds more than its owner may do.
OPEN_TO: dict[Scope, frozenset[Role]] = {
    Scope.READ: _EVERYBODY,
    Scope.OFFERINGS: frozenset({Role.EXPERT}),
    Scope.REQUESTS: _BOTH_SIDES,
    Scope.BOOKINGS: _EVERYBODY,
    Scope.RATINGS: _BOTH_SIDES,
    Scope.MODERATION: frozenset({Role.ADMIN}),
    Scope.MONEY: frozenset({Role.EXPERT}),
}


def scopes_of(role: Role) -> tuple[Scope, ...]:
    """The scopes that somebody of this role may give to a token."""
    return tuple(scope for scope in Scope if role in OPEN_TO[scope])


def checked_scopes(role: Role, wished: Collection[str]) -> tuple[Scope, ...]:
    """The scopes in their order; `Invalid` when there is none, for an unknown one, and for one beyond the role."""
    if not wished:
        raise Invalid("scopes_missing", field="scopes")
    if not set(wished) <= set(Scope):
        raise Invalid("scope_unknown", field="scopes")
    chosen = tuple(scope for scope in Scope if scope in wished)
    if any(role not in OPEN_TO[scope] for scope in chosen):
        raise Invalid("scope_not_yours", field="scopes")
    return chosen


def check_new(name: str, days: int, alive: int) -> None:
    """`Invalid` for a name or a life that is too long; `Conflict` when there are enough tokens already."""
    if not name.strip() or len(name) > NAME_LENGTH:
        raise Invalid("token_name", field="name", most=NAME_LENGTH)
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid("token_days", field="days", most=LONGEST_DAYS)
    if alive >= MOST_TOKENS:
        raise Conflict("too_many_tokens", most=MOST_TOKENS)


def is_worth_noting(used_at: datetime | None, now: datetime) -> bool:
    """Whether "last used" is old enough to be written again."""
    return used_at is None or now - used_at >= USED_EVERY
