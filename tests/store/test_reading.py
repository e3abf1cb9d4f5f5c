"""Prepared statements see what a write is about to do."""

from sqlalchemy import bindparam, select

from marketplace.store.accounts import Account
from marketplace.store.reading import row, rows
from marketplace.work import Work
from tests.cast import Cast

NAMED = select(Account.name).where(Account.id == bindparam("id"))


def test_rows_are_read_past_the_orm(work: Work, cast: Cast) -> None:
    with work.reading() as session:
        assert [found.name for found in rows(session, NAMED, id=cast.lea.id)] == [cast.lea.name]
        assert row(session, NAMED, id=0) is None


def test_what_is_pending_is_written_first(work: Work, cast: Cast) -> None:
    with work.transaction() as tx:
        tx.session.get_one(Account, cast.lea.id).name = "Léa F."
        found = row(tx.session, NAMED, id=cast.lea.id)
        assert found is not None
        assert found.name == "Léa F."
