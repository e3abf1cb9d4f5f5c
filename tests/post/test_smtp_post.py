"""Letters through a mail server: taken, refused for good, or to be tried again."""

import email
import email.policy
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from marketplace.post import smtp_post
from marketplace.post.port import Letter, PostRefused, PostUnavailable
from marketplace.post.smtp_post import SmtpPost
from tests.post.mail_server import MailServer, running_mail_server

SENDER = "Cadran <no-reply@cadran.test>"
LETTER = Letter(
    message_id="<letter-1.verify_address@cadran.test>",
    to_address="lea@horizon.test",
    to_name="Léa Fontaine",
    language="fr",
    subject="Confirmez votre adresse\u00a0: c’est la vôtre\u00a0?",
    text="Bonjour Léa,\n\nBienvenue.\n",
    html="<p>Bonjour Léa,</p>",
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


def received(server: MailServer) -> email.message.EmailMessage:
    (raw,) = server.letters
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def test_a_letter_arrives_whole(server: MailServer) -> None:
    SmtpPost(server.url, SENDER).send(LETTER)
    message = received(server)
    assert message["To"] == "Léa Fontaine <lea@horizon.test>"
    assert message["From"] == SENDER
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == LETTER.message_id
    assert message["Content-Language"] == "fr"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().split() == LETTER.text.split()  # type: ignore[union-attr]
    assert message.get_body(("html",)).get_content().strip() == LETTER.html  # type: ignore[union-attr]
    assert server.heard[-1].upper() == "QUIT"


def test_a_calendar_part_says_its_method_and_comes_as_a_file_too(server: MailServer) -> None:
    calendar = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"
    SmtpPost(server.url, SENDER).send(replace(LETTER, calendar=calendar, calendar_method="CANCEL"))
    parts = {part.get_content_type(): part for part in received(server).walk()}
    assert parts["text/calendar"].get_param("method") == "CANCEL"
    assert parts["application/ics"].get_filename() == "cadran.ics"
    assert received(server)["Content-Language"] == "fr"


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("RCPT", "550 no such person", PostRefused),
        ("RCPT", "451 not now", PostUnavailable),
        ("MAIL", "553 not from you", PostRefused),
        ("MAIL", "452 no room", PostUnavailable),
        ("DATA", "554 no letters today", PostRefused),
        ("END", "552 too long", PostRefused),
        ("END", "451 not now", PostUnavailable),
        ("DATA", "421 going down", PostUnavailable),
    ],
)
def test_what_the_server_refuses_for_good_is_not_tried_again_and_what_it_refuses_now_is(
    server: MailServer, command: str, answer: str, outcome: type[Exception]
) -> None:
    server.answers[command] = answer
    with pytest.raises(outcome) as refused:
        SmtpPost(server.url, SENDER).send(LETTER)
    assert LETTER.to_address not in str(refused.value), "the text goes to the logs"


def test_a_bad_goodbye_does_not_send_the_letter_twice(server: MailServer) -> None:
    """Taken is taken: an error now would make the worker send it again."""
    server.answers["QUIT"] = "500 what?"
    SmtpPost(server.url, SENDER).send(LETTER)
    assert len(server.letters) == 1


def test_no_server_means_later() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(PostUnavailable):
            SmtpPost(url, SENDER).send(LETTER)


def test_a_password_stays_here_when_the_server_offers_no_encryption(server: MailServer) -> None:
    with pytest.raises(PostUnavailable):
        SmtpPost(server.url.replace("//", "//cadran:secret@"), SENDER).send(LETTER)
    assert not any("AUTH" in line or "secret" in line for line in server.heard)
    assert server.letters == []


class Secured:
    """smtplib's class for servers that encrypt from the first byte, without the encryption."""

    made: "list[tuple[str, int, bool]]" = []  # noqa: RUF012 - one list for the test that reads it

    def __new__(cls, host: str, port: int, timeout: float, context: ssl.SSLContext) -> Any:
        cls.made.append((host, port, context.check_hostname))
        return smtplib.SMTP("127.0.0.1", port, timeout=timeout)


def test_smtps_encrypts_from_the_first_byte_and_checks_the_name(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_post.smtplib, "SMTP_SSL", Secured)
    SmtpPost(server.url.replace("smtp:", "smtps:"), SENDER).send(LETTER)
    assert Secured.made == [("127.0.0.1", server.server_address[1], True)]
    assert not any(line.upper() == "STARTTLS" for line in server.heard)


def test_encryption_is_used_where_it_is_offered(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake itself is Python's; we see that it is asked for, and that the password comes after it."""
    server.greeting = ("250-fine", "250-STARTTLS", "250 AUTH PLAIN")
    asked: list[str] = []

    def starttls(self: smtplib.SMTP, **_: Any) -> None:
        asked.append("starttls")
        monkeypatch.setattr(smtp_post.ssl, "SSLSocket", type(self.sock))

    monkeypatch.setattr(smtplib.SMTP, "starttls", starttls)
    monkeypatch.setattr(smtplib.SMTP, "login", lambda _self, user, password: asked.append(f"{user}:{password}"))
    SmtpPost(server.url.replace("//", "//cadran%40test:s%3Acret@"), SENDER).send(LETTER)
    assert asked == ["starttls", "cadran@test:s:cret"]
    assert len(server.letters) == 1


@pytest.mark.parametrize(
    "address", ["", "lea", "lea@", "léa fontaine@horizon.test", "lea@horizon.test\nBcc: all@x.test"]
)
def test_an_address_that_is_none_is_refused_for_good(server: MailServer, address: str) -> None:
    with pytest.raises(PostRefused):
        SmtpPost(server.url, SENDER).send(replace(LETTER, to_address=address))
    assert server.letters == []


def test_headers_cannot_be_injected(server: MailServer) -> None:
    with pytest.raises(PostRefused):
        SmtpPost(server.url, SENDER).send(replace(LETTER, subject="Hello\r\nBcc: everybody@x.test"))
    SmtpPost(server.url, SENDER).send(replace(LETTER, to_name="Léa\r\nBcc: everybody@x.test"))
    assert received(server)["Bcc"] is None
