"""What makes a password good enough: long, and hard to guess. No rules about digits and signs."""

from collections.abc import Sequence

from zxcvbn import zxcvbn

from marketplace.domain.errors import Invalid

SHORTEST = 8
LONGEST = 128
ENOUGH = 3  # zxcvbn's score from 0 to 4: "safely unguessable: protects from offline attack of a slow hash"
JUDGED = 72  # characters that zxcvbn looks at; its time grows with the square of the length


def check(password: str, known: Sequence[str] = ()) -> None:
    """Raise `Invalid` unless the password is good; `known` are words an attacker tries first (name, address)."""
    if len(password) < SHORTEST:
        raise Invalid("password_short", field="password", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("password_long", field="password", longest=LONGEST)
    if zxcvbn(password[:JUDGED], user_inputs=_words(known))["score"] < ENOUGH:
        raise Invalid("password_guessable", field="password")


def _words(known: Sequence[str]) -> list[str]:
    """The given words, and their parts: somebody's address is guessed by its name too."""
    whole = [word for word in known if word]
    parts = [part for word in whole for part in word.replace("@", " ").replace(".", " ").split() if len(part) > 2]
    return [*whole, *parts, "cadran"]
