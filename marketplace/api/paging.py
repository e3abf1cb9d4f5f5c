"""Lists by stretches: one more row than asked for says whether the list goes on."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from marketplace.api import cursors
from marketplace.api.refusals import Unreadable
from marketplace.api.shapes import Paged

Row = TypeVar("Row")


def place_after(kind: str, query: Paged) -> tuple[datetime, int] | None:
    """The moment and the id of the last row that was shown."""
    place = cursors.read(kind, query.cursor)
    if place is None:
        return None
    try:
        moment, last_id = place
        return datetime.fromisoformat(moment), int(last_id)
    except ValueError as error:
        raise Unreadable("cursor_unreadable") from error


def id_after(kind: str, query: Paged) -> int | None:
    """The id of the last row that was shown."""
    place = cursors.read(kind, query.cursor)
    if place is None:
        return None
    try:
        (last_id,) = place
        return int(last_id)
    except ValueError as error:
        raise Unreadable("cursor_unreadable") from error


def stretch(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Row | None]:
    """Of `limit` + 1 rows those to show, and the last of them if there are more."""
    shown = rows[:limit]
    return shown, shown[-1] if len(rows) > limit else None
