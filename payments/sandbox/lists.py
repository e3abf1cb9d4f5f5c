"""Lists: newest first, page by page with a cursor, chosen in the database and never in memory."""

from typing import Any
from urllib.parse import urlencode

from payments.sandbox.desk import Desk, read
from payments.sandbox.faults import Json, invalid
from payments.sandbox.shapes import Shape, Span, Text, Whole

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100

LIST_FIELDS: dict[str, Shape] = {
    "limit": Whole(least=1, most=LARGEST_LIMIT),
    "starting_after": Text(),
    "ending_before": Text(),
}
V2_LIST_FIELDS: dict[str, Shape] = {"limit": Whole(least=1, most=LARGEST_LIMIT), "page": Whole()}
DATED_LIST_FIELDS: dict[str, Shape] = {**LIST_FIELDS, "created": Span()}

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def listing(desk: Desk, kind: str, params: Json, url: str, *, by: tuple[str, ...] = (), **wanted: object) -> Json:
    """One page of the objects of a kind, filtered by those parameters of the call that `by` names and by `wanted`.

    A list of values means any of them.
    """
    chosen = {name: params[name] for name in by if name in params} | wanted
    conditions, values = _conditions(kind, chosen, params.get("created", {}))
    backwards = "ending_before" in params
    _add_cursor(desk, params, conditions, values)
    limit = params.get("limit", DEFAULT_LIMIT)
    order = "ASC" if backwards else "DESC"
    rows = desk.connection.execute(
        f"SELECT body FROM objects WHERE {' AND '.join(conditions)} ORDER BY position {order} LIMIT ?",  # noqa: S608
        (*values, limit + 1),
    ).fetchall()
    things = [read(body) for (body,) in rows[:limit]]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": things[:: -1 if backwards else 1]}


def v2_listing(things: list[Json], params: Json, path: str, asked: list[tuple[str, str]]) -> Json:
    """One page as v2 cuts it: whole addresses lead to the next and the previous one; `asked` are the filters."""
    start, limit = int(params.get("page", 0)), params.get("limit", DEFAULT_LIMIT)

    def address(position: int) -> str:
        return f"{path}?{urlencode([*asked, ('limit', limit), ('page', position)])}"

    return {
        "data": things[start : start + limit],
        "next_page_url": address(start + limit) if start + limit < len(things) else None,
        "previous_page_url": address(max(0, start - limit)) if start else None,
    }


def _conditions(kind: str, chosen: Json, span: Json) -> tuple[list[str], list[Any]]:
    conditions, values = ["kind = ?"], [kind]
    for name, value in chosen.items():
        options = value if isinstance(value, list) else [value]
        conditions.append(f"json_extract(body, '$.{name}') IN ({', '.join('?' * len(options))})")
        values += options
    for name, moment in span.items():
        conditions.append(f"json_extract(body, '$.created') {_COMPARISONS[name]} ?")
        values.append(moment)
    return conditions, values


def _add_cursor(desk: Desk, params: Json, conditions: list[str], values: list[Any]) -> None:
    for name, comparison in (("starting_after", "<"), ("ending_before", ">")):
        if name in params:
            conditions.append(f"position {comparison} ?")
            values.append(_position(desk, params[name], name))


def _position(desk: Desk, identifier: str, param: str) -> int:
    row = desk.connection.execute("SELECT position FROM objects WHERE id = ?", (identifier,)).fetchone()
    if row is None:
        raise invalid(f"No such object: '{identifier}'", code="resource_missing", param=param)
    return int(row[0])
