"""Letters through a mail server."""

import smtplib
import ssl
from urllib.parse import unquote, urlsplit

from marketplace.post.message import message_of
from marketplace.post.port import Letter, PostRefused, PostUnavailable

SECONDS = 30


class SmtpPost:
    """`smtp://user:password@host:587` (upgraded by STARTTLS) or `smtps://...:465`; no password in the clear."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Hand the letter over; raises `PostRefused` for good, `PostUnavailable` for now."""
        message = message_of(letter, self._sender)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= 500 for code in codes):
                raise PostRefused(f"recipient refused: {codes}") from error
            raise PostUnavailable(f"recipient not accepted now: {codes}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise PostUnavailable(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        context = ssl.create_default_context()
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port or 587, timeout=SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if self._url.username:
            if not isinstance(server.sock, ssl.SSLSocket):
                server.close()
                raise smtplib.SMTPException("the server offers no encryption: the password stays here")
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server
