"""What one operation of the API is: a method, a path, its parameters and what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field

from payments.sandbox.desk import Desk, shown
from payments.sandbox.faults import Json, invalid
from payments.sandbox.shapes import Fields

_DEEPEST_EXPANSION = 4


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its checked parameters, the ids in its path, and the address under which we were reached."""

    params: Json
    identifier: str
    address: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` is written as in Flask, with `<identifier>` for the id and `<second>` for one below it."""

    method: str
    path: str
    run: Callable[[Desk, Call], Json]
    fields: Fields = field(default_factory=dict)

    @property
    def is_v2(self) -> bool:
        """Whether it speaks JSON and includes, rather than forms and expansions."""
        return self.path.startswith("/v2/")


def expanded(desk: Desk, thing: Json, paths: list[str]) -> Json:
    """Replace ids by the objects they name; `data.` reaches into the items of a list."""
    result = shown(thing)
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST_EXPANSION:
            raise invalid("You cannot expand more than 4 levels of a property.", param="expand")
        _expand(desk, result, steps, path)
    return result


def _expand(desk: Desk, thing: Json, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    if name not in thing:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = thing[name]
    if isinstance(value, str):
        found = desk.find_any(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        thing[name] = value = shown(found)
    if rest:
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                _expand(desk, item, rest, path)
