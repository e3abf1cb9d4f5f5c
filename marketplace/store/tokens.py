"""Personal access tokens: only their hash is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.accounts import Account, hash_of
from marketplace.store.base import Base, Id
from marketplace.store.reading import row


class ApiToken(Base):
    """A token of an account: gone when revoked. `prefix` is its beginning, for its owner to recognise it."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[list[str]]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    prefix: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """A token together with its account."""

    token_id: int
    scopes: list[str]
    expires_at: datetime
    used_at: datetime | None
    account_id: int
    role: str
    language: str
    zone: str
    company_id: int | None
    suspended: bool


def owner_of(session: Session, token: str) -> TokenOwner | None:
    """The token's account in one query; None for an unknown token. The caller judges age and suspension."""
    found = row(session, _OWNER, token_hash=hash_of(token))
    return TokenOwner(*tuple(found)) if found else None


_OWNER = (
    select(
        ApiToken.id,
        ApiToken.scopes,
        ApiToken.expires_at,
        ApiToken.used_at,
        Account.id,
        Account.role,
        Account.language,
        Account.zone,
        Account.company_id,
        Account.suspended_at.is_not(None),
    )
    .join(Account, Account.id == ApiToken.account_id)
    .where(ApiToken.token_hash == bindparam("token_hash"))
)


def tokens_of(session: Session, account_id: int) -> Sequence[ApiToken]:
    """The account's tokens, newest first, also those that ran out."""
    return session.scalars(select(ApiToken).where(ApiToken.account_id == account_id).order_by(ApiToken.id.desc())).all()


def count_alive(session: Session, account_id: int, now: datetime) -> int:
    """How many tokens of the account still work."""
    alive = (ApiToken.account_id == account_id, ApiToken.expires_at > now)
    return session.scalar(select(func.count()).select_from(ApiToken).where(*alive)) or 0


def revoke_token(session: Session, account_id: int, token_id: int) -> str | None:
    """Delete one token of the account; its prefix, or None when it is somebody else's or gone."""
    mine = (ApiToken.account_id == account_id, ApiToken.id == token_id)
    return session.scalar(delete(ApiToken).where(*mine).returning(ApiToken.prefix))


def revoke_tokens(session: Session, account_id: int) -> None:
    """Delete all tokens of the account: suspension, and a password that had to be set anew through a letter."""
    session.execute(delete(ApiToken).where(ApiToken.account_id == account_id))


def note_use(session: Session, token_id: int, now: datetime) -> None:
    """Write down that the token was used."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))
