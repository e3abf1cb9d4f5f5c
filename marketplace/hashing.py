"""Passwords to Argon2id hashes: slow and large on purpose, so only a few at a time."""

import functools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

AT_ONCE = 2  # each takes 64 MiB and a core for a moment: a crowd at the door waits in line

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_LINE = BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """A salted Argon2id hash."""
    with _LINE:
        return _hash(password)


@contextmanager
def hashing_once() -> Iterator[None]:
    """Inside, the same password gets the same hash: for filling the demo, whose one password everybody knows."""
    global _hash
    slow, _hash = _hash, functools.cache(_hash)
    try:
        yield
    finally:
        _hash = slow


def is_password(password: str, stored: str | None) -> bool:
    """Whether the password fits; takes as long when there is no account (`stored` None) as when it is wrong."""
    try:
        with _LINE:
            _HASHER.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _hash(password: str) -> str:
    return _HASHER.hash(password)


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
