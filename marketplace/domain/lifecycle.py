"""Lifecycles are tables: (from, move, actor, to). A move that is not listed raises."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Forbidden

State = TypeVar("State", bound=str)


@dataclass(frozen=True, slots=True)
class Move(Generic[State]):
    """One row: whoever has one of `actors` may lead `source` by `name` to `target`."""

    source: State
    name: str
    actors: frozenset[Role]
    target: State


@dataclass(frozen=True, slots=True)
class Lifecycle(Generic[State]):
    """All moves of one noun."""

    noun: str
    moves: tuple[Move[State], ...]
    _by_key: dict[tuple[str, str], Move[State]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key = {(str(move.source), move.name): move for move in self.moves}
        if len(by_key) != len(self.moves):
            raise ValueError(f"two rows of {self.noun} share a state and a move")
        object.__setattr__(self, "_by_key", by_key)

    def next(self, state: State, name: str, role: Role) -> State:
        """The state after the move; `Conflict` if the state does not allow it, `Forbidden` if the role does not."""
        move = self._by_key.get((str(state), name))
        if move is None:
            raise Conflict("move_not_possible", noun=self.noun, state=str(state), move=name)
        if role not in move.actors:
            raise Forbidden("not_your_move", noun=self.noun, move=name)
        return move.target

    def allows(self, state: State, name: str, role: Role) -> bool:
        """Whether `next` would succeed: for showing or hiding a button."""
        move = self._by_key.get((str(state), name))
        return move is not None and role in move.actors


def rows(name: str, sources: Iterable[State], actors: Iterable[Role], target: State) -> tuple[Move[State], ...]:
    """The same move from several states."""
    return tuple(Move(source, name, frozenset(actors), target) for source in sources)
