"""A booking as an entry of one person's calendar."""

from datetime import datetime
from urllib.parse import urlsplit

from marketplace.post.calendar_file import CalendarEntry
from marketplace.post.letters import Reader
from marketplace.queries.letters import BookingFacts
from marketplace.wording import translator


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
