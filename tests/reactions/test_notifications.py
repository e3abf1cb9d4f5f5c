"""Who is told what: one letter per person and event, in their language, and none about what is over."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from marketplace import reactions
from marketplace.domain import events
from marketplace.domain.events import Event
from marketplace.reactions import deliver
from marketplace.services import briefs, letters
from marketplace.services.briefs import Answer, Invite
from marketplace.services.ratings import Reply, reply
from marketplace.store.outbox import LetterRow
from tests.cast import Person
from tests.scene import Scene

Told = dict[str, list[str]]


def told(scene: Scene) -> Told:
    """The names of those written to, by the kind of letter."""
    names: Told = {}
    for row in scene.letters():
        names.setdefault(row.kind, []).append(row.to_name.split()[0])
    return names


def tell(scene: Scene, *happened: Event) -> Told:
    for event in happened:
        scene.tell(event)
    deliver(scene.work)
    return told(scene)


@pytest.fixture
def booking(scene: Scene) -> int:
    """Léa's confirmed session with Amara, tomorrow."""
    return scene.session(scene.offer())


@pytest.fixture(autouse=True)
def fresh_mailbox(request: pytest.FixtureRequest) -> None:
    """What putting offerings on the market says is not what these tests are about."""
    if "booking" in request.fixturenames:
        request.getfixturevalue("booking")
    scene: Scene = request.getfixturevalue("scene")
    deliver(scene.work)
    with scene.work.transaction() as tx:
        tx.session.query(LetterRow).delete()


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (events.AccountRegistered, "verify_address"),
        (events.AddressRegisteredAgain, "registered_again"),
        (events.PasswordResetAsked, "reset_password"),
        (events.PasswordChanged, "password_changed"),
    ],
)
def test_the_accounts_owner_is_told(scene: Scene, event: Callable[[int], Event], kind: str) -> None:
    assert tell(scene, event(scene.cast.noor.id)) == {kind: ["Noor"]}


def test_links_lead_to_our_own_pages(scene: Scene) -> None:
    tell(scene, events.AccountRegistered(scene.cast.noor.id), events.PasswordResetAsked(scene.cast.lea.id))
    assert "http://127.0.0.1:8000/verification/" in scene.letters("verify_address")[0].text
    assert "http://127.0.0.1:8000/password/reset/" in scene.letters("reset_password")[0].text


def test_admins_hear_of_what_waits_in_the_queue_and_of_alerts(scene: Scene) -> None:
    assert tell(scene, events.ExpertApplied(scene.cast.jeanne.id)) == {"to_review": ["Ada", "Otto"]}
    assert tell(scene, events.Alert("books", "booking:1"))["alert"] == ["Ada", "Otto"]


@pytest.mark.parametrize(("approved", "words"), [(True, "was accepted"), (False, "cannot accept")])
def test_an_applicant_is_told_the_decision(scene: Scene, approved: bool, words: str) -> None:
    assert tell(scene, events.ExpertVetted(scene.cast.amara.id, approved)) == {"expert_vetted": ["Amara"]}
    assert words in scene.letters()[0].text


def test_the_expert_is_told_what_became_of_an_offering(scene: Scene) -> None:
    offering_id = scene.offer()
    assert tell(scene)["offering_decided"] == ["Amara"]
    revision = scene.market.revision(offering_id).id
    tell(scene, events.OfferingDecided(offering_id, revision, "rejected"))
    assert [row.subject.split(":")[0] for row in scene.letters("offering_decided")] == ["Published", "Not accepted"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (events.BookingRequested, {"booking_requested": ["Amara"], "booking_requested_lead": ["Léa"]}),
        (events.BookingConfirmed, {"booking_confirmed": ["Léa", "Amara"]}),
        (events.SessionHeld, {"session_held": ["Léa", "Amara"]}),
        (events.RatingsRevealed, {"ratings_revealed": ["Léa", "Amara"]}),
        (lambda booking: events.MoneyReleased(booking, 14_760), {"money_released": ["Amara"]}),
        (lambda booking: events.PayoutBlocked(booking, 14_760), {"payout_blocked": ["Amara"]}),
        (lambda booking: events.SessionNear(booking, 24), {"session_near": ["Léa", "Amara"]}),
    ],
    ids=["requested", "confirmed", "held", "revealed", "released", "blocked", "near"],
)
def test_the_sides_of_a_session_are_told(
    scene: Scene, booking: int, event: Callable[[int], Event], expected: Told
) -> None:
    assert tell(scene, event(booking)) == expected


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("declined", ["Léa", "Amara"]),
        ("expired", ["Léa", "Amara"]),
        ("withdrawn", ["Léa", "Amara"]),
        ("cancelled_by_lead", ["Léa", "Amara"]),
        ("cancelled_by_expert", ["Léa", "Amara"]),
        ("cancelled_by_admin", ["Léa", "Amara"]),
        ("expired_unpaid", ["Léa"]),
        ("payment_failed", ["Léa"]),
    ],
)
def test_an_ending_is_told_to_those_who_knew_of_the_booking(
    scene: Scene, booking: int, state: str, names: list[str]
) -> None:
    assert tell(scene, events.BookingEnded(booking, state, was_confirmed=False)) == {"booking_ended": names}


