"""Where the sandbox may run, and with what: never with real money, never in production, never off loopback."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

TEST_KEY_PREFIX = "sk_test_"


# What an endpoint listens to: events of the platform, of its connected accounts, or thin events (v2).
Payload = Literal["snapshot", "connect", "thin"]


class SandboxRefused(Exception):
    """The sandbox must not run like this; the message says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where signed notices go, and which."""

    url: str
    secret: str
    payload: Payload = "snapshot"


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """`state` is a SQLite file that is made when missing; `key` is the only key that is let in."""

    state: Path
    key: str
    endpoints: tuple[Endpoint, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    clock_offset_seconds: int = 0  # of a sandbox that remembers nothing yet; negative to begin in the past


def check(settings: SandboxSettings, environment: Mapping[str, str]) -> None:
    """Raise SandboxRefused unless this is a test key, on loopback, outside production."""
    if environment.get("CADRAN_ENV") == "production":
        raise SandboxRefused("the sandbox does not run in production (CADRAN_ENV=production)")
    if not settings.key.startswith(TEST_KEY_PREFIX) or settings.key == TEST_KEY_PREFIX:
        raise SandboxRefused(f"the sandbox takes only a test key ({TEST_KEY_PREFIX}...)")
    if not is_loopback(settings.host):
        raise SandboxRefused(f"the sandbox listens on loopback only, not on {settings.host}")
    for endpoint in settings.endpoints:
        _check_endpoint(endpoint)


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def endpoint(text: str, payload: Payload) -> Endpoint:
    """Read `http://127.0.0.1:8000/path=whsec_...`."""
    url, separator, secret = text.rpartition("=whsec_")
    if not separator or not secret:
        raise SandboxRefused(f"a notice endpoint is written URL=whsec_..., not {text}")
    return Endpoint(url=url, secret=f"whsec_{secret}", payload=payload)


def _check_endpoint(given: Endpoint) -> None:
    address = urlsplit(given.url)
    if address.scheme != "http" or not is_loopback(address.hostname):
        raise SandboxRefused(f"notices go to loopback only, not to {given.url}")
    if not given.secret.strip():
        raise SandboxRefused(f"notices to {given.url} need a secret")
