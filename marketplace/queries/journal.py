"""The journal, filtered and paged: who did what to what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role, require
from marketplace.store.accounts import Account
from marketplace.store.journal import JournalRow
from marketplace.work import Work

PAGE = 50
ID_DIGITS = 9  # a longer number is no id of ours, and more than a database reads as one


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """What to show; an empty value filters nothing. `actor` is a part of a name or address, or an account's id;
    `what` the beginning of a move's name."""

    subject_type: str = ""
    subject_id: int | None = None
    actor: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One state change; `changes` are (name, old, new), shown as they were written."""

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    actor_role: str
    what: str
    subject_type: str
    subject_id: int
    changes: tuple[tuple[str, str, str], ...]
    request_id: str


@dataclass(frozen=True, slots=True)
class JournalPage:
    """One page of entries, newest first, and the filter's possible values."""

    entries: tuple[Entry, ...]
    number: int
    pages: int
    total: int
    subject_types: tuple[str, ...]
    moves: tuple[str, ...]


def journal_page(work: Work, actor: Actor, wanted: JournalFilter, number: int) -> JournalPage:
    """Page `number`, from 1; a number beyond the last page shows the last. Four queries."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        where = _conditions(wanted)
        joined = select(func.count()).select_from(JournalRow).outerjoin(Account, Account.id == JournalRow.actor_id)
        total = session.scalar(joined.where(*where)) or 0
        pages = max(1, -(-total // PAGE))
        number = min(max(1, number), pages)
        return JournalPage(
            entries=_entries(session, where, number),
            number=number,
            pages=pages,
            total=total,
            subject_types=tuple(
                session.scalars(select(JournalRow.subject_type).distinct().order_by(JournalRow.subject_type))
            ),
            moves=tuple(session.scalars(select(JournalRow.what).distinct().order_by(JournalRow.what))),
        )


def entries_about(session: Session, subject_types: tuple[str, ...], subject_id: int, limit: int) -> tuple[Entry, ...]:
    """The newest entries on one subject (or by it, for an account)."""
    about = (JournalRow.subject_type.in_(subject_types)) & (JournalRow.subject_id == subject_id)
    return _entries(session, [or_(about, JournalRow.actor_id == subject_id)], 1, limit)


def _conditions(wanted: JournalFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.subject_type:
        found.append(JournalRow.subject_type == wanted.subject_type)
    if wanted.subject_id is not None:
        found.append(JournalRow.subject_id == wanted.subject_id)
    if wanted.what:
        found.append(JournalRow.what.startswith(wanted.what, autoescape=True))
    if wanted.actor:
        found.append(_by(wanted.actor))
    return found


def _by(words: str) -> ColumnElement[bool]:
    if words.isdecimal() and len(words) <= ID_DIGITS:
        return JournalRow.actor_id == int(words)
    return or_(Account.name.icontains(words, autoescape=True), Account.email == words.casefold())


def _entries(session: Session, where: list[ColumnElement[bool]], number: int, limit: int = PAGE) -> tuple[Entry, ...]:
    rows = session.execute(
        select(
            JournalRow.id,
            JournalRow.at,
            JournalRow.actor_id,
            Account.name,
            JournalRow.actor_role,
            JournalRow.what,
            JournalRow.subject_type,
            JournalRow.subject_id,
            JournalRow.old,
            JournalRow.new,
            JournalRow.request_id,
        )
        .outerjoin(Account, Account.id == JournalRow.actor_id)
        .where(*where)
        .order_by(JournalRow.id.desc())
        .limit(limit)
        .offset((number - 1) * limit)
    )
    return tuple(
        Entry(id_, at, actor_id, name or "", role, what, kind, subject, _changes(old, new), request_id)
        for id_, at, actor_id, name, role, what, kind, subject, old, new, request_id in rows
    )


def _changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, _words(old.get(name)), _words(new.get(name))) for name in dict.fromkeys([*old, *new]))


def _words(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
