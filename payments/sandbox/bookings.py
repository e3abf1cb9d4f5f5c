"""When a movement reaches the books: at once, or after a while, during which its object shows none."""

from dataclasses import asdict

from payments.sandbox import balance
from payments.sandbox.balance import Movement
from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json

# Nothing is ever said of a reversal by itself: its transfer was told of.
_TELLS = {"charge": "charge.updated", "refund": "refund.updated", "transfer": "transfer.updated"}


def enter(desk: Desk, thing: Json, movement: Movement) -> None:
    """Book a movement for its object, now or as late as this kind of movement is at the moment."""
    late = balance.lateness(desk, movement.kind)
    if late <= 0:
        _fill_in(desk, thing, movement)
        return
    due = desk.now + late
    thing |= {"_movement": asdict(movement), "_due": min(due, thing.get("_due") or due)}
    desk.save(thing)


def settle_now(desk: Desk, thing: Json) -> Json:
    """Book what still waits for this object, because its moment has come or something is about to build on it."""
    movement = thing.get("_movement")
    if movement is not None:
        # What else the clock has to do with the object comes after.
        thing |= {"_movement": None, "_due": thing.get("_fate_due")}
        _fill_in(desk, thing, Movement(**movement))
        if kind := _told_as(thing, movement["amount"]):
            desk.tell(kind, thing)
    return thing


def _fill_in(desk: Desk, thing: Json, movement: Movement) -> None:
    entry = balance.move(desk, movement)
    if thing["object"] == "dispute":
        thing["balance_transactions"].append(entry)
    else:
        thing["balance_transaction"] = entry["id"]
    desk.save(thing)


def _told_as(thing: Json, amount: int) -> str | None:
    if thing["object"] == "dispute":
        return "charge.dispute.funds_withdrawn" if amount < 0 else "charge.dispute.funds_reinstated"
    return _TELLS.get(thing["object"])
