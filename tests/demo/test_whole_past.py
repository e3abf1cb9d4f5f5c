"""The whole of the demo's past, as the living demo told it."""

import pytest
from sqlalchemy import func, select

from marketplace.demo.history import PAST
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering
from marketplace.store.transaction import Database
from tests.living import Site


@pytest.mark.living
def test_the_whole_past_was_told(demo: Site) -> None:
    database = Database(f"sqlite:///{demo.data / 'cadran.db'}")
    with database.reading() as session:
        released = session.scalar(select(func.count()).where(Booking.state == "released"))
        published = session.scalar(select(func.count()).where(Offering.state == "published"))
        payable = session.scalar(select(func.count()).where(Expert.payouts_active))
    database.close()
    assert released >= sum(past.ending == "held" for past in PAST)
    assert published >= 150
    assert payable >= 60
