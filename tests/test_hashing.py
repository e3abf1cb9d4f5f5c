"""Hashing a password once for a demo in which everybody has the same."""

from marketplace.hashing import hash_password, hashing_once, is_password

PASSWORD = "trois-heures-avec-vous"


def test_inside_the_same_password_gets_the_same_hash_and_fits() -> None:
    with hashing_once():
        first, second = hash_password(PASSWORD), hash_password(PASSWORD)
        assert hash_password("another one") != first
    assert first == second
    assert is_password(PASSWORD, first)


def test_outside_every_hash_has_its_own_salt() -> None:
    with hashing_once():
        known = hash_password(PASSWORD)
    assert hash_password(PASSWORD) != known
    assert hash_password(PASSWORD) != hash_password(PASSWORD)
