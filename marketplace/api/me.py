"""GET /me: whose token this is."""

from marketplace.api import here
from marketplace.api.operation import EVERYBODY, operation
from marketplace.api.shapes import Out
from marketplace.domain.errors import NotFound
from marketplace.domain.tokens import Scope


class Me(Out):
    """The account behind the token, and what the token may do."""

    account_id: int
    role: str
    company_id: int | None
    language: str
    zone: str
    scopes: list[str]


@operation("GET", "/me", tag="me", roles=EVERYBODY, scope=Scope.READ, answer=Me)
def me() -> Me:
    """Read whose token this is."""
    who = here.caller()
    if who is None:
        raise NotFound("account_unknown")
    return Me(
        account_id=who.actor.id,
        role=str(who.actor.role),
        company_id=who.actor.company_id,
        language=who.language,
        zone=who.zone,
        scopes=[str(scope) for scope in Scope if scope in who.scopes],
    )
