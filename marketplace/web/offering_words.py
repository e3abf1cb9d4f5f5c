"""The words for an offering's states, reasons and fields, as filters for the templates."""

import re

from flask import Blueprint
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.web.values import duration, money

Words = dict[str, LazyString]

STATES: Words = {
    "draft": _l("Draft"),
    "in_review": _l("In review"),
    "published": _l("Published"),
    "paused": _l("Paused"),
    "withdrawn": _l("Withdrawn"),
    "approved": _l("Approved"),
    "changes_requested": _l("Changes requested"),
    "rejected": _l("Rejected"),
    "replaced": _l("Replaced by a newer text"),
    "new": _l("Not applied yet"),
    "applied": _l("Application in review"),
    "refused": _l("Application refused"),
}
KINDS = {
    "published": "ok",
    "approved": "ok",
    "in_review": "hot",
    "applied": "hot",
    "changes_requested": "warn",
    "paused": "warn",
    "rejected": "err",
    "refused": "err",
}
REASONS: Words = {
    "fits": _l("It meets what leads expect"),
    "not_precise": _l("It is not one precise point"),
    "outcome_unclear": _l("It is not clear what the lead leaves with"),
    "experience_missing": _l("The lived experience behind it is missing"),
    "advertising": _l("It advertises services instead of sharing experience"),
    "contact_details": _l("It contains contact details or links"),
    "price_unfit": _l("The price does not fit the length or the subject"),
    "wrong_topics": _l("The topics do not fit the text"),
    "hard_to_read": _l("The text is hard to read"),
    "duplicate": _l("You already offer the same point"),
    "confidential": _l("It gives away what belongs to a client or an employer"),
    "not_allowed": _l("It breaks the law or our terms"),
    "more_details": _l("We need more details"),
    "references_missing": _l("The references are missing"),
    "references_unclear": _l("We could not confirm the references"),
    "teaching_unclear": _l("It is not clear how you would run a session"),
    "experience_short": _l("The lived experience is too short so far"),
    "other": _l("Another reason, in the note"),
}
FORMATS: Words = {
    "remote": _l("By video"),
    "onsite": _l("On site"),
    "both": _l("By video or on site"),
}
FIELDS: Words = {
    "title": _l("Title"),
    "outcome": _l("What the lead leaves with"),
    "experience": _l("The lived experience behind it"),
    "topics": _l("Topics"),
    "language": _l("Language of the text"),
    "length_minutes": _l("Length in minutes"),
    "price": _l("Price in euros, excl. VAT"),
    "format": _l("Format"),
    "city": _l("City"),
    "questions": _l("Preparation questions"),
    "headline": _l("Headline"),
    "bio": _l("About you"),
    "languages": _l("Languages"),
    "motivation": _l("Why Cadran"),
    "references": _l("References"),
    "teaching": _l("How a session would run"),
}
ROLES: Words = {
    "lead": _l("Project lead"),
    "expert": _l("Expert"),
    "admin": _l("Admin"),
    "system": _l("The clock"),
}


def add_filters(blueprint: Blueprint) -> None:
    """Let every template say `page.state|state_word`."""
    for name, words in _FILTERS.items():
        blueprint.add_app_template_filter(words.get, name)
    blueprint.add_app_template_filter(field_value)


def field_value(text: str, field: str) -> str | LazyString:
    """A stretch of a field as people read it: codes become words."""
    if field == "format":
        return FORMATS.get(text, text)
    if field in ("language", "languages"):
        return ", ".join(_LANGUAGES.get(code, code) for code in text.split(", "))
    if field == "length_minutes" and text.isdecimal():
        return duration(int(text))
    if field == "price" and _CENTS.fullmatch(text):
        return money(int(text.replace(".", "")), decimals=True)
    return text


_LANGUAGES = {"fr": "Français", "en": "English"}
_CENTS = re.compile(r"\d+\.\d\d")
_FILTERS: dict[str, dict[str, LazyString] | dict[str, str]] = {
    "state_word": STATES,
    "state_kind": KINDS,
    "reason_word": REASONS,
    "format_word": FORMATS,
    "field_word": FIELDS,
    "role_word": ROLES,
}
