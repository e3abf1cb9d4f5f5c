"""Programs of the cast."""

from collections.abc import Callable

import pytest
from flask import Flask

from marketplace.domain.tokens import Scope
from marketplace.work import Work
from tests.api.client import Program, token_for
from tests.cast import Person

ProgramOf = Callable[..., Program]


@pytest.fixture
def program(app: Flask, work: Work) -> ProgramOf:
    """`program(cast.lea)` has all scopes of her role, `program(cast.lea, Scope.READ)` only that, `program()` none."""

    def make(person: Person | None = None, *scopes: Scope, language: str = "en") -> Program:
        return Program(app, token_for(work, person, *scopes) if person else "", language)

    return make
