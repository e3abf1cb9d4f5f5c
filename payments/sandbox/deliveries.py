"""Who is to hear of an event, and what may go wrong on the way."""

import sqlite3
from collections.abc import Sequence

from payments.sandbox import mishaps
from payments.sandbox.faults import Json
from payments.sandbox.settings import Endpoint, Payload

_QUEUE = "INSERT INTO deliveries (event, url, due, held) VALUES (?, ?, ?, ?)"


def queue(
    connection: sqlite3.Connection, endpoints: Sequence[Endpoint], event: Json, payload: Payload, moment: float
) -> None:
    """Queue the event for everybody who listens to its kind."""
    for endpoint in endpoints:
        if endpoint.payload == payload:
            _queue_one(connection, event, endpoint.url, moment)


def _queue_one(connection: sqlite3.Connection, event: Json, url: str, moment: float) -> None:
    mishap = mishaps.take(connection, event["type"], notices=True)
    kind = mishap.kind if mishap else None
    if kind == "notice_drop":
        return
    due = moment + mishap.seconds if mishap and kind == "notice_delay" else moment
    for _ in range(2 if kind == "notice_duplicate" else 1):
        connection.execute(_QUEUE, (event["id"], url, due, kind == "notice_reorder"))
    if kind != "notice_reorder":
        _release(connection, url, moment)


def _release(connection: sqlite3.Connection, url: str, moment: float) -> None:
    """What was held back comes now, after the one that has overtaken it."""
    held = connection.execute(
        "SELECT position, event FROM deliveries WHERE url = ? AND held ORDER BY position", (url,)
    ).fetchall()
    for position, event in held:
        connection.execute("DELETE FROM deliveries WHERE position = ?", (position,))
        connection.execute(_QUEUE, (event, url, moment, False))
