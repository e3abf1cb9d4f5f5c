"""Webhooks: told to whom it concerns, signed, tried again, replayed, switched off; never inside a network."""

import json
from dataclasses import replace

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook as Reader

from marketplace import reactions
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.domain.errors import Invalid
from marketplace.domain.events import BookingConfirmed, BookingEnded, OfferingDecided
from marketplace.domain.tokens import Scope
from marketplace.domain.webhooks import MOST_BY_HAND, NAMES, PAUSES
from marketplace.outside.calls import CallFailed, HttpsCaller
from marketplace.services import webhooks
from marketplace.services.people import Suspend, suspend
from marketplace.store.outbox import LetterRow
from marketplace.work import Work
from tests.api.client import Program, token_for
from tests.cast import Cast, Person, StillClock
from tests.far import Far
from tests.scene import Scene
from tests.web.world import build

URL = "https://hooks.example.org/cadran"


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def work(work: Work, far: Far) -> Work:
    return replace(work, caller=far)


@pytest.fixture
def app(settings: Settings, work: Work) -> Flask:
    application = create_app(settings, work)
    application.testing = True
    return application


@pytest.fixture
def booking(work: Work, cast: Cast) -> int:
    """Léa's request to Amara, among one of everything."""
    return int(build(work, cast).ids["booking"])


def program_of(app: Flask, work: Work, person: Person, *scopes: Scope) -> Program:
    return Program(app, token_for(work, person, *scopes))


def subscribed(program: Program, *events: str) -> tuple[int, str]:
    added = program.post("/me/webhooks", {"url": URL, "events": list(events)})
    assert added.status == 201, added
    return added.json["id"], added.json["secret"]


def happen(work: Work, event: object) -> None:
    with work.transaction() as tx:
        tx.emit(event)  # type: ignore[arg-type]
    reactions.deliver(work)


def log_of(program: Program, webhook_id: int) -> list[dict[str, object]]:
    return program.get(f"/me/webhooks/{webhook_id}/deliveries").json["items"]


