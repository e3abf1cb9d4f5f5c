"""Who is to hear of an event, and what may go wrong on the way."""

import sqlite3
from collections.abc import Sequence

from payments.sandbox import mishaps
from payments.sandbox.faults import Json
from payments.sandbox.mishaps import Mishap
from payments.sandbox.settings import Endpoint, Payload

FLAWS = ("notice_forged", "notice_blank", "notice_stale", "notice_future")  # of the signature

_QUEUE = "INSERT INTO deliveries (event, url, due, held, flaw) VALUES (?, ?, ?, ?, ?)"
_COLUMNS = ("type", "url", "attempts", "due", "held", "flaw", "answer")


def queue(
    connection: sqlite3.Connection, endpoints: Sequence[Endpoint], event: Json, payload: Payload, moment: float
) -> None:
    """Queue the event for everybody who listens to its kind."""
    for endpoint in endpoints:
        if endpoint.payload == payload:
            _queue_one(connection, event, endpoint.url, moment)


def waiting(connection: sqlite3.Connection) -> list[Json]:
    """What was not accepted yet, the oldest first; `answer` is the status of the last attempt, None for no answer."""
    rows = connection.execute(
        "SELECT json_extract(body, '$.type'), url, attempts, deliveries.due, held, flaw, answer FROM deliveries"
        " JOIN objects ON objects.id = deliveries.event ORDER BY deliveries.position"
    )
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def _queue_one(connection: sqlite3.Connection, event: Json, url: str, moment: float) -> None:
    mishap = mishaps.take(connection, event["type"], notices=True)
    kind = mishap.kind if mishap else ""
    if kind == "notice_drop":
        return
    flaw = kind if kind in FLAWS else ""
    for due in _moments(mishap, moment):
        connection.execute(_QUEUE, (event["id"], url, due, kind == "notice_reorder", flaw))
    if kind != "notice_reorder":
        _release(connection, url, moment)


def _moments(mishap: Mishap | None, moment: float) -> tuple[float, ...]:
    """When it is told, each time."""
    if mishap is None:
        return (moment,)
    times = {
        "notice_delay": (moment + mishap.seconds,),
        "notice_duplicate": (moment, moment),
        "notice_again": (moment, moment + mishap.seconds),
    }
    return times.get(mishap.kind, (moment,))


def _release(connection: sqlite3.Connection, url: str, moment: float) -> None:
    """What was held back comes now, after the one that has overtaken it."""
    held = connection.execute(
        "SELECT position, event FROM deliveries WHERE url = ? AND held ORDER BY position", (url,)
    ).fetchall()
    for position, event in held:
        connection.execute("DELETE FROM deliveries WHERE position = ?", (position,))
        connection.execute(_QUEUE, (event, url, moment, False, ""))
