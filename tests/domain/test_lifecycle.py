"""A lifecycle is a table: what is not listed is refused."""

import pytest

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Forbidden
from marketplace.domain.lifecycle import Lifecycle, Move, rows

DOOR: Lifecycle[str] = Lifecycle(
    "door",
    (
        Move("shut", "open", frozenset({Role.LEAD, Role.EXPERT}), "open"),
        *rows("lock", ("open", "shut"), (Role.ADMIN,), "locked"),
    ),
)


def test_a_listed_move_leads_on() -> None:
    assert DOOR.next("shut", "open", Role.LEAD) == "open"


def test_a_move_from_another_state_is_a_conflict() -> None:
    with pytest.raises(Conflict) as refused:
        DOOR.next("locked", "open", Role.LEAD)
    assert refused.value.code == "move_not_possible"


def test_a_move_of_another_role_is_forbidden() -> None:
    with pytest.raises(Forbidden) as refused:
        DOOR.next("shut", "lock", Role.LEAD)
    assert refused.value.code == "not_your_move"


@pytest.mark.parametrize(
    ("state", "move", "role", "allowed"),
    [
        ("shut", "open", Role.EXPERT, True),
        ("shut", "open", Role.ADMIN, False),
        ("locked", "open", Role.EXPERT, False),
    ],
)
def test_a_button_shows_only_what_would_work(state: str, move: str, role: Role, allowed: bool) -> None:
    assert DOOR.allows(state, move, role) is allowed


def test_two_rows_for_one_move_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two rows"):
        Lifecycle("door", (*rows("lock", ("open", "open"), (Role.ADMIN,), "locked"),))
