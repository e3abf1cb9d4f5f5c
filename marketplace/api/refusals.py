"""What only the API refuses: requests that no page can send. Everything else is refused by the services."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from marketplace.domain.errors import DomainError, Invalid
from marketplace.sentences import status_of


class Unreadable(DomainError):
    """The request cannot be read at all: broken JSON, a cursor that is not ours."""


class NobodyThere(DomainError):
    """The address, or what it stands for, needs to know who asks."""


class Lost(DomainError):
    """The address does not exist."""


class NotHere(DomainError):
    """The address does not take this method; `facts["allow"]` says which it takes."""


class TooLarge(DomainError):
    """The body is larger than anything this address could need."""


class NotJson(DomainError):
    """The body is something else than JSON."""


class Stale(DomainError):
    """What was to be changed is not any more what the caller has seen."""


class Unseen(DomainError):
    """A change must say what it was made from."""


@dataclasses.dataclass(frozen=True, slots=True)
class Flaw:
    """One place of a request that is wrong: `field` is a path such as "questions.1"."""

    field: str
    code: str
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def said(self) -> Invalid:
        """As a refusal of its own, for its sentence."""
        return Invalid(self.code, **{**self.facts, "field": self.field})


class Misshapen(Invalid):
    """The body or the query does not have the shape that is described; `flaws` names each place."""

    def __init__(self, code: str, flaws: tuple[Flaw, ...]) -> None:
        super().__init__(code, **{**flaws[0].facts, "field": flaws[0].field})
        self.flaws = flaws


_STATUS: dict[type[DomainError], int] = {
    Unreadable: 400,
    NobodyThere: 401,
    Lost: 404,
    NotHere: 405,
    Stale: 412,
    TooLarge: 413,
    NotJson: 415,
    Unseen: 428,
}


def http_status(error: DomainError) -> int:
    """The HTTP status of any refusal."""
    return _STATUS.get(type(error)) or status_of(error)
