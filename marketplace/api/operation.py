"""One declaration per operation: who may call it, what goes in and out. Views, guards and the description read it."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, get_type_hints

from flask import Blueprint, request
from pydantic import BaseModel
from werkzeug.wrappers import Response

from marketplace.api import here, idempotency, limits, reading
from marketplace.api.etags import is_known
from marketplace.api.here import PUBLIC
from marketplace.api.refusals import NobodyThere
from marketplace.domain.access import Role, require
from marketplace.domain.errors import Forbidden
from marketplace.domain.tokens import Scope

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

LEAD, EXPERT, ADMIN = Role.LEAD, Role.EXPERT, Role.ADMIN
EVERYBODY: Final = (LEAD, EXPERT, ADMIN)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that says more than its content: another status, where the new thing is, which version this is."""

    content: BaseModel | None = None
    status: int = 0  # 0: the operation's own
    location: str = ""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `roles` are PUBLIC or roles; `scope` is what a token must hold; `refusals` are the
    statuses that its own rules can answer; `edits` means that If-Match is required."""

    method: str
    rule: str
    tag: str
    roles: tuple[Role | str, ...]
    scope: Scope | None
    answer: type[BaseModel] | None
    status: int
    refusals: tuple[int, ...]
    edits: bool
    name: str
    words: str
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    others: dict[int, type[BaseModel]] = field(default_factory=dict)
    counted: bool = True  # probes are not: they must work while the database does not

    @property
    def is_public(self) -> bool:
        """Whether it can be called without a token."""
        return PUBLIC in self.roles

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"


OPERATIONS: list[Operation] = []

View = Callable[..., "Reply | BaseModel"]


def operation(
    method: str,
    rule: str,
    *,
    tag: str,
    roles: tuple[Role | str, ...],
    scope: Scope | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    refusals: tuple[int, ...] = (),
    edits: bool = False,
    others: dict[int, type[BaseModel]] | None = None,
    counted: bool = True,
) -> Callable[[View], View]:
    """Make a function answer at an address. It takes the address's ids, and `query` and `body` if it names them."""
    if scope is None and PUBLIC not in roles:
        raise ValueError(f"{method} {rule} needs a scope")

    def declare(function: View) -> View:
        hints = get_type_hints(function)
        declared = Operation(
            method=method,
            rule=rule,
            tag=tag,
            roles=roles,
            scope=scope,
            answer=answer,
            status=status,
            refusals=refusals,
            edits=edits,
            name=function.__name__,
            words=inspect.getdoc(function) or "",
            query=hints.get("query"),
            body=hints.get("body"),
            others=others or {},
            counted=counted,
        )
        OPERATIONS.append(declared)
        blueprint.add_url_rule(rule, declared.name, _view(declared, function), methods=[method])
        return function

    return declare


def _view(declared: Operation, function: View) -> Callable[..., Response]:
    @functools.wraps(function)
    def view(**arguments: Any) -> Response:
        limits.begin()
        try:
            here.identify()
        finally:  # a token that does not work is counted, too
            if declared.counted:
                limits.count(declared.changes)
        _admit(declared)
        _read(declared, arguments)
        if declared.method == "POST":
            return idempotency.once(lambda: _response(declared, function(**arguments)))
        return _response(declared, function(**arguments))

    view.allowed = frozenset(str(role) for role in declared.roles)  # type: ignore[attr-defined]
    view.csrf = False  # type: ignore[attr-defined]  # no cookie is read here: there is nothing to forge
    return view


def _admit(declared: Operation) -> None:
    """Role and scope. Whose thing it is, the services and queries know."""
    if declared.is_public:
        return
    who = here.caller()
    if who is None:
        raise NobodyThere("token_missing")
    require(who.actor, *(role for role in declared.roles if isinstance(role, Role)))
    if declared.scope not in who.scopes:
        raise Forbidden("scope_missing", scope=str(declared.scope))


def _read(declared: Operation, arguments: dict[str, Any]) -> None:
    query = reading.query(declared.query)
    if query is not None:
        arguments["query"] = query
    if declared.body is not None:
        arguments["body"] = reading.body(declared.body)


def _response(declared: Operation, given: Reply | BaseModel) -> Response:
    reply = given if isinstance(given, Reply) else Reply(given)
    status = reply.status or declared.status
    text = reply.content.model_dump_json() if reply.content is not None else ""
    response = Response(text, status, mimetype="application/json" if text else None)
    if not text:
        response.headers.pop("Content-Type", None)
    if reply.location:
        response.headers["Location"] = reply.location
    if reply.etag:
        response.headers["ETag"] = reply.etag
        if request.method == "GET" and is_known(reply.etag):
            response.status_code, response.data = 304, b""
    response.headers["Cache-Control"] = "private, no-cache" if here.caller() is None or reply.etag else "no-store"
    response.headers["Vary"] = "Accept-Language, Authorization"
    return response
