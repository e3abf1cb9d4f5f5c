"""Compose letters: one template per kind, rendered twice, as plain text and as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from marketplace import wording

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "emails"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the letter, in which language and time zone."""

    account_id: int
    address: str
    name: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter's words."""

    subject: str
    text: str
    html: str


def compose(kind: str, reader: Reader, facts: Mapping[str, Any]) -> Composed:
    """Write the letter `kind` (a file in templates/emails) with its `facts`, in the reader's language."""
    plain, rich = _environment(reader.language, "txt"), _environment(reader.language, "html")
    values = {**facts, "reader": reader, **_formats(reader)}
    name = f"{kind}.jinja"
    subject = "".join(plain.get_template(name).blocks["subject"](plain.get_template(name).new_context(values)))
    return Composed(
        subject=wording.one_line(subject),
        text=_tidy(plain.get_template(name).render(values)),
        html=rich.get_template(name).render(values),
    )


def _formats(reader: Reader) -> dict[str, Any]:
    language, zone = reader.language, ZoneInfo(reader.zone)
    return {
        "language": language,
        "money": lambda minor, currency="eur": wording.money(minor, language, currency, decimals=True),
        "moment": lambda at: wording.moment(at, language, zone),
        "span": lambda start, end: wording.span(start, end, language, zone),
        "zone_name": lambda at: wording.zone_name(zone, at, language),
    }


@cache
def _environment(language: str, shape: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=shape == "html",  # noqa: S701 - plain text must not be escaped, HTML is
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    gettext, ngettext = wording.translator(language)
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    parts = _html_parts if shape == "html" else _text_parts
    environment.filters["within_quotes"] = wording.within_quotes
    environment.globals.update(layout=f"layout.{shape}.jinja", **parts())
    return environment


def _text_parts() -> dict[str, Any]:
    def paragraph(words: str) -> str:
        return f"{words}\n\n"

    def quote(words: str) -> str:
        return "".join(f"> {line}\n" for line in words.splitlines()) + "\n"

    def facts(rows: Sequence[tuple[str, str]]) -> str:
        return "".join(f"- {label}{_colon(label)} {value}\n" for label, value in rows if value) + "\n"

    def button(label: str, url: str) -> str:
        return f"{label}\n{url}\n\n"

    return {"p": paragraph, "quote": quote, "facts": facts, "button": button}


def _html_parts() -> dict[str, Any]:
    # Styles stand in the elements: mail programmes drop style sheets.
    def paragraph(words: str) -> Markup:
        return Markup('<p style="margin:0 0 16px">{}</p>').format(words)

    def quote(words: str) -> Markup:
        lines = Markup("<br>").join(words.splitlines())
        style = "margin:0 0 16px;padding:4px 0 4px 14px;border-left:3px solid #ff9e5e"
        return Markup('<blockquote style="{}">{}</blockquote>').format(style, lines)

    def facts(rows: Sequence[tuple[str, str]]) -> Markup:
        line = Markup(
            '<tr><th scope="row" align="left" valign="top" style="padding:6px 16px 6px 0;font-weight:400;'
            'color:#47606a">{}</th><td valign="top" style="padding:6px 0">{}</td></tr>'
        )
        body = Markup("").join(line.format(label, value) for label, value in rows if value)
        return Markup('<table style="margin:0 0 16px;border-collapse:collapse">{}</table>').format(body)

    def button(label: str, url: str) -> Markup:
        style = (
            "display:inline-block;padding:13px 20px;border-radius:6px;background:#0b4f5c;color:#fff;"
            "font-weight:600;text-decoration:none"
        )
        return Markup('<p style="margin:8px 0 24px"><a href="{}" style="{}">{}</a></p>').format(url, style, label)

    return {"p": paragraph, "quote": quote, "facts": facts, "button": button}


def _colon(label: str) -> str:
    return "" if label.endswith((":", "?")) else ":"


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return "\n".join(kept).strip() + "\n"
