"""What time does: pages and holds run out, money is booked, banks make up their minds."""

from collections.abc import Callable

from payments.sandbox import bookings, checkouts, disputes, intents, payouts, refunds
from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json


def settle(desk: Desk) -> None:
    """Do everything whose moment has come, the earliest first."""
    while (due := desk.next_due()) is not None:
        moment, thing = due
        with desk.at(moment):
            _settle_one(desk, thing)


def _settle_one(desk: Desk, thing: Json) -> None:
    if thing.get("_movement") is not None:
        bookings.settle_now(desk, thing)
        return
    # Once only, whatever comes of it.
    desk.save(thing | {"_due": None})
    if act := _ACTS.get(thing["object"]):
        act(desk, thing | {"_due": None})


_ACTS: dict[str, Callable[[Desk, Json], object]] = {
    "charge": disputes.open_as_expected,
    "checkout.session": checkouts.run_out,
    "dispute": disputes.act,
    "payment_intent": intents.run_out,
    "payout": payouts.act,
    "refund": refunds.act,
}
