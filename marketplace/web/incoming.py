"""What no browser sends and no row can have: refused before a view or the database sees it."""

from collections.abc import Iterable
from typing import Final

from flask import Flask, abort, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter

# Nine digits fit into every database's integer; what lies beyond is refused by it with an error.
ID_DIGITS: Final = 9
LARGEST_ID: Final = 10**ID_DIGITS - 1
_NUL: Final = "\0"  # PostgreSQL cannot store it in a text


class IdConverter(IntegerConverter):
    """`<int:...>` in an address: a number that no row can have is an address that does not exist."""

    regex = rf"\d{{1,{ID_DIGITS}}}"


def install(app: Flask) -> None:
    """Bound the ids in addresses, and refuse (400) texts that cannot be stored."""
    app.url_map.converters["int"] = IdConverter

    @app.before_request
    def _refuse() -> None:
        if _has_nul(request.args) or (_reads_form() and _has_nul(request.form)):
            abort(400)


def whole(typed: object) -> int:
    """A hidden field's number; one that was mangled is -1, which fits nothing."""
    words = str(typed)
    return int(words) if words.isascii() and words.isdigit() and len(words) <= ID_DIGITS else -1


def _reads_form() -> bool:
    """A notice's body is signed as it is: nobody may read it as a form first."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "csrf", False))


def _has_nul(sent: MultiDict[str, str]) -> bool:
    return any(_NUL in words for words in _all(sent))


def _all(sent: MultiDict[str, str]) -> Iterable[str]:
    for name, values in sent.lists():
        yield name
        yield from values
