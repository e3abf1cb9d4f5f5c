"""The forms of a request, an invitation and a proposal."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, Length, NumberRange, Optional, Regexp

from marketplace.domain import brief as rules
from marketplace.domain.brief import BriefText
from marketplace.domain.errors import Invalid
from marketplace.services.briefs import NOTE_LENGTH
from marketplace.web.incoming import LARGEST_ID
from marketplace.wording import PRICE, cents

_TOO_LONG = _l("This text is too long.")

# The words for a rule of the domain, to stand beside its field.
RULES = {
    "brief_title": _l("Write a title of at most 120 characters."),
    "brief_problem": _l("Describe the problem in at least 40 characters, so that it can be matched."),
    "brief_latest_past": _l("This day is over. Choose a later one, or leave it empty."),
    "brief_days_crossed": _l("The last day must not come before the first."),
    "brief_budget": _l("Write an amount above zero, or leave it empty."),
    "brief_participants": _l("Between 1 and 12 people can take part."),
    "text_too_long": _TOO_LONG,
}


class _DayField(DateField):
    """A day as browsers send it; the words for anything else are ours."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(str(_l("Enter a day as year-month-day, for example 2026-12-01."))) from error


class BriefForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What a lead is looking for."""

    title = StringField(
        _l("The point, in one line"),
        validators=[
            DataRequired(_l("Write the point in one line.")),
            Length(max=rules.TITLE_LENGTH, message=_TOO_LONG),
        ],
    )
    problem = TextAreaField(
        _l("What are you stuck on?"),
        validators=[
            DataRequired(_l("Describe the problem.")),
            Length(min=rules.SHORTEST_PROBLEM, message=RULES["brief_problem"]),
            Length(max=rules.PROBLEM_LENGTH, message=_TOO_LONG),
        ],
    )
    objectives = TextAreaField(
        _l("What do you want to leave with?"),
        validators=[Optional(), Length(max=rules.OBJECTIVES_LENGTH, message=_TOO_LONG)],
    )
    level = RadioField(
        _l("Your own level on this"),
        choices=[
            SelectChoice("beginner", _l("Beginner")),
            SelectChoice("practising", _l("Practising")),
            SelectChoice("advanced", _l("Advanced")),
        ],
        default="beginner",
        validators=[DataRequired(_l("Choose your level."))],
    )
    language = SelectField(
        _l("Language of the session"),
        choices=[SelectChoice("", _l("Either")), SelectChoice("fr", _l("French")), SelectChoice("en", _l("English"))],
    )
    format = SelectField(
        _l("Format"),
        choices=[
            SelectChoice("", _l("Either")),
            SelectChoice("remote", _l("By video")),
            SelectChoice("onsite", _l("On site")),
        ],
    )
    city = StringField(_l("City, if on site"), validators=[Optional(), Length(max=80, message=_TOO_LONG)])
    earliest = _DayField(_l("First possible day"), validators=[Optional()])
    latest = _DayField(_l("Last possible day"), validators=[Optional()])
    budget = StringField(
        _l("Budget in euros, excl. VAT"),
        validators=[
            Optional(),
            Length(max=20, message=RULES["brief_budget"]),
            Regexp(PRICE, message=_l("Enter an amount in euros, for example 900 or 1,170.50.")),
        ],
    )
    participants = StringField(
        _l("How many people take part?"),
        default="1",
        validators=[
            DataRequired(RULES["brief_participants"]),
            Regexp(r"^\s*([1-9]|1[0-2])\s*$", message=RULES["brief_participants"]),
        ],
    )

    def text(self) -> BriefText:
        """What was written, in the rules' own terms."""
        return BriefText(
            title=self.title.data or "",
            problem=self.problem.data or "",
            objectives=self.objectives.data or "",
            level=self.level.data or "",
            language=self.language.data or "",
            earliest=self.earliest.data,
            latest=self.latest.data,
            budget_minor=cents(self.budget.data) if self.budget.data else None,
            format=self.format.data or "",
            city=self.city.data or "",
            participants=int(self.participants.data or 1),
        )

    def blame(self, refusal: Invalid) -> None:
        """Put a rule's words beside its field."""
        field = self[refusal.facts.get("field", "title")]
        field.errors = [*field.errors, RULES.get(refusal.code, _l("Please check this answer."))]


class NoteForm(FlaskForm):  # type: ignore[misc]
    """An invitation or a proposal: a few words to the other side."""

    offering_id = IntegerField(validators=[DataRequired(), NumberRange(1, LARGEST_ID)])
    note = TextAreaField(_l("A few words"), validators=[Optional(), Length(max=NOTE_LENGTH, message=_TOO_LONG)])


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """Yes or no."""

    answer = SelectField(choices=[SelectChoice("accept", ""), SelectChoice("decline", "")], validators=[DataRequired()])
