"""Keeps the French catalogue complete: `python -m marketplace.translations.catalogue update|check|compile`.

The words in code and templates are English; French is the only catalogue. `pybabel` passes over empty, fuzzy and
outdated entries without failing, so the check is ours.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HOUSE = Path(__file__).parents[2]
FRENCH = Path(__file__).parent / "fr" / "LC_MESSAGES" / "messages.po"
SOURCES = {"marketplace": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.jinja", "jinja2")]}
KEYWORDS = {
    "_": None,
    "N_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
_LOOSE = re.compile(r" [?!:;»€](?!\d)|« |\d %(?!\()|\u202f")  # a plain space where French wants one that does not break


def extract() -> Catalog:
    """All words of code and templates, as an empty catalogue."""
    found = Catalog(project="Cadran", charset="utf-8")
    for folder, methods in SOURCES.items():
        for path, line, words, comments, context in extract_from_dir(HOUSE / folder, methods, keywords=KEYWORDS):
            found.add(words, None, [(f"{folder}/{path}", line)], auto_comments=comments, context=context)
    return found


def load(path: Path = FRENCH) -> Catalog:
    """A catalogue from its file; an empty one when there is none yet."""
    if not path.exists():
        return Catalog(locale="fr", project="Cadran", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="fr", charset="utf-8")


def renew(catalogue: Catalog, template: Catalog) -> Catalog:
    """The template's words with the catalogue's translations: nothing guessed, nothing kept that is no longer used."""
    since = catalogue.creation_date  # kept, so that a renewal without news leaves the file as it was
    fresh = Catalog(
        locale="fr", project="Cadran", charset="utf-8", fuzzy=False, header_comment=_HEADER, creation_date=since
    )
    for message in template:
        if message.id:
            known = catalogue.get(_key(message), message.context)
            words = known.string if known is not None and _same_shape(known, message) else _nothing(message)
            fresh.add(message.id, words, message.locations, context=message.context)
    return fresh


def save(catalogue: Catalog, path: Path = FRENCH) -> None:
    """Write the catalogue: in the order of the files, without line numbers, so that changes stay small."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)


def problems(catalogue: Catalog, template: Catalog) -> list[str]:
    """Everything that keeps the French from being complete, a line each."""
    found = [f"missing: {_start(message)}" for message in _new(catalogue, template)]
    found += [f"no longer used: {_start(message)}" for message in _new(template, catalogue)]
    for message in catalogue:
        if message.id:
            found += [f"{fault}: {_start(message)}" for fault in faults(message)]
    return found


def faults(message: Message) -> Iterator[str]:
    """What is wrong with one entry."""
    if message.fuzzy:
        yield "fuzzy"
    if not all(_forms(message.string)):
        yield "not translated"
        return
    if any(_placeholders(form) != _wanted(message) for form in _forms(message.string)):
        yield "other placeholders"
    if any(_LOOSE.search(form) for form in _forms(message.string)):
        yield "space that may break"
    if any("'" in form for form in _forms(message.string)):
        yield "straight apostrophe"


def compile_catalogue(path: Path = FRENCH) -> Path:
    """Write the binary catalogue beside the text, at once or not at all, since others may be reading it."""
    target, fresh = path.with_suffix(".mo"), path.with_suffix(".new")
    with fresh.open("wb") as file:
        write_mo(file, load(path))
    return fresh.replace(target)


def main(arguments: list[str]) -> int:
    """Do what the command line asks; 1 when the catalogue is not complete."""
    commands: dict[str, Callable[[], int]] = {"update": _update, "check": _check, "compile": _compile}
    if len(arguments) != 1 or arguments[0] not in commands:
        sys.stderr.write(f"one of: {', '.join(commands)}\n")
        return 2
    return commands[arguments[0]]()


def _update() -> int:
    save(renew(load(), extract()))
    return _check()


def _check() -> int:
    found = problems(load(), extract())
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


def _compile() -> int:
    compile_catalogue()
    return 0


_HEADER = (
    "# The French words of Cadran. Written by hand; `make translations` adds what is new and removes what is gone."
)


def _key(message: Message) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def _new(known: Catalog, other: Catalog) -> list[Message]:
    return [message for message in other if message.id and known.get(_key(message), message.context) is None]


def _same_shape(known: Message, message: Message) -> bool:
    return bool(known.pluralizable == message.pluralizable)


def _nothing(message: Message) -> str | tuple[str, str]:
    return ("", "") if message.pluralizable else ""


def _forms(words: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (words or "",) if isinstance(words, str | None) else tuple(words)


def _placeholders(words: str) -> set[str]:
    return set(_PLACEHOLDER.findall(words))


def _wanted(message: Message) -> set[str]:
    return set().union(*(_placeholders(form) for form in _forms(message.id)))


def _start(message: Message) -> str:
    where = message.locations[0][0] if message.locations else "catalogue"
    return f"{_key(message)[:90]!r} ({where})"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
