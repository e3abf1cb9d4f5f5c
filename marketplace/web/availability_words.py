"""What the expert's calendar shows, in words: a coming day, and why another calendar cannot be read."""

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from marketplace.queries.availability import AheadDay
from marketplace.web.values import dial_words

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


def ahead_words(day: AheadDay) -> str:
    """A coming day for those who do not see its dial: "Monday 30 November: free at midday; 1 session"."""
    free, sold = dial_words(day.day, day.free), len(day.sessions)
    if not sold:
        return free
    sessions = ngettext("%(num)s session", "%(num)s sessions", sold)
    return str(gettext("%(free)s; %(sessions)s", free=free, sessions=sessions))
