"""What the form macros need: which error belongs to which field, and the attributes that tie them together."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field


def flat(errors: Iterable[Any]) -> list[str]:
    """A field's messages as words; a form inside a form has its own nested."""
    return [message for _, message in _messages("", errors)]


def error_links(form: FlaskForm) -> list[tuple[str, str]]:
    """(id of the field, its message) of all errors, in the order of the fields.

    A message that several fields share says which one it means.
    """
    found = [(name, *link) for name, errors in form.errors.items() for link in _messages(_anchor(form, name), errors)]
    times = Counter(message for _, _, message in found)
    return [(anchor, _named(form, name, message) if times[message] > 1 else message) for name, anchor, message in found]


def error_count(form: FlaskForm) -> int:
    """How many messages the form has."""
    return len(error_links(form))


def described(field: Field, hint: str | None = None) -> Markup:
    """The attributes that tie a group to its hint and its error."""
    attributes = input_attrs(field, hint, {})
    pairs = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if name != "required")
    return Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in pairs)


def input_attrs(field: Field, hint: str | None, attrs: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an input: what the template asks for, and what ties it to its hint and its error."""
    ids = [f"{field.id}-hint"] * bool(hint) + [f"{field.id}-error"] * bool(field.errors)
    ours = {"aria_describedby": " ".join(ids)} if ids else {}
    if field.errors:
        ours["aria_invalid"] = "true"
    return {**ours, **attrs}


def _anchor(form: FlaskForm, name: str | None) -> str:
    """The id to jump to; errors of the whole form and of hidden fields have none."""
    field = form._fields.get(name) if name else None
    return "" if field is None or field.type in ("HiddenField", "CSRFTokenField") else str(field.id)


def _named(form: FlaskForm, name: str | None, message: str) -> str:
    field = form._fields.get(name) if name else None
    if field is None:
        return message
    label = str(field.label.text)
    if label.endswith("?"):
        return f"{label} {message}"
    return str(gettext("%(label)s: %(message)s", label=label, message=message))


def _messages(anchor: str, errors: Any) -> Iterator[tuple[str, str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _messages(f"{anchor}-{name}" if anchor and name else anchor, inner)
    elif isinstance(errors, list | tuple):
        for index, inner in enumerate(errors):
            nested = isinstance(inner, dict | list | tuple)
            yield from _messages(f"{anchor}-{index}" if nested and anchor else anchor, inner)
    else:
        yield anchor, str(errors)


FILTERS = {filter_.__name__: filter_ for filter_ in (flat, error_links, error_count, described, input_attrs)}
