"""What time does: pages and holds run out, captured money is booked."""

from payments.sandbox import charges, checkouts, intents
from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json


def settle(desk: Desk) -> None:
    """Do everything whose moment has come, the earliest first."""
    while (thing := desk.next_due()) is not None:
        _settle_one(desk, thing)


def _settle_one(desk: Desk, thing: Json) -> None:
    if thing["object"] == "checkout.session":
        checkouts.run_out(desk, thing)
    elif thing["object"] == "payment_intent":
        intents.run_out(desk, thing)
    else:
        charges.book(desk, thing)
