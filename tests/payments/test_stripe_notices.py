"""Only what is signed by Stripe, fresh and meant for us is a notice."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe import WebhookSignature

from payments.port import Notice, NoticeEndpoint, NoticeRefused
from payments.stripe_notices import LARGEST_BODY, verify

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SECRET = "whsec_current"

SNAPSHOT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "created": int(NOW.timestamp()),
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "amount": 1}},
}
THIN: dict[str, Any] = {
    "id": "evt_2",
    "object": "v2.core.event",
    "type": "v2.core.account[requirements].updated",
    "created": "2026-11-02T08:00:00.000Z",
    "livemode": False,
    "context": None,
    "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"},
}


def signed(body: bytes, secret: str = SECRET, at: datetime = NOW) -> str:
    moment = int(at.timestamp())
    return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.'.encode() + body, 'sha256').hexdigest()}"


def take_in(
    body: bytes,
    signature: str | None,
    *,
    secrets: tuple[str, ...] = (SECRET,),
    endpoint: NoticeEndpoint = "platform",
    livemode: bool = False,
) -> Notice:
    return verify(body, signature, secrets=secrets, endpoint=endpoint, now=NOW, livemode=livemode)


def body_of(event: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**event, **changes}).encode()


def reason_for(body: bytes, signature: str | None, **how: Any) -> str:
    with pytest.raises(NoticeRefused) as refused:
        take_in(body, signature, **how)
    return refused.value.reason


def test_a_snapshot_event_is_read() -> None:
    body = body_of(SNAPSHOT)
    assert take_in(body, signed(body)) == Notice(
        id="evt_1",
        type="payment_intent.succeeded",
        object_id="pi_1",
        account=None,
        created=NOW,
        livemode=False,
        endpoint="platform",
    )


def test_a_thin_event_is_read() -> None:
    body = body_of(THIN)
    notice = take_in(body, signed(body), endpoint="v2")
    assert (notice.object_id, notice.created, notice.endpoint) == ("acct_1", NOW, "v2")


def test_an_event_of_an_account_names_the_account() -> None:
    body = body_of(SNAPSHOT, account="acct_7")
    assert take_in(body, signed(body)).account == "acct_7"
    body = body_of(THIN, context="acct_8", related_object=None)
    notice = take_in(body, signed(body), endpoint="v2")
    assert (notice.account, notice.object_id) == ("acct_8", "evt_2")


def test_a_thing_without_an_id_is_named_by_its_kind() -> None:
    body = body_of(SNAPSHOT, data={"object": {"object": "balance"}})
    assert take_in(body, signed(body)).object_id == "balance"


def test_what_the_library_signs_is_accepted() -> None:
    body = body_of(SNAPSHOT)
    header = WebhookSignature.generate_signature_header(body.decode(), SECRET, int(NOW.timestamp()))
    assert take_in(body, header).id == "evt_1"


def test_either_secret_is_good_while_they_are_rotated() -> None:
    body = body_of(SNAPSHOT)
    both = ("whsec_next", SECRET)
    assert take_in(body, signed(body), secrets=both).id == "evt_1"
    assert take_in(body, signed(body, "whsec_next"), secrets=both).id == "evt_1"
    assert reason_for(body, signed(body, "whsec_old"), secrets=both) == "bad_signature"


def test_one_good_signature_among_several_is_enough() -> None:
    body = body_of(SNAPSHOT)
    assert take_in(body, signed(body).replace(",v1=", ",v1=00ff,v0=11,v1=")).id == "evt_1"


@pytest.mark.parametrize("secrets", [(), ("",), (" ", "\t")])
def test_no_secret_shuts_the_endpoint(secrets: tuple[str, ...]) -> None:
    body = body_of(SNAPSHOT)
    assert reason_for(body, signed(body, ""), secrets=secrets) == "disabled"


def test_an_empty_secret_beside_a_good_one_verifies_nothing() -> None:
    body = body_of(SNAPSHOT)
    assert reason_for(body, signed(body, ""), secrets=("", SECRET)) == "bad_signature"


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(-301, "stale"), (-300, None), (0, None), (300, None), (301, "future"), (3600, "future")],
)
def test_a_signature_is_good_for_five_minutes_both_ways(seconds: int, reason: str | None) -> None:
    body = body_of(SNAPSHOT)
    signature = signed(body, at=NOW + timedelta(seconds=seconds))
    if reason is None:
        assert take_in(body, signature).id == "evt_1"
    else:
        assert reason_for(body, signature) == reason


def test_the_library_alone_would_accept_the_future() -> None:
    """Why the check is our own."""
    body = body_of(SNAPSHOT)
    ahead = datetime.now(UTC) + timedelta(days=1)
    assert WebhookSignature.verify_header(body, signed(body, at=ahead), SECRET, tolerance=300)


def test_a_tampered_body_is_refused() -> None:
    body = body_of(SNAPSHOT)
    assert reason_for(body.replace(b"pi_1", b"pi_2"), signed(body)) == "bad_signature"


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (None, "no_signature"),
        ("", "no_signature"),
        ("nonsense", "bad_signature"),
        ("t=1", "bad_signature"),
        ("v1=00", "bad_signature"),
        ("t=soon,v1=00", "bad_signature"),
        ("t=1,t=2,v1=00", "bad_signature"),
        ("t=\u0661,v1=00", "bad_signature"),
        ("t=1,v1=\u00e9", "bad_signature"),
        (f"t={'9' * 400},v1=00", "bad_signature"),
    ],
)
def test_a_broken_header_is_refused(signature: str | None, reason: str) -> None:
    assert reason_for(body_of(SNAPSHOT), signature) == reason


def test_a_moment_that_was_not_signed_is_refused() -> None:
    body = body_of(SNAPSHOT)
    moved = signed(body).replace(str(int(NOW.timestamp())), str(int(NOW.timestamp()) + 1))
    assert reason_for(body, moved) == "bad_signature"


def test_a_huge_body_is_refused_unread() -> None:
    largest = body_of(SNAPSHOT).ljust(LARGEST_BODY)
    assert take_in(largest, signed(largest)).id == "evt_1"
    assert reason_for(largest + b" ", signed(largest + b" ")) == "too_large"


@pytest.mark.parametrize(("livemode", "ours"), [(True, False), (False, True)])
def test_test_notices_and_real_ones_do_not_mix(livemode: bool, ours: bool) -> None:
    body = body_of(SNAPSHOT, livemode=livemode)
    assert reason_for(body, signed(body), livemode=ours) == "livemode"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 5000,
        body_of(SNAPSHOT, id=None),
        body_of(SNAPSHOT, id=7),
        body_of(SNAPSHOT, created="today"),
        body_of(SNAPSHOT, created=10**30),
        body_of(SNAPSHOT, data=None),
        body_of(SNAPSHOT, data={"object": "pi_1"}),
        body_of(SNAPSHOT, livemode="false"),
        body_of(SNAPSHOT, account=7),
        body_of(THIN, created="today"),
        body_of(THIN, created="2026-11-02T08:00:00"),
        body_of(THIN, related_object={}),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_refused(body: bytes) -> None:
    assert reason_for(body, signed(body)) == "malformed"
