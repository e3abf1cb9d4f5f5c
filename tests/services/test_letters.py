"""Letters leave once; what the mail server says decides what becomes of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.domain.events import Alert, PasswordChanged
from marketplace.post.port import Letter, PostRefused, PostUnavailable
from marketplace.reactions import deliver
from marketplace.services import letters
from marketplace.services.letters import ATTEMPTS, send_due
from marketplace.store.letters import LEASE, claim_letter, due_letters
from marketplace.store.money import AlertRow
from marketplace.work import Work
from tests.scene import Scene


class Counter:
    """A post office whose clerk does what the test says."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.say: Callable[[], None] = lambda: None

    def send(self, letter: Letter) -> None:
        self.say()
        self.sent.append(letter)

    def fails_with(self, error: BaseException) -> None:
        def fail() -> None:
            raise error

        self.say = fail


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def office(work: Work, counter: Counter) -> Work:
    return replace(work, post=counter)


@pytest.fixture
def letter(scene: Scene) -> int:
    """A letter to Léa that waits; returns its id."""
    scene.tell(PasswordChanged(scene.cast.lea.id))
    deliver(scene.work)
    return scene.letters()[0].id


def alerts(scene: Scene) -> list[tuple[str, str]]:
    with scene.work.reading() as session:
        return [(row.code, row.subject) for row in session.scalars(select(AlertRow))]


def test_a_letter_leaves_once(scene: Scene, office: Work, counter: Counter, letter: int) -> None:
    assert send_due(office) == 1
    assert send_due(office) == 0
    (sent,) = counter.sent
    assert sent.message_id == f"<letter-{letter}.password_changed@127.0.0.1>"
    assert (sent.to_address, sent.to_name, sent.language) == (scene.cast.lea.email, "Léa Martin", "fr")
    row = scene.letters()[0]
    assert (row.state, row.sent_at, row.attempts) == ("sent", scene.clock(), 1)


def test_of_two_senders_one_sends(scene: Scene, office: Work, counter: Counter, letter: int) -> None:
    with office.reading() as session:
        (row,) = due_letters(session, office.now(), 10)
    with office.transaction() as tx:
        assert claim_letter(tx.session, letter, tx.now)
    assert letters._send(office, row) is False
    assert counter.sent == []


def test_a_refused_letter_is_not_sent_again_and_a_person_looks(
    scene: Scene, office: Work, counter: Counter, letter: int
) -> None:
    counter.fails_with(PostRefused("recipient refused: [550]"))
    assert send_due(office) == 0
    scene.clock.advance(days=9)
    counter.say = lambda: None
    assert send_due(office) == 0
    assert scene.letters()[0].state == "failed"
    assert alerts(scene) == [("letter_unsent", f"letter:{letter}")]


def test_a_server_that_is_away_is_tried_again_after_doubling_waits(
    scene: Scene, office: Work, counter: Counter, letter: int
) -> None:
    counter.fails_with(PostUnavailable("ConnectionRefusedError"))
    for attempt in range(3):
        send_due(office)
        row = scene.letters()[0]
        assert (row.state, row.error) == ("waiting", "ConnectionRefusedError")
        assert row.next_at == scene.clock() + timedelta(seconds=30 * 2**attempt)
        scene.clock.advance(seconds=30 * 2**attempt)
    counter.say = lambda: None
    assert send_due(office) == 1
    assert scene.letters()[0].attempts == 4


def test_after_a_day_and_a_half_a_person_looks(scene: Scene, office: Work, counter: Counter, letter: int) -> None:
    counter.fails_with(PostUnavailable("TimeoutError"))
    began = scene.clock()
    while scene.letters()[0].state == "waiting":
        send_due(office)
        scene.clock.advance(hours=1)
    assert scene.letters()[0].attempts == ATTEMPTS
    assert timedelta(days=1) < scene.clock() - began < timedelta(days=2)
    assert alerts(scene) == [("letter_unsent", f"letter:{letter}")]


def test_an_alert_that_cannot_be_sent_raises_no_alert(scene: Scene, office: Work, counter: Counter) -> None:
    scene.tell(Alert("books", "ledger"))
    deliver(scene.work)
    counter.fails_with(PostRefused("recipient refused: [550]"))
    send_due(office)
    assert alerts(scene) == []


def test_a_sender_that_died_is_not_believed_to_have_failed(
    scene: Scene, office: Work, counter: Counter, letter: int
) -> None:
    """Nobody knows whether the letter left: twice is worse than a person looking."""
    counter.fails_with(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        send_due(office)
    counter.say = lambda: None
    scene.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert (send_due(office), scene.letters()[0].state) == (0, "sending")
    scene.clock.advance(seconds=1)
    assert (send_due(office), scene.letters()[0].state) == (0, "failed")
    assert alerts(scene) == [("letter_unanswered", f"letter:{letter}")]
