"""Whether the parts that every page needs are there."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from marketplace.store.migrate import is_current
from marketplace.work import Work
from search.port import SearchError


@dataclass(frozen=True, slots=True)
class Readiness:
    """Which parts answer; no addresses, versions or other secrets."""

    database: bool
    schema: bool
    index: bool

    @property
    def ready(self) -> bool:
        """Whether all of them do."""
        return self.database and self.schema and self.index


def readiness(work: Work) -> Readiness:
    """Ask each part once."""
    return Readiness(database=_database(work), schema=_schema(work), index=_index(work))


def _database(work: Work) -> bool:
    try:
        with work.reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _schema(work: Work) -> bool:
    try:
        return is_current(work.database)
    except SQLAlchemyError:
        return False


def _index(work: Work) -> bool:
    try:
        work.index.generation()
    except SearchError:
        return False
    return True
