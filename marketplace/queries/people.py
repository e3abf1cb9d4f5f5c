"""People, for admins: search, and one person with what matters for a decision."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.errors import NotFound
from marketplace.queries.journal import Entry, entries_about
from marketplace.store.accounts import Account, Company, SignedIn
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.work import Work

PAGE = 40
NEWEST_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One account in the list."""

    account_id: int
    name: str
    email: str
    role: str
    company: str
    vetting: str
    created_at: datetime
    verified: bool
    suspended: bool


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of accounts, by name."""

    people: tuple[PersonRow, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class PersonOffering:
    """An offering of the person."""

    offering_id: int
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One account with its open sessions, offerings and newest journal entries."""

    person: PersonRow
    language: str
    zone: str
    suspended_at: datetime | None
    sessions: int
    offerings: tuple[PersonOffering, ...]
    entries: tuple[Entry, ...]
    myself: bool


def people_page(work: Work, actor: Actor, words: str, role: str, number: int) -> PeoplePage:
    """Accounts whose name, address or company contains the words. Two queries."""
    require(actor, Role.ADMIN)
    where = _conditions(words, role)
    with work.reading() as session:
        found = select(func.count()).select_from(Account).outerjoin(Company, Company.id == Account.company_id)
        total = session.scalar(found.where(*where)) or 0
        pages = max(1, -(-total // PAGE))
        number = min(max(1, number), pages)
        query = _ROWS.where(*where).order_by(func.lower(Account.name), Account.id)
        rows = session.execute(query.limit(PAGE).offset((number - 1) * PAGE))
        return PeoplePage(tuple(PersonRow(*row) for row in rows), number, pages, total)


def person_page(work: Work, actor: Actor, account_id: int) -> PersonPage:
    """One account. `NotFound` when there is none. Five queries."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        row = session.execute(_ROWS.where(Account.id == account_id)).one_or_none()
        account = session.get(Account, account_id)
        if row is None or account is None:
            raise NotFound("account_unknown")
        offerings = session.execute(
            select(Offering.id, func.max(OfferingRevision.title), Offering.state)
            .join(OfferingRevision, OfferingRevision.offering_id == Offering.id)
            .where(
                Offering.expert_id == account_id,
                or_(OfferingRevision.id == Offering.live_revision_id, Offering.live_revision_id.is_(None)),
            )
            .group_by(Offering.id, Offering.state)
            .order_by(Offering.id)
        )
        open_sessions = select(func.count()).select_from(SignedIn).where(SignedIn.account_id == account_id)
        return PersonPage(
            person=PersonRow(*row),
            language=account.language,
            zone=account.zone,
            suspended_at=account.suspended_at,
            sessions=session.scalar(open_sessions) or 0,
            offerings=tuple(PersonOffering(id_, title, state) for id_, title, state in offerings),
            entries=entries_about(session, ("account", "expert"), account_id, NEWEST_ENTRIES),
            myself=account_id == actor.id,
        )


_ROWS = (
    select(
        Account.id,
        Account.name,
        Account.email,
        Account.role,
        func.coalesce(Company.name, ""),
        func.coalesce(Expert.vetting, ""),
        Account.created_at,
        Account.verified_at.is_not(None),
        Account.suspended_at.is_not(None),
    )
    .outerjoin(Company, Company.id == Account.company_id)
    .outerjoin(Expert, Expert.id == Account.id)
)


def _conditions(words: str, role: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if role:
        found.append(Account.role == role)
    if words:
        columns = (Account.name, Account.email, Company.name)
        found.append(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return found
