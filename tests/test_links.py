"""Links in letters are good for one purpose, one state of the account, and a while."""

from datetime import timedelta

import pytest

from marketplace.links import LIFETIME, Claim, DeadLink, Purpose, address, claim_on, read, sign
from tests.cast import START

SECRET = "s" * 40
CLAIM = claim_on(7, "hash", None)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_says_again_what_it_was_made_for(purpose: Purpose) -> None:
    assert read(SECRET, purpose, sign(SECRET, purpose, CLAIM, START), START) == CLAIM


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_dies_at_the_end_of_its_life(purpose: Purpose) -> None:
    token, second = sign(SECRET, purpose, CLAIM, START), timedelta(seconds=1)
    assert read(SECRET, purpose, token, START + LIFETIME[purpose] - second) == CLAIM
    for late in (LIFETIME[purpose], LIFETIME[purpose] + second):
        with pytest.raises(DeadLink):
            read(SECRET, purpose, token, START + late)


def test_a_verification_link_lives_a_day_and_a_reset_link_an_hour() -> None:
    assert {Purpose.VERIFY: timedelta(hours=24), Purpose.RESET: timedelta(hours=1)} == LIFETIME


@pytest.mark.parametrize("token", ["", "x", "W10.abc", "a.b.c", "é"])
def test_what_we_did_not_write_is_dead(token: str) -> None:
    with pytest.raises(DeadLink):
        read(SECRET, Purpose.RESET, token, START)


def test_a_link_of_another_purpose_secret_or_account_is_dead() -> None:
    token = sign(SECRET, Purpose.VERIFY, CLAIM, START)
    for secret, purpose in ((SECRET, Purpose.RESET), ("t" * 40, Purpose.VERIFY)):
        with pytest.raises(DeadLink):
            read(secret, purpose, token, START)
    with pytest.raises(DeadLink):
        read(SECRET, Purpose.VERIFY, token[:-1] + ("A" if token[-1] != "A" else "B"), START)


def test_a_claim_changes_with_the_password_and_with_the_verification() -> None:
    claims = {
        claim_on(7, "hash", None),
        claim_on(7, "other", None),
        claim_on(7, "hash", START),
        claim_on(8, "hash", None),
    }
    assert len(claims) == 4
    assert all(isinstance(claim, Claim) for claim in claims)


def test_the_address_is_one_of_our_pages() -> None:
    assert address("https://cadran.example", SECRET, Purpose.RESET, CLAIM, START).startswith(
        "https://cadran.example/password/reset/"
    )