def test_both_sides_hear_and_can_check_who_speaks(
    app: Flask, work: Work, cast: Cast, far: Far, booking: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea, amara = (program_of(app, work, person) for person in (cast.lea, cast.amara))
    _, secret = subscribed(lea, "booking.confirmed")
    subscribed(amara, "booking.confirmed", "money.released")
    happen(work, BookingConfirmed(booking))
    assert webhooks.send_due(work) == 2
    url, headers, body = far.got[0]
    assert url == URL
    assert json.loads(body) == {
        "type": "booking.confirmed",
        "timestamp": "2026-11-02T08:00:00Z",
        "data": {"booking_id": booking, "reference": "CAD-WWWWWWWW"},
    }
    moment = work.now()
    monkeypatch.setattr(Reader, "_Webhook__verify_timestamp", lambda *_: moment)  # the test's clock stands still
    assert Reader(secret).verify(body, dict(headers))["type"] == "booking.confirmed"
    with pytest.raises(Exception, match="No matching signature"):
        Reader(secret).verify(body.replace(b"confirmed", b"cancelled"), dict(headers))
    with pytest.raises(Exception, match="No matching signature"):
        Reader(webhooks.secret_of(work.secret, "another")).verify(body, dict(headers))


def test_only_those_concerned_hear_and_only_what_they_asked_for(
    app: Flask, work: Work, cast: Cast, far: Far, booking: int
) -> None:
    for person in (cast.hugo, cast.marta, cast.ines):
        subscribed(program_of(app, work, person), "booking.confirmed")
    subscribed(program_of(app, work, cast.lea), "booking.held")
    happen(work, BookingConfirmed(booking))
    assert webhooks.send_due(work) == 0


def test_an_expert_hears_nothing_of_what_was_never_authorised(
    app: Flask, work: Work, cast: Cast, far: Far, scene: Scene
) -> None:
    offering = scene.offer()
    booking = scene.session(offering, "expired_unpaid")
    with work.transaction() as tx:
        from marketplace.store.bookings import Booking

        tx.session.get_one(Booking, booking).requested_at = None
    for person in (cast.lea, cast.amara):
        subscribed(program_of(app, work, person), "booking.ended")
    happen(work, BookingEnded(booking, "expired_unpaid", was_confirmed=False))
    assert webhooks.send_due(work) == 1


def test_a_reaction_that_runs_twice_tells_once(app: Flask, work: Work, cast: Cast, far: Far, booking: int) -> None:
    subscribed(program_of(app, work, cast.lea), "booking.confirmed")
    from marketplace.reactions.programs import tell_programs
    from marketplace.store.outbox import Happened

    for _ in range(2):
        tell_programs(work, Happened(77, BookingConfirmed(booking)))
    assert webhooks.send_due(work) == 1


def test_what_fails_is_tried_again_with_longer_and_longer_pauses(
    app: Flask, work: Work, cast: Cast, far: Far, booking: int, clock: StillClock
) -> None:
    lea = program_of(app, work, cast.lea)
    webhook, _ = subscribed(lea, "booking.confirmed")
    far.status = 500
    happen(work, BookingConfirmed(booking))
    for pause in PAUSES:
        assert webhooks.send_due(work) == 1
        assert webhooks.send_due(work) == 0
        clock.advance(seconds=pause.total_seconds())
    far.status = None
    assert webhooks.send_due(work) == 1
    (line,) = log_of(lea, webhook)
    assert (line["state"], line["attempts"], line["status"], line["error"]) == ("failed", 8, None, "slow")
    clock.advance(days=30)
    assert webhooks.send_due(work) == 0
    assert webhooks.sweep(work) == 2, "the log is kept for a month"


def test_a_delivery_can_be_sent_once_more(app: Flask, work: Work, cast: Cast, far: Far, booking: int) -> None:
    lea = program_of(app, work, cast.lea)
    webhook, _ = subscribed(lea, "booking.confirmed")
    happen(work, BookingConfirmed(booking))
    webhooks.send_due(work)
    (first,) = log_of(lea, webhook)
    assert first["state"] == "sent"
    assert lea.post(f"/me/webhooks/{webhook}/deliveries/{first['id']}/replay").status == 201
    webhooks.send_due(work)
    assert [line["payload"] for line in log_of(lea, webhook)] == [first["payload"]] * 2
    assert len({headers["webhook-id"] for _, headers, _ in far.got}) == 2


def test_a_test_is_sent_like_anything_else_and_not_without_end(
    app: Flask, work: Work, cast: Cast, far: Far, booking: int
) -> None:
    lea = program_of(app, work, cast.lea)
    webhook, _ = subscribed(lea, "booking.confirmed")
    assert lea.post(f"/me/webhooks/{webhook}/test").status == 201
    assert webhooks.send_due(work) == 1
    assert json.loads(far.got[0][2]) == {
        "type": "webhook.test",
        "timestamp": "2026-11-02T08:00:00Z",
        "data": {"webhook_id": webhook},
    }
    answers = [lea.post(f"/me/webhooks/{webhook}/test") for _ in range(MOST_BY_HAND + 1)]
    assert [answer.status for answer in answers] == [201] * MOST_BY_HAND + [409]
    assert answers[-1].code == "too_many_deliveries"


def test_after_a_renewal_both_secrets_are_good_for_a_day(
    app: Flask, work: Work, cast: Cast, far: Far, booking: int, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = program_of(app, work, cast.lea)
    webhook, old = subscribed(lea, "booking.confirmed")
    new = lea.post(f"/me/webhooks/{webhook}/secret").json["secret"]
    monkeypatch.setattr(Reader, "_Webhook__verify_timestamp", lambda *_: work.now())

    def opened_by(secret: str) -> bool:
        lea.post(f"/me/webhooks/{webhook}/test")
        webhooks.send_due(work)
        _, headers, body = far.got[-1]
        try:
            return bool(Reader(secret).verify(body, dict(headers)))
        except Exception:
            return False

    assert new != old
    assert opened_by(new)
    assert opened_by(old)
    clock.advance(days=1)
    assert opened_by(new)
    assert not opened_by(old)


def test_after_days_of_failures_it_is_switched_off_and_its_owner_is_written_to(
    app: Flask, work: Work, cast: Cast, far: Far, booking: int, clock: StillClock
) -> None:
    lea = program_of(app, work, cast.lea)
    webhook, _ = subscribed(lea, "booking.confirmed")
    far.status = 503
    happen(work, BookingConfirmed(booking))
    webhooks.send_due(work)
    clock.advance(days=3)
    webhooks.send_due(work)
    assert lea.get("/me/webhooks").json["items"][-1]["disabled_at"] is not None
    reactions.deliver(work)
    with work.reading() as session:
        letter = session.query(LetterRow).filter_by(kind="webhook_disabled").one()
    assert letter.to_account == cast.lea.id
    assert URL in letter.text
    (line,) = log_of(lea, webhook)
    assert line["state"] == "dropped"
    assert lea.post(f"/me/webhooks/{webhook}/deliveries/{line['id']}/replay").code == "webhook_disabled"
    assert lea.post(f"/me/webhooks/{webhook}/enabling").json["items"][-1]["disabled_at"] is None
    assert lea.post(f"/me/webhooks/{webhook}/enabling").code == "webhook_enabled"


def test_gone_is_gone(app: Flask, work: Work, cast: Cast, far: Far, booking: int) -> None:
    lea = program_of(app, work, cast.lea)
    subscribed(lea, "booking.confirmed")
    far.status = 410
    happen(work, BookingConfirmed(booking))
    webhooks.send_due(work)
    assert lea.get("/me/webhooks").json["items"][-1]["disabled_at"] is not None


def test_a_suspended_accounts_programs_hear_nothing(app: Flask, work: Work, cast: Cast, far: Far, booking: int) -> None:
    subscribed(program_of(app, work, cast.lea), "booking.confirmed")
    happen(work, BookingConfirmed(booking))
    suspend(work, Suspend(cast.ada.actor, cast.lea.id, "Not who she says."))
    assert webhooks.send_due(work) == 0
    assert far.got == []


def test_a_token_subscribes_to_no_more_than_its_scopes(app: Flask, work: Work, cast: Cast) -> None:
    amara = program_of(app, work, cast.amara, Scope.READ, Scope.BOOKINGS)
    answer = amara.post("/me/webhooks", {"url": URL, "events": ["booking.held", "money.released"]})
    assert (answer.status, answer.code) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://example.org/"}, "webhook_address"),
        ({"url": "https://user:secret@example.org/"}, "webhook_address"),
        ({"url": "https://example.org:8443/"}, "webhook_address"),
        ({"url": "ftp://example.org/x"}, "webhook_address"),
        ({"url": "https://[::1"}, "webhook_address"),
        ({"events": []}, "too_few"),
        ({"events": ["everything"]}, "webhook_event_unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(app: Flask, work: Work, cast: Cast, body: dict[str, object], code: str) -> None:
    answer = program_of(app, work, cast.lea).post("/me/webhooks", {"url": URL, "events": ["booking.held"], **body})
    assert (answer.status, answer.code) == (422, code)


def test_there_is_an_end_to_webhooks(app: Flask, work: Work, cast: Cast) -> None:
    lea = program_of(app, work, cast.lea)
    added = [subscribed(lea, "booking.held")[0] for _ in range(5)]
    assert lea.post("/me/webhooks", {"url": URL, "events": ["booking.held"]}).code == "too_many_webhooks"
    assert lea.call("DELETE", f"/me/webhooks/{added[0]}").status == 204
    assert lea.call("DELETE", f"/me/webhooks/{added[0]}").code == "webhook_unknown"


def test_the_secret_is_not_in_the_database(app: Flask, work: Work, cast: Cast) -> None:
    _, secret = subscribed(program_of(app, work, cast.lea), "booking.held")
    with work.database.engine.connect() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM webhook").all())
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"])
def test_no_call_goes_inside_a_network(address: str) -> None:
    caller = HttpsCaller(demo=False, lookup=lambda _: [address])
    with pytest.raises(CallFailed, match="private_address"):
        caller.call(URL, {}, b"{}")


def test_one_address_inside_is_enough_to_refuse_the_name() -> None:
    caller = HttpsCaller(demo=False, lookup=lambda _: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(CallFailed, match="private_address"):
        caller.call(URL, {}, b"{}")


def test_this_machine_is_called_in_the_demo_only() -> None:
    assert HttpsCaller(demo=True).check("http://127.0.0.1:9/x") == "http://127.0.0.1:9/x"
    for caller in (HttpsCaller(demo=False), HttpsCaller(demo=True)):
        with pytest.raises(Invalid):
            caller.check("http://10.0.0.1/x" if caller._demo else "http://127.0.0.1/x")
    with pytest.raises(CallFailed, match="ConnectionRefusedError"):
        HttpsCaller(demo=True).call("http://127.0.0.1:9/x", {}, b"{}")


def test_every_event_has_somebody_concerned() -> None:
    from marketplace.reactions.programs import _CONCERNED, tell_programs

    assert set(_CONCERNED) == set(NAMES)
    assert {kind for kind, each in reactions.REACTIONS.items() if tell_programs in each} == set(NAMES)
    assert OfferingDecided in NAMES
