"""Versions of what can be edited: an edit says which one it was made from."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

from flask import request

from marketplace.api.refusals import Stale, Unseen
from marketplace.domain.errors import Conflict

# What services say when somebody wrote between our reading and writing.
OVERTAKEN: Final = ("version_stale", "text_changed", "note_changed")


def etag_of(*parts: object) -> str:
    """The tag of a version, quoted as the header wants it."""
    return f'"{sha256(repr(parts).encode()).hexdigest()[:20]}"'


def is_known(etag: str) -> bool:
    """Whether If-None-Match names this version: then the caller has it already."""
    return request.if_none_match.contains(etag.strip('"'))


def require_match(etag: str) -> None:
    """Raise `Unseen` (428) without If-Match, `Stale` (412) when it names another version."""
    if "If-Match" not in request.headers:
        raise Unseen("if_match_missing")
    check_match(etag)


def check_match(etag: str) -> None:
    """Raise `Stale` when If-Match is there and names another version."""
    if "If-Match" in request.headers and not request.if_match.contains(etag.strip('"')):
        raise Stale("version_stale")


@contextmanager
def stale_if_changed() -> Iterator[None]:
    """The services know better than a look beforehand: who was overtaken meanwhile is `Stale`, too."""
    try:
        yield
    except Conflict as lost:
        if lost.code in OVERTAKEN:
            raise Stale("version_stale") from lost
        raise
