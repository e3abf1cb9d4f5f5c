"""What the API remembers between requests: answers by idempotency key, and how often each caller asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, delete, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, affected


class ApiAnswer(Base):
    """A POST that an account sent with a key, and its answer; `status` None while it is being answered."""

    __tablename__ = "api_answer"
    __table_args__ = (Index("ix_api_answer_created_at", "created_at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    location: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class ApiWindow(Base):
    """How many requests a caller has taken of one window; `key` is a hash, `starts_at` seconds since 1970."""

    __tablename__ = "api_window"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    starts_at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    taken: Mapped[int]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is known of an earlier request with the same key."""

    request_hash: str
    status: int | None
    location: str
    body: str
    created_at: datetime


def kept_answer(session: Session, account_id: int, key_hash: str) -> KeptAnswer | None:
    """The earlier request of this account with this key."""
    row = session.get(ApiAnswer, (account_id, key_hash))
    return KeptAnswer(row.request_hash, row.status, row.location, row.body, row.created_at) if row else None


def finish_answer(session: Session, account_id: int, key_hash: str, status: int, location: str, body: str) -> None:
    """Keep the answer for whoever asks again."""
    this = (ApiAnswer.account_id == account_id, ApiAnswer.key_hash == key_hash)
    session.execute(update(ApiAnswer).where(*this).values(status=status, location=location, body=body))


def forget_answer(session: Session, account_id: int, key_hash: str) -> None:
    """Nothing came of it: the key may be used again."""
    session.execute(delete(ApiAnswer).where(ApiAnswer.account_id == account_id, ApiAnswer.key_hash == key_hash))


def forget_old_answer(session: Session, account_id: int, key_hash: str, before: datetime) -> None:
    """Forget the answer under a key if it is too old to be replayed."""
    this = (ApiAnswer.account_id == account_id, ApiAnswer.key_hash == key_hash)
    session.execute(delete(ApiAnswer).where(*this, ApiAnswer.created_at <= before))


def take(session: Session, key: str, starts_at: int, wanted: int) -> int | None:
    """Add to the window; how many are taken now, or None when the window has no row yet."""
    this = (ApiWindow.key == key, ApiWindow.starts_at == starts_at)
    return session.scalar(
        update(ApiWindow).where(*this).values(taken=ApiWindow.taken + wanted).returning(ApiWindow.taken)
    )


def sweep(session: Session, answers_before: datetime, windows_before: int) -> int:
    """Delete what is too old to matter; returns how many rows."""
    answers = affected(session, delete(ApiAnswer).where(ApiAnswer.created_at < answers_before))
    windows = affected(session, delete(ApiWindow).where(ApiWindow.starts_at < windows_before))
    return answers + windows
