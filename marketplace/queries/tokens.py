"""Personal access tokens: who asks with one, and the owner's list."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.domain.access import Actor, Role
from marketplace.domain.tokens import Scope
from marketplace.store import tokens
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks with a token: the owner, and how much of what they may do the token may."""

    actor: Actor
    token_id: int
    scopes: frozenset[Scope]
    language: str
    zone: str
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A token in its owner's list; `is_over` when it ran out."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    is_over: bool


def caller_of(work: Work, token: str) -> Caller | None:
    """Who asks, in one query; None for a token that is unknown, too old, revoked, or of a suspended account."""
    with work.reading() as session:
        found = tokens.owner_of(session, token)
    if found is None or found.suspended or found.expires_at <= work.now():
        return None
    return Caller(
        actor=Actor(found.account_id, Role(found.role), found.company_id),
        token_id=found.token_id,
        scopes=frozenset(Scope(scope) for scope in found.scopes if scope in set(Scope)),
        language=found.language,
        zone=found.zone,
        used_at=found.used_at,
    )


def own_tokens(work: Work, actor: Actor) -> tuple[OwnToken, ...]:
    """The actor's tokens, newest first. One query."""
    now = work.now()
    with work.reading() as session:
        rows = tokens.tokens_of(session, actor.id)
    return tuple(
        OwnToken(
            row.id,
            row.name,
            row.prefix,
            tuple(row.scopes),
            row.created_at,
            row.expires_at,
            row.used_at,
            is_over=row.expires_at <= now,
        )
        for row in rows
    )
