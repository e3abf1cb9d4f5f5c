"""French and English are complete: no empty, fuzzy, outdated or broken entry, no word outside a catalogue."""

import re
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from marketplace.translations import catalogue

TEMPLATES = Path(__file__).parents[2] / "templates"
# The name of the product and of a payment firm, units, and marks between words are the same in every language.
SAME_EVERYWHERE = {"Cadran", "Stripe", "FR", "EN", "h", "nbsp", "middot", "hellip", "amp"}
SPOKEN = re.compile(r"\b(?:aria-label|placeholder|title|alt)=\"([^\"]*)\"")
JINJA = re.compile(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MARKUP = re.compile(r"<!--.*?-->|<[^>]*>|\bclass=\"[^\"]*\"", re.DOTALL)
WORD = re.compile(r"[^\W\d_]+")


def test_the_french_catalogue_is_complete() -> None:
    assert catalogue.problems(catalogue.load(), catalogue.extract()) == []


def test_renewing_the_catalogue_changes_nothing(tmp_path: Path) -> None:
    renewed = tmp_path / "messages.po"
    catalogue.save(catalogue.renew(catalogue.load(), catalogue.extract()), renewed)
    assert renewed.read_text(encoding="utf-8") == catalogue.FRENCH.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_has_a_word_of_its_own(path: Path) -> None:
    if path.parent.name == "content":
        return  # whole texts, one template a language: see the next test
    source = JINJA.sub(" ", path.read_text(encoding="utf-8"))
    texts = [MARKUP.sub(" ", source), *SPOKEN.findall(source)]
    words = {word for text in texts for word in WORD.findall(text)}
    assert words <= SAME_EVERYWHERE


def test_every_long_text_is_there_in_both_languages() -> None:
    names = {
        language: {p.name.split(".")[0] for p in TEMPLATES.glob(f"content/*.{language}.html")}
        for language in ["fr", "en"]
    }
    assert names["fr"] == names["en"]
    for name in names["fr"]:
        french, english = (_shape(TEMPLATES / f"content/{name}.{language}.html") for language in ("fr", "en"))
        assert french == english, name


def test_a_word_outside_a_catalogue_would_be_found() -> None:
    source = '{% block main %}<p class="lede">{{ _("Hello") }} there</p>{% endblock %}'
    assert WORD.findall(MARKUP.sub(" ", JINJA.sub(" ", source))) == ["there"]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "Hello"\nmsgstr ""', "not translated"),
        ('#, fuzzy\nmsgid "Hello"\nmsgstr "Bonjour"', "fuzzy"),
        ('msgid "Hello %(name)s"\nmsgstr "Bonjour %(nom)s"', "other placeholders"),
        ('msgid "Hello"\nmsgstr "Bonjour !"', "space that may break"),
        ('msgid "Hello"\nmsgstr "L\'heure"', "straight apostrophe"),
        ('msgid "%(num)s day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "%(num)s jour"\nmsgstr[1] ""', "not translated"),
    ],
)
def test_the_check_finds_each_fault(entry: str, fault: str, tmp_path: Path) -> None:
    assert fault in list(catalogue.faults(_only(entry, tmp_path)))


def test_the_check_finds_what_is_missing_and_what_is_gone() -> None:
    known, wanted = Catalog(locale="fr"), Catalog()
    known.add("Old", "Vieux")
    wanted.add("New")
    assert [line.split(":")[0] for line in catalogue.problems(known, wanted)] == ["missing", "no longer used"]


def test_a_renewal_guesses_nothing_and_keeps_what_is_known() -> None:
    known, wanted = Catalog(locale="fr"), Catalog()
    known.add("Book a session", "Réserver une session")
    known.add("Gone", "Parti")
    for words in ("Book a session", "Book a session now", ("%(num)s day", "%(num)s days")):
        wanted.add(words)
    renewed = catalogue.renew(known, wanted)
    assert {message.id: message.string for message in renewed if message.id} == {
        "Book a session": "Réserver une session",
        "Book a session now": "",
        ("%(num)s day", "%(num)s days"): ("", ""),
    }


def test_the_compiled_catalogue_says_the_same(tmp_path: Path) -> None:
    source = tmp_path / "messages.po"
    known = Catalog(locale="fr")
    known.add("Sign in", "Se connecter")
    catalogue.save(known, source)
    assert b"Se connecter" in catalogue.compile_catalogue(source).read_bytes()


def test_the_tool_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert catalogue.main([]) == 2
    assert "update" in capsys.readouterr().err


def _only(entry: str, folder: Path) -> Message:
    path = folder / "one.po"
    plurals = r'msgid ""' + "\n" + r'msgstr "Plural-Forms: nplurals=2; plural=(n > 1);\n"'
    path.write_text(f"{plurals}\n\n{entry}\n", encoding="utf-8")
    with path.open("rb") as file:
        return next(message for message in read_po(file, locale="fr") if message.id)


def _shape(path: Path) -> list[str]:
    """The tags and the values of a text, without its words."""
    return re.findall(r"<(\w+)|\{\{\s*([^}]+?)\s*\}\}", path.read_text(encoding="utf-8"))
