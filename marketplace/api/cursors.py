"""Cursors: where a list goes on. Signed, so that nobody has to guess what a made-up one would do."""

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from marketplace.api.refusals import Unreadable


def written(kind: str, *place: object) -> str:
    """The cursor of a place in a list of this kind (such as a date and an id)."""
    return str(_serializer(kind).dumps([str(part) for part in place]))


def read(kind: str, cursor: str | None) -> tuple[str, ...] | None:
    """The place that `written` wrote; None for the beginning. `Unreadable` for anything else."""
    if cursor is None:
        return None
    try:
        place: Any = _serializer(kind).loads(cursor)
    except BadData as error:
        raise Unreadable("cursor_unreadable") from error
    return tuple(place)


def _serializer(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=f"cadran.cursor.{kind}")
