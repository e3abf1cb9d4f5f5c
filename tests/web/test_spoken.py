"""Templates are compiled once per language, with their sentences in place."""

import pytest
from flask import Flask
from jinja2 import DictLoader
from markupsafe import Markup

from marketplace.web.spoken import spoken


def said(app: Flask, language: str, source: str, **values: object) -> str:
    with app.test_request_context("/"):
        copy = spoken(language).overlay(loader=DictLoader({"page.html": source}))
        return copy.get_template("page.html").render(**values)


@pytest.mark.parametrize(("language", "words"), [("fr", "Se connecter"), ("en", "Sign in")])
def test_a_sentence_is_in_the_readers_language(app: Flask, language: str, words: str) -> None:
    assert said(app, language, '<b>{{ _("Sign in") }}</b>') == f"<b>{words}</b>"
    assert said(app, language, "{{ _(label) }}", label="Sign in") == words


def test_what_is_filled_in_is_escaped(app: Flask) -> None:
    source = '{{ _("On site, %(city)s", city=city) }} {{ _(label, city=city) }}'
    shown = said(app, "en", source, city="<i>", label="On site, %(city)s")
    assert shown == "On site, &lt;i&gt; On site, &lt;i&gt;"
    assert said(app, "en", '{{ _("On site, %(city)s", city=city) }}', city=Markup("<b>")) == "On site, <b>"


@pytest.mark.parametrize(("language", "one", "many"), [("fr", "1 avis", "2 avis"), ("en", "1 rating", "2 ratings")])
def test_plurals_follow_the_language(app: Flask, language: str, one: str, many: str) -> None:
    source = '{{ ngettext("%(num)s rating", "%(num)s ratings", number) }}'
    assert [said(app, language, source, number=number) for number in (1, 2)] == [one, many]


def test_a_call_that_is_more_than_a_sentence_is_left_to_the_moment(app: Flask) -> None:
    assert said(app, "fr", "{{ _(*labels) }}", labels=["Sign in"]) == "Se connecter"
    assert said(app, "fr", '{{ _("Sign in", **values) }}', values={}) == "Se connecter"
