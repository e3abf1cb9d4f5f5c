"""The named cast, and factories that put them on stage."""

import functools
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role
from marketplace.hashing import hash_password
from marketplace.store.accounts import Account, Company
from marketplace.store.experts import Expert
from marketplace.store.transaction import Database

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # Monday, 09:00 in Paris


class StillClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> datetime:
        """`clock.advance(hours=3)`."""
        self._now += timedelta(**by)
        return self._now


PASSWORD = "quatre-heures-moins-le-quart"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast; signs in with `PASSWORD`."""

    id: int
    name: str
    email: str
    role: Role
    company_id: int | None = None

    @property
    def actor(self) -> Actor:
        """The person as somebody who acts."""
        return Actor(self.id, self.role, self.company_id)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, verified and in Paris unless the name of the field says otherwise."""

    lea: Person  # lead, Banque Horizon
    hugo: Person  # lead, Banque Horizon
    marta: Person  # lead, Assurances du Port; speaks English, lives in Lisbon
    ines: Person  # vetted expert, French
    amara: Person  # vetted expert, English, in Montreal
    jeanne: Person  # expert who has not applied yet
    ada: Person  # admin
    otto: Person  # second admin
    noor: Person  # lead who has not verified the address


def stage(database: Database, now: datetime = START) -> Cast:
    """Put the cast into an empty database."""
    with database.transaction(now) as tx:
        horizon, port = (
            Company(name="Banque Horizon", created_at=now),
            Company(name="Assurances du Port", created_at=now),
        )
        tx.session.add_all([horizon, port])
        tx.session.flush()
        people = {
            "lea": add_person(tx.session, now, "Léa Martin", Role.LEAD, horizon.id),
            "hugo": add_person(tx.session, now, "Hugo Petit", Role.LEAD, horizon.id),
            "marta": add_person(
                tx.session, now, "Marta Silva", Role.LEAD, port.id, language="en", zone="Europe/Lisbon"
            ),
            "ines": add_person(tx.session, now, "Inès Caron", Role.EXPERT),
            "amara": add_person(tx.session, now, "Amara Diallo", Role.EXPERT, language="en", zone="America/Montreal"),
            "jeanne": add_person(tx.session, now, "Jeanne Roux", Role.EXPERT),
            "ada": add_person(tx.session, now, "Ada Brun", Role.ADMIN),
            "otto": add_person(tx.session, now, "Otto Klein", Role.ADMIN, language="en"),
            "noor": add_person(tx.session, now, "Noor Haddad", Role.LEAD, port.id, verified=False),
        }
        tx.session.add_all(
            [
                vetted(people["ines"], now, ["fr"], headline="Chatbots in banks"),
                vetted(people["amara"], now, ["en", "fr"], headline="Data teams in regulated firms"),
                Expert(id=people["jeanne"].id),
            ]
        )
    return Cast(**people)


def add_person(
    session: Session,
    now: datetime,
    name: str,
    role: Role,
    company_id: int | None = None,
    *,
    language: str = "fr",
    zone: str = "Europe/Paris",
    verified: bool = True,
) -> Person:
    """One more account, whose address is made of the name."""
    email = f"{_plain(name)}@example.org"
    account = Account(
        email=email,
        name=name,
        password_hash=_hash_of(PASSWORD),
        role=str(role),
        language=language,
        zone=zone,
        company_id=company_id,
        created_at=now,
        verified_at=now if verified else None,
    )
    session.add(account)
    session.flush()
    return Person(account.id, name, email, role, company_id)


def vetted(person: Person, now: datetime, languages: list[str], headline: str) -> Expert:
    """What makes an expert of the person: approved, and found."""
    return Expert(
        id=person.id,
        languages=languages,
        headline=headline,
        city="Paris",
        vetting="approved",
        applied_at=now,
        vetted_at=now,
    )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return letters.casefold().replace(" ", ".")


@functools.cache
def _hash_of(password: str) -> str:
    """Made once: each costs as much as a real one."""
    return hash_password(password)
