"""What can go wrong, by kind; every error has a stable code that pages and the API translate."""

from typing import Any


class DomainError(Exception):
    """A refusal with a stable `code` and the `facts` its sentence needs."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class NotFound(DomainError):
    """The thing does not exist, or not for this actor: the two must look alike."""


class Forbidden(DomainError):
    """The actor may see this but may not do it."""


class Conflict(DomainError):
    """The move is not possible in the present state, or somebody else was faster."""


class Invalid(DomainError):
    """The input breaks a rule; `facts["field"]` names the field when there is one."""


class Unavailable(DomainError):
    """A part outside Cadran (Stripe, the mail server) does not answer; nothing was lost, try again."""


class TooMany(DomainError):
    """Tried too often; `facts["wait_seconds"]` says when to try again."""
