"""Rows for pages: statements that are built once and run past the ORM, a third of the price of `session.execute`.

A statement of columns is a constant of its module, its values are `bindparam`s. Building it anew for every page, and
letting the ORM look at rows that hold no entity, cost more than the database's own work.
"""

from collections.abc import Sequence
from typing import Any, TypeVarTuple

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

Columns = TypeVarTuple("Columns")


def rows(session: Session, statement: Select[*Columns], **values: Any) -> Sequence[Row[*Columns]]:
    """All rows, in a write's session too: what is pending there is written first."""
    if session.autoflush:
        session.flush()
    return session.connection().execute(statement, values).all()


def row(session: Session, statement: Select[*Columns], **values: Any) -> Row[*Columns] | None:
    """The only row, None when there is none; SQLAlchemy's `MultipleResultsFound` when there are several."""
    if session.autoflush:
        session.flush()
    return session.connection().execute(statement, values).one_or_none()
