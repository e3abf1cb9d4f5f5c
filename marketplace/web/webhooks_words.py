"""What became of a message to a program, in words."""

from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

STATES: Final = {
    "waiting": _l("waiting"),
    "sending": _l("on its way"),
    "sent": _l("arrived"),
    "failed": _l("given up"),
    "dropped": _l("not sent"),
}
# By the codes of `outside.calls`.
TROUBLES: Final = {
    "slow": _l("There was no answer in time."),
    "address": _l("The address is not one that we call."),
    "unknown_host": _l("The name in the address is not known."),
    "private_address": _l("The name in the address leads inside a network: we call the open Internet only."),
}


def delivery_state(state: str) -> str:
    """Where a message stands."""
    return str(STATES[state])


def delivery_trouble(code: str) -> str:
    """Why it did not arrive."""
    return str(TROUBLES.get(code) or gettext("There was no connection."))
