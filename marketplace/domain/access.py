"""Who acts: the actor handed to every service, and what their role may do."""

from dataclasses import dataclass
from enum import StrEnum

from marketplace.domain.errors import Forbidden


class Role(StrEnum):
    """What an account is for. One account has one role."""

    LEAD = "lead"
    EXPERT = "expert"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: an account and its role; the clock and Stripe act as `SYSTEM`."""

    account_id: int | None
    role: Role
    company_id: int | None = None

    @property
    def id(self) -> int:
        """The account's id; only people have one."""
        if self.account_id is None:
            raise Forbidden("sign_in_first")
        return self.account_id


SYSTEM = Actor(None, Role.SYSTEM)


def require(actor: Actor, *roles: Role) -> None:
    """Raise `Forbidden` unless the actor has one of the roles: deny by default."""
    if actor.role not in roles:
        raise Forbidden("not_your_role", roles=[str(role) for role in roles])
