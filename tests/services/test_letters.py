"""Letters that leave: what of them stays with us, and names that would break a header."""

from email import message_from_bytes, policy

import pytest

from marketplace.domain import events
from marketplace.reactions import deliver
from marketplace.services import letters
from marketplace.services.accounts import ChangePreferences, change_preferences
from marketplace.services.briefs import Invite, invite
from marketplace.store.accounts import Account
from tests.scene import Scene

BREAKS = ["\n", "\r\nBcc: eve@example.org\r\n", "\u2028", "\x0b", "\x85"]


@pytest.mark.parametrize("event", [events.AccountRegistered, events.PasswordResetAsked])
def test_a_sent_link_that_opens_an_account_is_not_kept(scene: Scene, event: type) -> None:
    scene.tell(event(scene.cast.noor.id))
    deliver(scene.work)
    (waiting,) = scene.letters()
    assert "http://127.0.0.1:8000/" in waiting.text
    letters.send_due(scene.work)
    (sent,) = scene.letters()
    assert (sent.state, sent.text, sent.html) == ("sent", "", "")


def test_any_other_letter_is_kept_for_support(scene: Scene) -> None:
    scene.tell(events.PasswordChanged(scene.cast.lea.id))
    scene.settle()
    (sent,) = scene.letters()
    assert sent.state == "sent"
    assert scene.cast.lea.name in sent.text


@pytest.mark.parametrize("line_break", BREAKS)
def test_a_line_break_in_a_name_neither_stops_a_letter_nor_adds_a_header(scene: Scene, line_break: str) -> None:
    lea = scene.cast.lea
    change_preferences(scene.work, ChangePreferences(lea.actor, f"Léa{line_break}Martin", "fr", "Europe/Paris"))
    scene.tell(events.PasswordChanged(lea.id))
    scene.settle()
    assert [row.state for row in scene.letters()] == ["sent"]
    (file,) = (scene.work.post._folder).glob("*.eml")  # type: ignore[attr-defined]
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"].addresses[0].addr_spec == lea.email
    assert message["Bcc"] is None


def test_a_long_title_and_a_long_name_fit_into_a_subject(scene: Scene) -> None:
    offering, brief = scene.offer(), scene.ask(title="A" * 120)
    scene.settle()
    with scene.work.transaction() as tx:
        tx.session.get_one(Account, scene.cast.lea.id).name = "L" * 120
    invite(scene.work, Invite(scene.cast.lea.actor, brief, offering))
    scene.settle()
    (letter,) = scene.letters("expert_invited")
    assert len(letter.subject) == 200
