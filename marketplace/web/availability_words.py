"""Why another calendar cannot be read, in words."""

from flask_babel import lazy_gettext as _l

TROUBLES = {
    "calendar_away": _l("Its server does not answer."),
    "calendar_slow": _l("Its server takes too long."),
    "calendar_gone": _l("Its server says that the address is wrong or closed: please copy it again."),
    "calendar_private": _l("The address leads into a private network, where we do not read."),
    "calendar_not_https": _l("It sends us on to an address without encryption."),
    "calendar_untrusted": _l("Its server’s certificate cannot be trusted."),
    "calendar_redirects": _l("It sends us from address to address without end."),
    "calendar_too_large": _l("The file is larger than two megabytes or holds too many entries."),
    "calendar_unreadable": _l("What comes is no calendar file that we understand."),
}


def calendar_trouble(code: str) -> str:
    """What went wrong with the last reading; a code without words says that the server is away."""
    return str(TROUBLES.get(code, TROUBLES["calendar_away"]))
