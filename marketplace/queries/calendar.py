"""A booking as an entry of one person's calendar."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from marketplace.domain.access import Actor
from marketplace.domain.booking import CANCELLED, SECURED, BookingState, outcome_of
from marketplace.domain.errors import NotFound
from marketplace.post.calendar_file import CalendarEntry, Method, calendar_file
from marketplace.post.letters import Reader
from marketplace.queries.letters import BookingFacts, booking_facts, booking_is_known
from marketplace.wording import translator
from marketplace.work import Work

# Was sure to take place, and did not: what takes itself out of calendars.
GONE = CANCELLED | {BookingState.NO_SHOW_EXPERT, BookingState.REFUNDED}


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A calendar file and what it is called."""

    name: str
    text: str


def session_file(work: Work, actor: Actor, booking_id: int) -> SessionFile:
    """The calendar file for one side; `NotFound` for others, and for what was never sure to take place."""
    with work.reading() as session:
        booking = booking_facts(session, booking_id) if booking_is_known(session, booking_id) else None
    reader = _reader(booking, actor)
    # What is being refunded is cancelled for calendars already.
    outcome = outcome_of(booking.state, booking.ending) if booking else ""
    if booking is None or reader is None or outcome not in SECURED | GONE:
        raise NotFound("booking_not_found")
    entry = entry_for(booking, reader, work.base_url, work.now())
    method: Method = "CANCEL" if outcome in GONE else "PUBLISH"
    return SessionFile(f"{booking.reference.lower()}.ics", calendar_file(entry, method))


def entry_for(booking: BookingFacts, reader: Reader, base_url: str, written_at: datetime) -> CalendarEntry:
    """The entry in the reader's words. The UID depends on the booking alone, so updates replace each other."""
    _, _n = translator(reader.language)
    host = urlsplit(base_url).hostname or "localhost"
    other = booking.expert if reader.account_id == booking.lead.account_id else booking.lead
    url = f"{base_url}/bookings/{booking.id}"
    return CalendarEntry(
        uid=f"{booking.reference.lower()}@{host}",
        sequence=booking.sequence,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        title=_("Cadran: %(title)s, with %(name)s", title=booking.title, name=other.name),
        description=_("Everything about this session: %(url)s", url=url),
        url=url,
        location=booking.city if booking.format == "onsite" else url,
        organizer=f"sessions@{host}",
        attendee=reader.address,
        attendee_name=reader.name,
        written_at=written_at,
    )


def _reader(booking: BookingFacts | None, actor: Actor) -> Reader | None:
    sides = (booking.lead, booking.expert) if booking else ()
    return next((each for each in sides if each.account_id == actor.account_id), None)
