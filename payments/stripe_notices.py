"""Which notices are really from Stripe, meant for us, and fresh."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from payments.port import Notice, NoticeEndpoint, NoticeRefused

LARGEST_BODY = 1_000_000
TOLERANCE_SECONDS = 300

_EPOCH_DIGITS = 12


def verify(
    body: bytes,
    signature: str | None,
    *,
    secrets: Sequence[str],
    endpoint: NoticeEndpoint,
    now: datetime,
    livemode: bool,
) -> Notice:
    """Read a notice from its raw body and its `Stripe-Signature` header, or raise NoticeRefused.

    `secrets`: one or, while they are rotated, two; blank ones are ignored, and without any the endpoint is shut,
    because an empty secret would verify forgeries. `now` is aware. A signature is good for 300 seconds in both
    directions: a moment in the future would otherwise stay good until then. Snapshot events (v1) and thin events
    (v2) are both read; from either, only what is needed to fetch the object itself.
    """
    usable = [secret for secret in secrets if secret.strip()]
    if not usable:
        raise NoticeRefused("disabled")
    if len(body) > LARGEST_BODY:
        raise NoticeRefused("too_large")
    _check_signature(body, signature, usable, now)
    notice = _read(body, endpoint)
    if notice.livemode is not livemode:
        raise NoticeRefused("livemode")
    return notice


def _check_signature(body: bytes, signature: str | None, secrets: Sequence[str], now: datetime) -> None:
    if not signature:
        raise NoticeRefused("no_signature")
    signed_at, candidates = _parts(signature)
    expected = [_digest(secret, signed_at, body) for secret in secrets]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in candidates):
        raise NoticeRefused("bad_signature")
    age_seconds = now.timestamp() - int(signed_at)
    if age_seconds > TOLERANCE_SECONDS:
        raise NoticeRefused("stale")
    if age_seconds < -TOLERANCE_SECONDS:
        raise NoticeRefused("future")


def _parts(signature: str) -> tuple[str, list[bytes]]:
    pairs = [part.strip().partition("=") for part in signature.split(",")]
    moments = [value for name, _, value in pairs if name == "t"]
    candidates = [value.encode() for name, _, value in pairs if name == "v1"]
    if len(moments) != 1 or not _is_epoch(moments[0]) or not candidates:
        raise NoticeRefused("bad_signature")
    return moments[0], candidates


def _is_epoch(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _EPOCH_DIGITS


def _digest(secret: str, signed_at: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), f"{signed_at}.".encode() + body, "sha256").hexdigest().encode()


def _read(body: bytes, endpoint: NoticeEndpoint) -> Notice:
    try:
        event = json.loads(body)
        return _thin(event, endpoint) if event["object"] == "v2.core.event" else _snapshot(event, endpoint)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise NoticeRefused("malformed") from error


def _snapshot(event: Mapping[str, Any], endpoint: NoticeEndpoint) -> Notice:
    subject = event["data"]["object"]
    return Notice(
        id=_text(event["id"]),
        type=_text(event["type"]),
        # A balance has no id of its own: its kind names it.
        object_id=_text(subject.get("id") or subject["object"]),
        account=_optional_text(event.get("account")),
        created=datetime.fromtimestamp(event["created"], UTC),
        livemode=_flag(event["livemode"]),
        endpoint=endpoint,
    )


def _thin(event: Mapping[str, Any], endpoint: NoticeEndpoint) -> Notice:
    related = event.get("related_object")
    return Notice(
        id=_text(event["id"]),
        type=_text(event["type"]),
        # Some events are about nothing but themselves.
        object_id=_text(event["id"] if related is None else related["id"]),
        account=_optional_text(event.get("context")),
        created=_aware(event["created"]),
        livemode=_flag(event["livemode"]),
        endpoint=endpoint,
    )


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text was expected")
    return value


def _aware(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("a flag was expected")
    return value
