"""Events: what happened, kept for those whose notices got lost."""

from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Many, Shape, Text


def _retrieve(desk: Desk, call: Call) -> Json:
    event = desk.find("event", call.identifier)
    if event is None:
        raise missing_object("event", call.identifier)
    return event


def _list(desk: Desk, call: Call) -> Json:
    types = {"type": call.params["types"]} if "types" in call.params else {}
    return listing(desk, "event", call.params, "/v1/events", by=("type",), **types)


_LISTING: dict[str, Shape] = {
    **DATED_LIST_FIELDS,
    "type": Text(),
    "types": Many(Text()),
}

OPERATIONS = (
    Operation("GET", "/v1/events/<identifier>", _retrieve),
    Operation("GET", "/v1/events", _list, _LISTING),
)
