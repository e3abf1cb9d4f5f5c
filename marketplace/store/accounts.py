"""Accounts, companies, signed-in sessions and counted attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace import links
from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import Conflict, Forbidden, NotFound
from marketplace.links import Claim, DeadLink, Purpose
from marketplace.store.base import Base, Code, Id, affected
from marketplace.store.reading import row


class Company(Base):
    """The organisation a lead belongs to, which pays."""

    __tablename__ = "company"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    country: Mapped[str] = mapped_column(String(2), default="FR")
    vat_number: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]


class Account(Base):
    """Somebody who can sign in. `email` is stored casefolded; `zone` is an IANA name."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("role in ('lead', 'expert', 'admin')", name="role"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Code]
    language: Mapped[str] = mapped_column(String(2), default="fr")
    zone: Mapped[str] = mapped_column(String(64), default="Europe/Paris")
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]


class SignedIn(Base):
    """A signed-in session: gone at logout, password change and suspension. Only the token's hash is kept."""

    __tablename__ = "signed_in"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    device: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Attempt(Base):
    """One counted try (a wrong password, a reset mail), to slow guessing down. `key` is a hash, never an address."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_key_at", "key", "at"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class SignedInAccount:
    """A signed-in session together with its account."""

    session_id: int
    account_id: int
    role: str
    name: str
    language: str
    zone: str
    company_id: int | None
    verified: bool
    suspended: bool
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account says of itself; `company` is '' where there is none."""

    name: str
    email: str
    role: str
    language: str
    zone: str
    company: str
    verified_at: datetime | None
    password_hash: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in session of an account."""

    id: int
    device: str
    created_at: datetime
    seen_at: datetime


def hash_of(token: str) -> str:
    """What the database keeps of a random token: enough to recognise it, useless to a thief of the database."""
    return sha256(token.encode()).hexdigest()


def signed_in_account(session: Session, token: str) -> SignedInAccount | None:
    """The session with this token and its account, in one query; the caller judges its age."""
    found = row(session, _SIGNED_IN, token_hash=hash_of(token))
    return SignedInAccount(*found) if found else None


_SIGNED_IN = (
    select(
        SignedIn.id,
        Account.id,
        Account.role,
        Account.name,
        Account.language,
        Account.zone,
        Account.company_id,
        Account.verified_at.is_not(None),
        Account.suspended_at.is_not(None),
        SignedIn.created_at,
        SignedIn.seen_at,
    )
    .join(Account, Account.id == SignedIn.account_id)
    .where(SignedIn.token_hash == bindparam("token_hash"))
)


def profile(session: Session, account_id: int) -> Profile:
    """Raises `NotFound` for an unknown account."""
    found = session.execute(
        select(
            Account.name,
            Account.email,
            Account.role,
            Account.language,
            Account.zone,
            func.coalesce(Company.name, ""),
            Account.verified_at,
            Account.password_hash,
        )
        .outerjoin(Company, Company.id == Account.company_id)
        .where(Account.id == account_id)
    ).one_or_none()
    if found is None:
        raise NotFound("no_such_account")
    return Profile(*found)


def account_by_email(session: Session, email: str) -> Account | None:
    """The account with this address, however it is capitalised."""
    return session.scalar(select(Account).where(Account.email == email.casefold()))


def actor_of(account: Account) -> Actor:
    """The account as somebody who acts."""
    return Actor(account.id, Role(account.role), account.company_id)


def claim_on(account: Account) -> Claim:
    """What a link in a letter to this account has to say; dies when the password or the verification changes."""
    return links.claim_on(account.id, account.password_hash, account.verified_at)


def account_of_link(session: Session, secret: str, purpose: Purpose, token: str, now: datetime) -> Account:
    """The account a letter's link was made for; raises `Conflict("link_dead")` if it is forged, old or used."""
    try:
        claim = links.read(secret, purpose, token, now)
    except DeadLink as error:
        raise Conflict("link_dead") from error
    account = session.get(Account, claim.account_id)
    if account is None or account.suspended_at is not None or claim_on(account) != claim:
        raise Conflict("link_dead")
    return account


def require_verified(session: Session, actor: Actor) -> None:
    """Raise `Forbidden("not_verified")` unless the actor has confirmed their address: for booking and publishing."""
    verified_at = session.scalar(select(Account.verified_at).where(Account.id == actor.id))
    if verified_at is None:
        raise Forbidden("not_verified")


def sessions_of(session: Session, account_id: int) -> Sequence[SessionRow]:
    """The account's signed-in sessions, newest first, also those that ran out."""
    rows = session.execute(
        select(SignedIn.id, SignedIn.device, SignedIn.created_at, SignedIn.seen_at)
        .where(SignedIn.account_id == account_id)
        .order_by(SignedIn.seen_at.desc(), SignedIn.id.desc())
    )
    return [SessionRow(*row) for row in rows]


def end_sessions(session: Session, account_id: int, *, but: int | None = None) -> None:
    """End the account's signed-in sessions, all or all but one: password change, suspension."""
    session.execute(delete(SignedIn).where(SignedIn.account_id == account_id, SignedIn.id.is_distinct_from(but)))


def end_session(session: Session, account_id: int, session_id: int) -> None:
    """End one session of the account; `NotFound` when it is somebody else's or gone."""
    ended = session.execute(
        delete(SignedIn).where(SignedIn.account_id == account_id, SignedIn.id == session_id).returning(SignedIn.id)
    ).all()
    if not ended:
        raise NotFound("no_such_session")


def end_token(session: Session, token: str) -> int | None:
    """End the session with this token; returns whose it was."""
    return session.scalar(delete(SignedIn).where(SignedIn.token_hash == hash_of(token)).returning(SignedIn.account_id))


def locked_account(session: Session, account_id: int) -> Account:
    """The account, held against others who count what it has, until the transaction ends; it may be referred to."""
    return session.get_one(Account, account_id, with_for_update={"key_share": True}, populate_existing=True)


def note_seen(session: Session, session_id: int, now: datetime) -> None:
    """Write down that the session was used."""
    session.execute(update(SignedIn).where(SignedIn.id == session_id).values(seen_at=now))


def sweep(session: Session, sessions_before: datetime, attempts_before: datetime) -> int:
    """Delete sessions begun, and attempts made, before these moments; returns how many rows."""
    return affected(session, delete(SignedIn).where(SignedIn.created_at < sessions_before)) + affected(
        session, delete(Attempt).where(Attempt.at < attempts_before)
    )
