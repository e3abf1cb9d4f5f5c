"""The demo's clock, put forward without signing anybody out."""

from datetime import datetime, timedelta

from sqlalchemy import select

from marketplace.clock import DemoClock
from marketplace.domain.errors import NotFound
from marketplace.store.accounts import SignedIn
from marketplace.work import Work


def advance(work: Work, by: timedelta) -> datetime:
    """Put the clock forward and take all signed-in sessions along: nobody was idle, time only jumped.

    Returns the new now (UTC); `NotFound` where time cannot be moved.
    """
    if not isinstance(work.clock, DemoClock):
        raise NotFound("clock")
    with work.transaction() as tx:
        for row in tx.session.scalars(select(SignedIn)):
            row.created_at += by
            row.seen_at += by
    return work.clock.advance(by)
