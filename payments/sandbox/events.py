"""Events: what happened, kept for those whose notices got lost."""

from payments.sandbox.desk import Desk, page
from payments.sandbox.faults import Json, missing_object
from payments.sandbox.operations import Call, Operation
from payments.sandbox.shapes import LIST_FIELDS, Group, Many, Shape, Text, Whole


def _retrieve(desk: Desk, call: Call) -> Json:
    event = desk.find("event", call.identifier)
    if event is None:
        raise missing_object("event", call.identifier)
    return event


def _list(desk: Desk, call: Call) -> Json:
    events = [event for event in desk.every("event") if _wanted(event, call.params)]
    return page(events, call.params, "/v1/events")


def _wanted(event: Json, params: Json) -> bool:
    span = params.get("created", {})
    types = params.get("types", [params["type"]] if "type" in params else [event["type"]])
    return (
        event["type"] in types
        and event["created"] >= span.get("gte", 0)
        and event["created"] > span.get("gt", -1)
        and event["created"] <= span.get("lte", event["created"])
        and event["created"] < span.get("lt", event["created"] + 1)
    )


_LISTING: dict[str, Shape] = {
    **LIST_FIELDS,
    "created": Group({"gt": Whole(), "gte": Whole(), "lt": Whole(), "lte": Whole()}),
    "type": Text(),
    "types": Many(Text()),
}

OPERATIONS = (
    Operation("GET", "/v1/events/<identifier>", _retrieve),
    Operation("GET", "/v1/events", _list, _LISTING),
)
