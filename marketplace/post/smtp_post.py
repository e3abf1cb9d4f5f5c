"""Letters through a mail server."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from marketplace.post.message import message_of
from marketplace.post.port import Letter, PostRefused, PostUnavailable

SECONDS = 30
FOR_GOOD = 500  # SMTP replies from here on say: never


class SmtpPost:
    """`smtp://user:password@host:587` (upgraded by STARTTLS) or `smtps://...:465`; no password in the clear."""

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Hand the letter over; raises `PostRefused` for good, `PostUnavailable` for now."""
        message = message_of(letter, self._sender)
        try:
            with self._server() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal("recipient", [code for code, _ in error.recipients.values()]) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refusal("letter", [error.smtp_code]) from error
        except (smtplib.SMTPException, OSError) as error:
            raise PostUnavailable(type(error).__name__) from error

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        server = self._connect()
        try:
            self._introduce(server)
            yield server
        finally:
            # The letter has been taken or refused by now: what goes wrong with the goodbye does not matter.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(host, port or 587, timeout=SECONDS)

    def _introduce(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if self._url.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if not self._url.username:
            return
        if not isinstance(server.sock, ssl.SSLSocket):
            raise smtplib.SMTPException("the server offers no encryption: the password stays here")
        server.login(unquote(self._url.username), unquote(self._url.password or ""))


def _refusal(what: str, codes: list[int]) -> PostRefused | PostUnavailable:
    if all(code >= FOR_GOOD for code in codes):
        return PostRefused(f"{what} refused: {codes}")
    return PostUnavailable(f"{what} not accepted now: {codes}")
