"""The parts of every page, read as the browser gets them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from marketplace.queries.cards import OfferCard
from marketplace.web import looks

TEMPLATES = Path(__file__).parents[2] / "templates"
_ICON = re.compile(r"icon\(\"([a-z-]+)\"")
_INLINE = re.compile(r"<[a-z][^>{]*\s(style|on[a-z]+)=|<style|<script>")
START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
MACROS = {
    "ui": "icon, button, link_button, note, face, person, stars, five, tag, facts, crumbs, empty, steps, dl, ask, "
    "tasks, timeline, bars",
    "form": "csrf, error_summary, field, choices, options, submit",
    "show": "money, moment, day, hours, span, duration, percent",
    "dial": "dial, week, logo, deco",
    "pages": "pager",
    "offer": "offer_card",
}


class Span(PlainForm):
    """A form inside a form."""

    opens = StringField("Opens", [DataRequired("Say when it opens.")])


class Question(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """One field of each kind."""

    name = StringField("Your name", [DataRequired("Please say your name.")])
    about = TextAreaField("About you", [Length(max=5, message="Five letters at most.")])
    language = SelectField("Language", choices=[SelectChoice("fr", "French"), SelectChoice("en", "English")])
    topics = SelectMultipleField("Topics", choices=[SelectChoice("1", "Cloud"), SelectChoice("2", "Data")])
    format = RadioField(
        "Format",
        choices=[SelectChoice("remote", "Remote"), SelectChoice("onsite", "On site")],
        validators=[DataRequired()],
    )
    agreed = BooleanField("I agree", [DataRequired("Please agree first.")])
    spans = FieldList(FormField(Span), min_entries=1)


class Pair(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    clarity = StringField("Clarity", [DataRequired("Choose one.")])
    clear = StringField("Was it clear?", [DataRequired("Choose one.")])


@pytest.fixture
def request_in(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


def show(source: str, **values: Any) -> BeautifulSoup:
    imports = "".join(
        f'{{% from "macros/{name}.html" import {macros} with context %}}' for name, macros in MACROS.items()
    )
    return BeautifulSoup(render_template_string(imports + source, **values), "html.parser")


def only(soup: BeautifulSoup, css: str) -> Tag:
    found = soup.select(css)
    assert len(found) == 1, f"{len(found)} times {css} in {soup}"
    return found[0]


def answered(**typed: Any) -> Question:
    form = Question(formdata=MultiDict(typed), meta={"csrf": False})
    form.validate()
    return form


@pytest.mark.usefixtures("request_in")
class TestForms:
    def test_every_field_has_its_label_and_says_when_it_is_optional(self) -> None:
        soup = show("{{ field(form.name) }}{{ field(form.about) }}", form=Question())
        assert only(soup, "label[for=name]").get_text() == "Your name"
        assert only(soup, "label[for=about]").get_text() == "About you (optional)"

    def test_a_hint_is_tied_to_its_field(self) -> None:
        soup = show('{{ field(form.name, hint="As you sign") }}', form=Question())
        assert only(soup, "input")["aria-describedby"] == "name-hint"
        assert only(soup, "#name-hint").get_text() == "As you sign"

    def test_more_attributes_reach_the_input(self) -> None:
        soup = show('{{ field(form.name, autocomplete="name", maxlength=80) }}', form=Question())
        assert (only(soup, "input")["autocomplete"], only(soup, "input")["maxlength"]) == ("name", "80")

    def test_an_error_stands_beside_its_field_and_the_input_is_kept(self) -> None:
        soup = show('{{ field(form.about, hint="Short") }}', form=answered(about="too long"))
        area = only(soup, "textarea")
        assert area["aria-invalid"] == "true"
        assert area["aria-describedby"] == "about-hint about-error"
        assert area.get_text().strip() == "too long"
        assert only(soup, "#about-error").get_text(" ", strip=True) == "Error: Five letters at most."

    def test_the_summary_links_to_every_field_and_takes_the_focus(self) -> None:
        form = answered(about="too long")
        soup = show("{{ error_summary(form) }}", form=form)
        assert only(soup, "[role=alert]").has_attr("data-focus")
        links = {link["href"]: link.get_text() for link in soup.select("a")}
        assert links["#name"] == "Please say your name."
        assert links["#spans-0-opens"] == "Say when it opens."
        assert only(soup, "h2").get_text() == f"{len(links)} answers need your attention"

    def test_links_of_the_summary_lead_to_fields_that_exist(self) -> None:
        source = (
            "{{ error_summary(form) }}{{ field(form.name) }}{{ field(form.about) }}{{ options(form.format) }}"
            "{{ field(form.agreed) }}{{ field(form.spans[0].form.opens) }}{{ field(form.language) }}"
        )
        soup = show(source, form=answered(about="too long", language="fr"))
        ids = {tag["id"] for tag in soup.select("[id]")}
        assert {link["href"][1:] for link in soup.select("li a")} <= ids

    def test_a_message_that_fields_share_says_which_one_it_means(self) -> None:
        form = Pair(formdata=MultiDict(), meta={"csrf": False})
        form.validate()
        soup = show("{{ error_summary(form) }}", form=form)
        assert [link.get_text() for link in soup.select("a")] == ["Clarity: Choose one.", "Was it clear? Choose one."]

    def test_there_is_no_summary_without_an_error(self) -> None:
        assert show("{{ error_summary(form) }}", form=Question()).get_text(strip=True) == ""
        assert show("{{ error_summary(form) }}", form=None).get_text(strip=True) == ""

    def test_an_error_of_the_whole_form_has_no_field_to_link_to(self) -> None:
        form = answered(name="Léa", format="remote", agreed="y", about="a", language="fr", **{"spans-0-opens": "9"})
        form.form_errors.append("The two do not fit together.")
        soup = show("{{ error_summary(form) }}", form=form)
        assert only(soup, "li").get_text() == "The two do not fit together."
        assert not soup.select("li a")

    def test_groups_have_a_legend_and_labels(self) -> None:
        soup = show("{{ choices(form.topics) }}{{ options(form.format) }}", form=Question())
        assert [legend.get_text() for legend in soup.select("legend")] == ["Topics (optional)", "Format"]
        assert len(soup.select("label > input")) == len(soup.select("input")) == 4

    def test_a_group_with_an_error_is_described_by_it(self) -> None:
        soup = show('{{ options(form.format, {"remote": "By video"}, hint="Choose") }}', form=answered())
        group = only(soup, "fieldset")
        assert group["aria-describedby"] == "format-hint format-error"
        assert only(soup, "small").get_text() == "By video"

    def test_a_checkbox_stands_before_its_label(self) -> None:
        soup = show("{{ field(form.agreed) }}", form=Question())
        assert only(soup, "label.check").find("input") is not None

    def test_every_form_carries_its_token(self) -> None:
        assert only(show("{{ csrf(form) }}", form=Question()), "input[name=csrf_token]")["value"]


@pytest.mark.usefixtures("request_in")
class TestParts:
    def test_buttons_say_that_they_are_sending(self) -> None:
        assert only(show('{{ button("Pay", "hot", "go", "now") }}'), "button")["data-busy"] == "Sending…"

    def test_a_value_of_nought_is_a_value(self) -> None:
        assert only(show('{{ button("None", name="n", value=0) }}'), "button")["value"] == "0"

    @pytest.mark.parametrize(
        ("kind", "role"), [("ok", "status"), ("err", "alert"), ("warn", "status"), ("info", "status")]
    )
    def test_notes_are_announced(self, kind: str, role: str) -> None:
        assert only(show('{{ note(kind, "Title", "Body") }}', kind=kind), ".note")["role"] == role

    def test_a_note_takes_more_than_a_sentence(self) -> None:
        soup = show('{% call note("err", "Taken", focus=True) %}<a href="#x">Next</a>{% endcall %}')
        assert only(soup, ".note").has_attr("data-focus")
        assert only(soup, ".note a").get_text() == "Next"

    def test_stars_read_well_aloud(self) -> None:
        assert "4.9 out of 5" in show("{{ stars(4.9, 37) }}").get_text(" ")
        assert show("{{ stars(None, 0) }}").get_text(strip=True) == "No ratings yet"
        assert only(show("{{ five(4) }}"), "[role=img]")["aria-label"] == "4 out of 5"

    def test_the_current_step_is_marked_and_earlier_ones_are_done(self) -> None:
        soup = show('{{ steps(["Slot", "Payment", "Done"], 2) }}')
        assert only(soup, "[aria-current=step]").get_text(strip=True) == "Payment"
        assert "Slot (done)" in " ".join(soup.get_text(" ").split())

    def test_what_people_write_is_escaped(self) -> None:
        soup = show('{{ note("ok", evil) }}{{ person(evil, evil) }}{{ tag(evil) }}', evil="<script>x</script>")
        assert not soup.select("script")

    def test_a_chart_says_in_words_what_it_shows(self) -> None:
        soup = show('{{ bars([("Jan", 100, "€100"), ("Feb", 0, "€0")], "Earnings") }}')
        assert only(soup, "svg")["aria-label"] == "Earnings: Jan €100; Feb €0"
        assert [rect["height"] for rect in soup.select("rect")] == ["88", "0"]

    def test_a_chart_of_nothing_is_empty(self) -> None:
        assert not show('{{ bars([], "Earnings") }}').select("rect")

    def test_icons_are_for_the_eye_only(self) -> None:
        assert only(show('{{ icon("search") }}'), "svg")["aria-hidden"] == "true"


def test_every_icon_that_a_template_names_exists(app: Flask) -> None:
    shapes = app.jinja_env.get_template("macros/icons.html").module.shapes  # type: ignore[attr-defined]
    named = {name for path in TEMPLATES.rglob("*.html") for name in _ICON.findall(path.read_text(encoding="utf-8"))}
    assert named <= shapes.keys()


@pytest.mark.usefixtures("request_in")
class TestDials:
    def test_a_dial_lights_its_quarters(self) -> None:
        soup = show('{{ dial(("a", "c")) }}')
        assert [path["data-q"] for path in soup.select(".q.on")] == ["a", "c"]
        assert only(soup, "svg")["aria-hidden"] == "true"

    def test_a_dial_with_words_is_an_image(self) -> None:
        assert only(show('{{ dial((), "Nothing free") }}'), "svg[role=img]")["aria-label"] == "Nothing free"

    def test_a_week_says_when_each_day_is_free(self) -> None:
        days = [(date(2026, 11, 30), {"b"}), (date(2026, 12, 1), set()), (date(2026, 12, 2), {"a", "d"})]
        labels = [svg["aria-label"] for svg in show("{{ week(days) }}", days=days).select("svg")]
        assert labels == [
            "Monday 30 November: free at midday",
            "Tuesday 1 December: no free slot",
            "Wednesday 2 December: free in the morning, at another time",
        ]


@pytest.mark.usefixtures("request_in")
class TestLists:
    def test_the_pager_marks_the_page_and_leaves_gaps(self) -> None:
        soup = show("{% macro url(n) %}?p={{ n }}{% endmacro %}{{ pager(5, 20, url) }}")
        assert only(soup, "[aria-current=page]").get_text(" ", strip=True) == "Page 5"
        assert only(soup, "a[rel=next]")["href"] == "?p=6"
        assert len(soup.select(".gap")) == 2

    def test_one_page_needs_no_pager(self) -> None:
        assert show("{{ pager(1, 1, none) }}").get_text(strip=True) == ""

    @pytest.mark.parametrize(
        ("current", "pages", "shown"),
        [
            (1, 3, (1, 2, 3)),
            (1, 9, (1, 2, 3, None, 9)),
            (5, 9, (1, None, 3, 4, 5, 6, 7, None, 9)),
            (9, 9, (1, None, 7, 8, 9)),
        ],
    )
    def test_pages_near_the_current_one_are_offered(self, current: int, pages: int, shown: tuple[Any, ...]) -> None:
        assert looks.page_window(current, pages) == shown

    def test_a_card_shows_what_a_choice_needs(self) -> None:
        soup = show("{{ offer_card(card, zone) }}", card=_card(), zone=None)
        text = " ".join(soup.get_text(" ").split())
        for words in ("Inès Caron", "€1,170", "4.9", "Verified profile", "French, English", "Next: Tue 1 Dec, 9:00"):
            assert words in text
        assert only(soup, "mark").get_text() == "security"
        assert only(soup, "h2 a")["lang"] == "fr"

    def test_a_match_keeps_the_link_to_its_request(self) -> None:
        soup = show("{{ offer_card(card, zone) }}", card=_card(brief_id=7), zone=None)
        assert only(soup, "a.btn")["href"] == "/offerings/3/booking?request=7"


@pytest.mark.usefixtures("request_in")
def test_values_have_their_machine_form_too() -> None:
    soup = show("{{ day(at) }}{{ moment(at) }}{{ span(at, end, none) }}", at=START, end=START + timedelta(hours=3))
    assert [time["datetime"] for time in soup.select("time")] == [
        "2026-12-01",
        "2026-12-01T08:00:00+00:00",
        "2026-12-01T08:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("name", "letters"), [("Inès Carpentier", "IC"), ("Jean-Luc van der Berg", "JB"), ("Ana", "A")]
)
def test_a_face_shows_the_first_and_last_initial(name: str, letters: str) -> None:
    assert looks.initials(name) == letters


def test_every_template_compiles(app: Flask) -> None:
    names = app.jinja_env.list_templates(extensions=["html"])
    assert names
    assert all(app.jinja_env.get_template(name).name == name for name in names)


def test_no_template_has_inline_style_script_or_handler() -> None:
    for path in TEMPLATES.rglob("*.html"):
        if "emails" in path.parts:
            continue  # letters have no stylesheet to refer to
        source = path.read_text(encoding="utf-8")
        assert not _INLINE.search(source), path


def _card(brief_id: int | None = None) -> OfferCard:
    return OfferCard(
        offering_id=3,
        title="Audit de sécurité",
        snippet=(("About ", False), ("security", True)),
        text_language="fr",
        expert_id=1,
        expert_name="Inès Caron",
        headline="Architecte",
        languages=("fr", "en"),
        format="both",
        city="Paris",
        price_minor=117_000,
        currency="eur",
        length_minutes=180,
        mean_stars=4.9,
        ratings=37,
        verified=True,
        week=((date(2026, 12, 1), frozenset("a")),),
        next_slot=START,
        reasons=("Speaks of security",),
        brief_id=brief_id,
    )
