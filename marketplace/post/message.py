"""A letter as an Internet message: text and HTML, and a calendar part where there is one."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from marketplace.post.port import Letter, PostRefused


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """Build the message; raises `PostRefused` for a letter that cannot be one.

    Headers cannot be injected: the policy refuses line breaks in them.
    """
    message = EmailMessage(policy=SMTP)
    try:
        _address(message, letter, sender)
    except (ValueError, IndexError, MessageError) as error:  # what the standard library raises for bad addresses
        raise PostRefused(f"no such address or header: {type(error).__name__}") from error
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.calendar:
        # Calendars look for the method in the part's own header, not only in the file.
        method = letter.calendar_method or "PUBLISH"
        message.add_alternative(letter.calendar, subtype="calendar", params={"method": method})
        message.add_attachment(letter.calendar.encode(), maintype="application", subtype="ics", filename="cadran.ics")
    message["Content-Language"] = letter.language  # last: setting the content takes all such headers away
    return message


def _address(message: EmailMessage, letter: Letter, sender: str) -> None:
    name, address = parseaddr(sender)
    message["From"] = Address(display_name=name, addr_spec=address)
    # A line break in somebody's name must not keep their letters from them.
    to_name = " ".join(letter.to_name.split())
    message["To"] = Address(display_name=to_name, addr_spec=letter.to_address)
    message["Subject"] = letter.subject
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
