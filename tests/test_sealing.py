"""What is sealed opens with the same secret for the same purpose, and otherwise not at all."""

from marketplace.sealing import opened, sealed


def test_what_is_sealed_opens_again() -> None:
    kept = sealed("secret", "answer 1", "à bientôt")
    assert "bient" not in kept
    assert opened("secret", "answer 1", kept) == "à bientôt"


def test_nothing_opens_for_another_purpose_or_secret_or_when_touched() -> None:
    kept = sealed("secret", "answer 1", "words")
    assert opened("secret", "answer 2", kept) is None
    assert opened("another", "answer 1", kept) is None
    assert opened("secret", "answer 1", kept[:-4] + "AAA=") is None
    assert opened("secret", "answer 1", "words") is None


def test_the_same_words_look_different_each_time() -> None:
    assert sealed("secret", "answer", "words") != sealed("secret", "answer", "words")