def test_confirmations_and_cancellations_bring_a_calendar_file_and_the_others_none(scene: Scene, booking: int) -> None:
    tell(scene, events.BookingRequested(booking), events.BookingConfirmed(booking))
    tell(scene, events.BookingEnded(booking, "cancelled_by_lead", was_confirmed=True))
    methods = {row.kind: row.calendar_method for row in scene.letters()}
    assert methods == {
        "booking_requested": None,
        "booking_requested_lead": None,
        "booking_confirmed": "REQUEST",
        "booking_ended": "CANCEL",
    }
    uids = {line for row in scene.letters() if row.calendar for line in row.calendar.splitlines() if "UID" in line}
    assert len(uids) == 1


def test_everybody_is_written_to_in_their_language_and_zone(scene: Scene, booking: int) -> None:
    tell(scene, events.BookingConfirmed(booking))
    for_lea, for_amara = scene.letters()
    assert (for_lea.language, for_amara.language) == ("fr", "en")
    assert 'lang="fr"' in for_lea.html
    assert "9\u00a0h" in for_lea.text, "Paris"
    assert "3:00" in for_amara.text, "Montreal"


def test_the_same_event_twice_makes_one_letter(scene: Scene, booking: int) -> None:
    tell(scene, events.BookingConfirmed(booking), events.BookingConfirmed(booking))
    assert len(scene.letters()) == 2, "one for each side"


def test_a_reaction_that_was_broken_off_after_writing_does_not_write_again(scene: Scene) -> None:
    from marketplace.reactions.notifications import tell as reaction
    from marketplace.store.outbox import Happened

    for _ in range(2):
        reaction(scene.work, Happened(77, events.PasswordResetAsked(scene.cast.lea.id)))
        scene.clock.advance(minutes=5)
    assert len(scene.letters("reset_password")) == 1


def test_asking_again_is_a_new_letter(scene: Scene) -> None:
    tell(scene, events.PasswordResetAsked(scene.cast.lea.id), events.PasswordResetAsked(scene.cast.lea.id))
    assert len(scene.letters("reset_password")) == 2


def test_a_payment_that_fails_a_second_time_is_told_a_second_time(scene: Scene, booking: int) -> None:
    failed = events.BookingEnded(booking, "payment_failed", was_confirmed=False)
    tell(scene, failed, failed)
    assert scene.told("booking_ended") == [scene.cast.lea.name] * 2


def test_a_reminder_looks_whether_the_session_still_takes_place(scene: Scene, booking: int) -> None:
    scene.set_booking(booking, state="refunding")
    assert tell(scene, events.SessionNear(booking, 24)) == {}


def test_a_reminder_that_comes_after_the_start_is_not_written(scene: Scene, booking: int) -> None:
    scene.clock.advance(days=2)
    assert tell(scene, events.SessionNear(booking, 1)) == {}


def test_what_waits_about_a_booking_is_dropped_when_it_ends(scene: Scene, booking: int) -> None:
    tell(scene, events.BookingConfirmed(booking), events.SessionNear(booking, 24))
    tell(scene, events.BookingEnded(booking, "cancelled_by_lead", was_confirmed=True))
    assert letters.send_due(scene.work) == 2
    states = {(row.kind, row.state) for row in scene.letters()}
    assert states == {("booking_confirmed", "dropped"), ("session_near", "dropped"), ("booking_ended", "sent")}


def test_who_has_rated_is_not_asked_again(scene: Scene) -> None:
    booking = scene.held(scene.offer())
    deliver(scene.work)
    scene.rate(booking, scene.cast.lea, 1)
    assert tell(scene)["rating_waiting"] == ["Amara"]
    letter = scene.letters("rating_waiting")[0]
    assert "Said by" not in letter.text, "still sealed"
    scene.rate(booking, scene.cast.amara)
    assert tell(scene, events.RatingGiven(booking))["rating_waiting"] == ["Amara"]


