"""Signed links in letters: for one purpose, one account, a limited time, and once."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer


class Purpose(StrEnum):
    """What a link is good for."""

    VERIFY = "verify"
    RESET = "reset"


LIFETIME: dict[Purpose, timedelta] = {Purpose.VERIFY: timedelta(hours=24), Purpose.RESET: timedelta(hours=1)}
PATH: dict[Purpose, str] = {Purpose.VERIFY: "/verification/", Purpose.RESET: "/password/reset/"}


class DeadLink(Exception):
    """Forged, too old, or for something else."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: good as long as the account's fingerprint is still the same."""

    account_id: int
    fingerprint: str


def sign(secret: str, purpose: Purpose, claim: Claim, now: datetime) -> str:
    """The last part of the link's address."""
    return _serializer(secret, purpose).dumps([claim.account_id, claim.fingerprint, int(now.timestamp())])


def read(secret: str, purpose: Purpose, token: str, now: datetime) -> Claim:
    """What `sign` wrote; raises `DeadLink`. The caller compares the fingerprint."""
    try:
        account_id, fingerprint, signed_at = _serializer(secret, purpose).loads(token)
    except (BadData, ValueError, TypeError) as error:
        raise DeadLink(purpose) from error
    if now.timestamp() >= signed_at + LIFETIME[purpose].total_seconds():
        raise DeadLink(purpose)
    return Claim(account_id, fingerprint)


def address(base_url: str, secret: str, purpose: Purpose, claim: Claim, now: datetime) -> str:
    """The whole link for a letter."""
    return f"{base_url}{PATH[purpose]}{sign(secret, purpose, claim, now)}"


def feed_key(secret: str, account_id: int, version: int) -> str:
    """What opens a person's calendar feed: good until the version changes. Nothing of it is stored."""
    said = f"cadran.feed|{account_id}|{version}".encode()
    return f"{account_id}-{hmac.digest(secret.encode(), said, sha256).hex()[:40]}"


def feed_account(key: str) -> int | None:
    """Whose feed a key is meant to open; None for what is no key. `opens_feed` says whether it does."""
    number, _, rest = key.partition("-")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 and len(rest) == 40 else None


def opens_feed(secret: str, key: str, account_id: int, version: int) -> bool:
    """Whether the key is the right one, found out in the same time for every wrong one."""
    return key.isascii() and hmac.compare_digest(key, feed_key(secret, account_id, version))


def claim_on(account_id: int, password_hash: str, verified_at: datetime | None) -> Claim:
    """A claim that dies when the address is verified or the password changes: so that a link works once."""
    state = f"{account_id}|{password_hash}|{verified_at.isoformat() if verified_at else ''}"
    return Claim(account_id, sha256(state.encode()).hexdigest()[:32])


def _serializer(secret: str, purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=f"cadran.link.{purpose}", signer_kwargs={"digest_method": sha256})
