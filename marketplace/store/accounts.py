"""Accounts, companies, signed-in sessions and counted attempts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


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
