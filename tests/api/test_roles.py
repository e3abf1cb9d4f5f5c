"""P6 for programs: every operation, for everybody, with every scope."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from marketplace.api.operation import OPERATIONS, operation
from marketplace.domain.tokens import Scope, scopes_of
from marketplace.work import Work
from tests.api.client import Answer, Program, token_for
from tests.api.roles import ANYONE, LINES, Line
from tests.cast import Cast
from tests.web.world import World, build

HANDLED_BY_FLASK = {"HEAD", "OPTIONS"}
REFUSED = {401, 403, 404}
PREFIX = "/api/v1"


@pytest.fixture
def world(work: Work, cast: Cast) -> World:
    return build(work, cast)


@pytest.fixture
def programs(app: Flask, work: Work, cast: Cast, world: World) -> dict[str, Program]:
    """Everybody, with all scopes of their role."""
    app.testing = False  # an error is one line of the result, not the end of the test
    people = {who: Program(app, token_for(work, getattr(cast, who))) for who in ANYONE - {"nobody"}}
    return {"nobody": Program(app), **people}


@pytest.fixture
def poor(app: Flask, work: Work, cast: Cast, world: World, programs: dict[str, Program]) -> dict[Any, Program]:
    """(who, scope) -> a program with every scope of the role but this one."""
    found = {}
    for who in ANYONE - {"nobody"}:
        person = getattr(cast, who)
        for missing in scopes_of(person.role):
            rest = [scope for scope in scopes_of(person.role) if scope is not missing]
            found[who, missing] = Program(app, token_for(work, person, *rest))
    return found


@pytest.fixture
def rewind(rewindable: Callable[[], Callable[[], None]], poor: dict[Any, Program]) -> Callable[[], None]:
    """Puts the database back to where it was, after each try."""
    return rewindable()


def test_every_operation_has_a_line_and_every_line_an_operation(app: Flask) -> None:
    rules = {
        (method, rule.rule.removeprefix(PREFIX))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{PREFIX}/")
        for method in _methods(rule)
    }
    lines = {(line.method, line.rule) for line in LINES}
    assert sorted(rules - lines) == [], "operations without a line in tests/api/roles.py"
    assert sorted(lines - rules) == [], "lines in tests/api/roles.py without an operation"
    assert len(LINES) == len(lines), "two lines for one operation"


def test_the_table_names_the_scope_that_is_asked_for() -> None:
    declared = {(each.method, each.rule): each.scope for each in OPERATIONS}
    assert {key: scope for key, scope in _scopes().items() if key in declared} == declared


def test_everybody_meets_what_the_table_says(
    programs: dict[str, Program], world: World, rewind: Callable[[], None]
) -> None:
    wrong = []
    for line in LINES:
        for who, program in programs.items():
            answer = _try(program, line, world, rewind)
            expected = None if who in line.open_to else line.refusal(who)
            met = answer.status if answer.status in REFUSED or answer.status == 500 else None
            if met != expected:
                wrong.append(f"{line.method} {line.rule}: {who} meets {answer}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_without_its_scope_nobody_gets_in(poor: dict[Any, Program], world: World, rewind: Callable[[], None]) -> None:
    tried, wrong = 0, []
    for line in LINES:
        for who in line.open_to - {"nobody"} if line.scope else ():
            answer = _try(poor[who, line.scope], line, world, rewind)
            tried += 1
            if (answer.status, answer.code) != (403, "scope_missing"):
                wrong.append(f"{line.method} {line.rule}: {who} without {line.scope} meets {answer}")
    assert tried > len(LINES)
    assert not wrong, "\n".join(wrong)


def test_an_operation_without_a_scope_is_a_mistake() -> None:
    """The control: what is not open to everybody must name what a token needs."""
    with pytest.raises(ValueError, match="needs a scope"):
        operation("GET", "/careless", tag="x", roles=())


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - HANDLED_BY_FLASK


def _scopes() -> dict[tuple[str, str], Scope | None]:
    return {(line.method, line.rule): line.scope for line in LINES}


def _try(program: Program, line: Line, world: World, rewind: Callable[[], None]) -> Answer:
    path = line.example.format(**world.ids)
    answer = program.call(line.method, path, _filled(line.body, world), **line.headers)
    if line.method != "GET":
        rewind()
    return answer


def _filled(body: Any, world: World) -> Any:
    """The body with the world's ids in place of "{offering}"."""
    if isinstance(body, dict):
        return {name: _filled(value, world) for name, value in body.items()}
    return world.ids[body[1:-1]] if isinstance(body, str) and body[:1] == "{" else body
