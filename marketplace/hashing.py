"""Passwords to Argon2id hashes: slow and large on purpose, so only a few at a time."""

import functools
import secrets
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
        return _HASHER.hash(password)


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


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
