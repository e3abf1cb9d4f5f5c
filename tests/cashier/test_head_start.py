"""Who waits at the screen for Stripe's answer is not overtaken by the worker."""

from datetime import timedelta

import pytest

from marketplace.cashier import operations, queue
from marketplace.domain.errors import Unavailable
from marketplace.services.bookings import paying
from marketplace.work import Work
from tests.till import Till

WAITING = "/return?left=1"  # our own page, which looks again


@pytest.fixture
def eager_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that takes what is due in the moment between the commit and the web's own call, and is not done yet."""
    ask = operations.run_operation

    def after_the_worker(work: Work, operation_id: int) -> bool:
        with work.transaction() as tx:
            for due in operations.due_operations(tx.session, tx.now, 20):
                operations.lease_operation(tx.session, due, tx.now, tx.now + operations.LEASE)
        return ask(work, operation_id)

    monkeypatch.setattr(paying, "run_operation", after_the_worker)


@pytest.mark.usefixtures("eager_worker")
def test_a_payment_page_opens_although_the_worker_looks_at_the_same_moment(till: Till) -> None:
    assert not till.reserve().checkout_url.endswith(WAITING)


@pytest.mark.usefixtures("eager_worker")
def test_without_the_head_start_the_lead_would_wait_for_the_worker(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "HEAD_START", timedelta())
    assert till.reserve().checkout_url.endswith(WAITING)


def test_a_payment_page_nobody_called_for_is_opened_by_the_worker_after_all(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying, "run_operation", lambda _work, _operation_id: False)
    with pytest.raises(Unavailable):
        till.reserve()
    till.clock.advance(seconds=10)
    till.tick()
    assert till.alerts() == set()
