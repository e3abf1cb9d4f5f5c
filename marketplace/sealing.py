"""Words that the database keeps for us and cannot read: sealed under the installation's secret and a purpose."""

import base64
import hmac
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken


def sealed(secret: str, purpose: str, words: str) -> str:
    """The words for the database. `purpose` is part of the key: what was sealed for one opens for no other."""
    return Fernet(_key(secret, purpose)).encrypt_at_time(words.encode(), 0).decode()


def opened(secret: str, purpose: str, words: str) -> str | None:
    """The words again; None for what was not sealed with this secret for this purpose."""
    try:
        return Fernet(_key(secret, purpose)).decrypt(words.encode()).decode()
    except InvalidToken:
        return None


def _key(secret: str, purpose: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), f"cadran.sealed|{purpose}".encode(), sha256))
