"""Good passwords are long and hard to guess; there are no other rules."""

import pytest

from marketplace.domain.errors import Invalid
from marketplace.domain.passwords import LONGEST, SHORTEST, check

GOOD = "poule mouillee ardente"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "xK9#vQ2wL",
        "correct horse battery staple",
        "żółw jaźń łąka 77",
        "a quite long sentence that nobody would ever guess " * 2,
    ],
)
def test_long_and_strange_passwords_pass(password: str) -> None:
    check(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("xK9#vQ2", "password_short"),
        ("password", "password_guessable"),
        ("azertyuiop", "password_guessable"),
        ("aaaaaaaaaaaaaaaa", "password_guessable"),
        ("12345678", "password_guessable"),
        ("cadran2026", "password_guessable"),
    ],
)
def test_short_and_common_passwords_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check(password)
    assert refusal.value.code == code
    assert refusal.value.facts["field"] == "password"


def test_a_password_has_8_to_128_characters() -> None:
    words = "poule mouillee ardente " * 6
    check(words[:LONGEST])
    for length, code in (
        (SHORTEST - 1, "password_short"),
        (SHORTEST, "password_guessable"),  # long enough to be judged; eight characters hardly ever pass
        (LONGEST + 1, "password_long"),
    ):
        with pytest.raises(Invalid, match=code):
            check(words[:length])


def test_ones_own_name_and_address_are_easy_to_guess() -> None:
    check("Inès Caronville")
    with pytest.raises(Invalid):
        check("caronville1", ("Inès Caronville", "ines.caronville@exemple.fr"))