def test_the_author_hears_of_a_reply(scene: Scene) -> None:
    booking = scene.held(scene.offer())
    scene.rate(booking, scene.cast.lea)
    scene.rate(booking, scene.cast.amara)
    reply(scene.work, Reply(scene.cast.amara.actor, scene.ratings(booking)["lead"].id, "Thank you."))
    assert tell(scene)["rating_replied"] == ["Léa"]


def invitation(scene: Scene) -> int:
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    return briefs.invite(scene.work, Invite(scene.cast.lea.actor, brief_id, offering_id, "Please <b>come</b>."))


@pytest.mark.parametrize("accept", [True, False])
def test_invitations_and_their_answers_reach_the_other_side(scene: Scene, accept: bool) -> None:
    invitation_id = invitation(scene)
    assert tell(scene)["expert_invited"] == ["Amara"]
    assert "Please &lt;b&gt;come&lt;/b&gt;." in scene.letters("expert_invited")[0].html
    briefs.answer(scene.work, Answer(scene.cast.amara.actor, invitation_id, accept))
    assert tell(scene)["invitation_answered"] == ["Léa"]
    assert "Amara" in scene.letters("invitation_answered")[0].subject


@pytest.mark.parametrize("accept", [True, False])
def test_proposals_and_their_answers_reach_the_other_side(scene: Scene, accept: bool) -> None:
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    propose = briefs.Propose(scene.cast.amara.actor, brief_id, offering_id, "I did this twice.")
    proposal_id = briefs.propose(scene.work, propose)
    assert tell(scene)["expert_proposed"] == ["Léa"]
    briefs.answer(scene.work, Answer(scene.cast.lea.actor, proposal_id, accept))
    assert tell(scene)["invitation_answered"] == ["Amara"]


def test_letters_hold_no_password_and_no_private_answer(scene: Scene) -> None:
    booking = scene.held(scene.offer())
    for person in (scene.cast.lea, scene.cast.amara):
        _rate_with_canary(scene, booking, person)
    deliver(scene.work)
    assert not any("canary" in row.text + row.html + row.subject for row in scene.letters())


def _rate_with_canary(scene: Scene, booking: int, person: Person) -> None:
    scene.rate(booking, person, comment="canary comment", private_note="canary note")


def near(scene: Scene, hours: int = 24, starts_in: timedelta = timedelta(hours=20)) -> int:
    """A confirmed session whose reminder is due."""
    booking_id = scene.session(scene.offer(), starts_at=scene.clock() + starts_in)
    scene.tell(events.SessionNear(booking_id, hours))
    return booking_id


def test_a_reminder_looks_the_session_up_and_says_nothing_of_a_cancelled_or_moved_one(scene: Scene):
    scene.set_booking(near(scene), state="refunding", ending="cancelled_by_lead")
    scene.set_booking(near(scene), starts_at=scene.at(9), ends_at=scene.at(9.125))
    scene.settle()
    assert scene.letters("session_near") == []


def test_a_reminder_that_waits_in_the_outbox_is_looked_up_again_when_it_leaves(scene: Scene):
    """The mail server was away: meanwhile one session was cancelled, one moved, one began; one stands."""
    ids = [near(scene, 1, timedelta(minutes=50)) for _ in range(3)] + [near(scene, 24, timedelta(hours=20))]
    reactions.deliver(scene.work)
    assert len(scene.letters("session_near")) == 8
    scene.set_booking(ids[0], state="refunding")
    scene.set_booking(ids[1], starts_at=scene.at(9), ends_at=scene.at(9.125), sequence=1)
    scene.clock.advance(minutes=50)
    letters.send_due(scene.work)
    states = {row.booking_id: row.state for row in scene.letters("session_near")}
    assert states == {ids[0]: "dropped", ids[1]: "dropped", ids[2]: "dropped", ids[3]: "sent"}


def test_the_same_reminder_twice_is_one_letter_and_a_moved_session_gets_its_own(scene: Scene):
    booking_id = near(scene)
    scene.tell(events.SessionNear(booking_id, 24))
    scene.settle()
    assert len(scene.letters("session_near")) == 2
    scene.set_booking(booking_id, starts_at=scene.at(0.9), sequence=1)
    scene.tell(events.SessionNear(booking_id, 24))
    scene.settle()
    assert len(scene.letters("session_near")) == 4
