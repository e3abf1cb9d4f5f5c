"""Reads about accounts: who is signed in, and what the account page shows."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.domain import sessions
from marketplace.domain.access import Actor, Role
from marketplace.queries.tokens import OwnToken, own_tokens
from marketplace.store import accounts
from marketplace.store.accounts import SignedInAccount
from marketplace.work import Work

__all__ = ["AccountPage", "OwnSession", "SignedInAccount", "account_page", "signed_in"]

# Browsers claim to be one another: the first mark that is found counts.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One browser that is signed in to the account."""

    id: int
    browser: str  # '' when it does not say
    system: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The account page: who I am, where I am signed in, and which programs act for me."""

    name: str
    email: str
    company: str
    role: str
    verified: bool
    sessions: tuple[OwnSession, ...]
    tokens: tuple[OwnToken, ...]


def signed_in(work: Work, token: str) -> SignedInAccount | None:
    """The account behind a browser's token, in one query; None when the session ended."""
    with work.reading() as session:
        found = accounts.signed_in_account(session, token)
    if found is None or found.suspended:
        return None
    alive = sessions.is_alive(Role(found.role), found.created_at, found.seen_at, work.now())
    return found if alive else None


def account_page(work: Work, actor: Actor, session_id: int) -> AccountPage:
    """The actor's account; `session_id` is the session that looks."""
    with work.reading() as session:
        account = accounts.profile(session, actor.id)
        rows = accounts.sessions_of(session, actor.id)
    now, role = work.now(), Role(account.role)
    return AccountPage(
        name=account.name,
        email=account.email,
        company=account.company,
        role=account.role,
        verified=account.verified_at is not None,
        sessions=tuple(
            OwnSession(row.id, *_named(row.device), row.created_at, row.seen_at, row.id == session_id)
            for row in rows
            if sessions.is_alive(role, row.created_at, row.seen_at, now)
        ),
        tokens=own_tokens(work, actor),
    )


def _named(device: str) -> tuple[str, str]:
    """Browser and system in words that their owner knows, from what the browser called itself."""
    browser = next((name for mark, name in BROWSERS if mark in device), "")
    system = next((name for mark, name in SYSTEMS if mark in device), "")
    return browser, system
