"""Events: what happened, kept for those whose notices got lost."""

import operator
from collections.abc import Callable
from datetime import datetime

from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json, invalid, missing_object
from payments.sandbox.lists import DATED_LIST_FIELDS, V2_LIST_FIELDS, listing, v2_listing
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import Group, Many, Shape, Text


def _retrieve(desk: Desk, call: Call) -> Json:
    event = desk.find("event", call.identifier)
    if event is None:
        raise missing_object("event", call.identifier)
    return event


def _list(desk: Desk, call: Call) -> Json:
    types = {"type": call.params["types"]} if "types" in call.params else {}
    return listing(desk, "event", call.params, "/v1/events", by=("type",), **types)


def _list_thin(desk: Desk, call: Call) -> Json:
    given = call.params.get("created", {})
    bounds = {name: _moment(text) for name, text in given.items()}
    found = [event for event in desk.every("v2.core.event") if _within(event["created"], bounds)]
    asked = [(f"created[{name}]", text) for name, text in given.items()]
    return v2_listing(found[::-1], call.params, "/v2/core/events", asked)


def _within(created: str, bounds: dict[str, datetime]) -> bool:
    """Whether a moment, as v2 writes it, is between the bounds."""
    moment = datetime.fromisoformat(created)
    return all(_COMPARISONS[name](moment, bound) for name, bound in bounds.items())


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"Invalid timestamp: {text}", param="created") from error


_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}

_THIN_LISTING: dict[str, Shape] = {**V2_LIST_FIELDS, "created": Group(dict.fromkeys(_COMPARISONS, Text()))}

_LISTING: dict[str, Shape] = {
    **DATED_LIST_FIELDS,
    "type": Text(),
    "types": Many(Text()),
}

OPERATIONS = (
    Operation("GET", "/v1/events/<identifier>", _retrieve),
    Operation("GET", "/v1/events", _list, _LISTING),
    Operation("GET", "/v2/core/events", _list_thin, _THIN_LISTING),
)
