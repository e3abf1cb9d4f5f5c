"""What labels in two languages teach."""

import pytest

from search.lexicon import Lexicon, from_json, learn, read_labels, to_json

LABELS = [
    ("équipe data", "data team"),
    ("recrutement", "hiring"),
    ("recruter une équipe", "hiring a team"),
    ("sécurité des données", "data security"),
    ("sécurité", "security"),
    ("équipe", "team"),
    ("conformité bancaire", "banking compliance"),
    ("semi-conducteurs", "semiconductors"),
]


@pytest.fixture(scope="module")
def lexicon():
    return learn(LABELS)


@pytest.mark.parametrize(
    ("stem", "language", "meaning"),
    [("equip", "fr", "team"), ("secur", "fr", "secur"), ("team", "en", "equip"), ("secur", "en", "secur")],
)
def test_words_that_stand_together_again_and_again_mean_the_same(lexicon, stem, language, meaning):
    best = lexicon.translations(stem, language)[0]
    assert best.stem == meaning
    assert best.probability > 0.7


def test_a_word_that_is_explained_by_another_is_left_to_the_rest():
    lexicon = learn([("maison bleue", "blue house"), ("maison", "house")])
    assert [each.stem for each in lexicon.translations("maison", "fr")] == ["hous"]
    assert lexicon.translations("bleu", "fr")[0].stem == "blue"


def test_the_translations_of_a_word_come_likeliest_first_and_are_few(lexicon):
    labels = [("banque", word) for word in ("bank", "banking", "lender", "treasury", "teller", "vault")] * 2
    found = learn([*labels, ("banque", "bank")]).translations("banqu", "fr")
    assert found[0].stem == "bank"
    assert len(found) == 4
    assert [each.probability for each in found] == sorted((each.probability for each in found), reverse=True)


def test_the_parts_of_a_joined_word_teach_nothing(lexicon):
    assert lexicon.translations("conducteur", "fr") == ()


def test_an_unknown_word_has_no_translation(lexicon):
    assert lexicon.translations("apicultur", "fr") == ()
    assert Lexicon().translations("equip", "fr") == ()


def test_nothing_is_learned_from_nothing():
    assert len(learn([])) == 0
    assert len(learn([("", ""), ("équipe", "")])) == 0


def test_a_lexicon_survives_being_written_and_read(lexicon):
    assert from_json(to_json(lexicon)) == lexicon


def test_labels_are_read_line_by_line_without_the_heading(tmp_path):
    file = tmp_path / "labels.tsv"
    file.write_text("fr\ten\néquipe data\tdata team\n\n sécurité \tsecurity\n")
    assert read_labels(file) == (("équipe data", "data team"), ("sécurité", "security"))


@pytest.mark.parametrize("line", ["équipe", "équipe\tteam\tmore"])
def test_a_line_that_is_no_pair_is_named(tmp_path, line):
    file = tmp_path / "labels.tsv"
    file.write_text(f"sécurité\tsecurity\n{line}\n")
    with pytest.raises(ValueError, match="line 2"):
        read_labels(file)
