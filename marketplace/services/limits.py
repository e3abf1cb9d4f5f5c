"""How often somebody may ask: counted in the database, which all processes share."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from marketplace.store import api
from marketplace.store.api import ApiWindow
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class Take:
    """`wanted` requests of a caller's window that begins at `starts_at` (seconds since 1970) and holds `most`."""

    caller: str
    starts_at: int
    wanted: int
    most: int


@dataclass(frozen=True, slots=True)
class Taken:
    """How many of the wanted requests fit into the window, and how many of all are taken now."""

    granted: int
    taken: int


def take(work: Work, command: Take) -> Taken:
    """Count requests before they are made, several at a time: a write for each would cost more than most answers."""
    key = hmac.new(work.secret.encode(), f"api|{command.caller}".encode(), sha256).hexdigest()
    taken = _added(work, key, command)
    granted = command.wanted - max(0, taken - command.most)
    return Taken(max(0, granted), min(taken, command.most))


def _added(work: Work, key: str, command: Take) -> int:
    with work.transaction() as tx:
        taken = api.take(tx.session, key, command.starts_at, command.wanted)
    if taken is not None:
        return taken
    try:
        with work.transaction() as tx:
            tx.session.add(ApiWindow(key=key, starts_at=command.starts_at, taken=command.wanted))
        return command.wanted
    except IntegrityError:  # another process opened the window in between
        return _added(work, key, command)
