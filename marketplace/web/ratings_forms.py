"""The forms for rating and replying."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length

from marketplace.domain.rating import COMMENT_LENGTH, DIMENSIONS, NOTE_LENGTH, REPLY_LENGTH, Side

STARS = (
    SelectChoice("5", _l("5, excellent")),
    SelectChoice("4", _l("4, good")),
    SelectChoice("3", _l("3, fair")),
    SelectChoice("2", _l("2, poor")),
    SelectChoice("1", _l("1, very poor")),
)
DIMENSION_LABELS: dict[str, LazyString] = {
    "depth": _l("Depth of experience"),
    "clarity": _l("Clarity"),
    "preparation": _l("Preparation"),
    "usefulness": _l("Usefulness"),
    "punctuality": _l("Punctuality"),
    "brief_quality": _l("Quality of the brief"),
    "respect": _l("Respect"),
    "openness": _l("Openness"),
}
_MISSING = _l("Choose from 1 to 5 stars.")
_TOO_LONG = _l("This text is too long.")


class _RatingForm(FlaskForm):  # type: ignore[misc]  # untyped
    """A rating by one side; its questions are made by `_questions`, since they differ."""

    overall: RadioField
    comment: TextAreaField
    private_note: TextAreaField
    recommend: RadioField

    @property
    def dimension_fields(self) -> list[RadioField]:
        """One question per dimension of this side."""
        return [self[name] for name in self.names]

    names: tuple[str, ...] = ()

    def dimensions(self) -> dict[str, int]:
        """The answers, 1 to 5."""
        return {name: int(self[name].data) for name in self.names}


def _form_of(side: Side) -> type[_RatingForm]:
    return type(f"RatingBy{side.title()}", (_RatingForm,), {**_questions(side), "names": DIMENSIONS[side]})


def _questions(side: Side) -> dict[str, Field]:
    """In the page's order: the summary of errors follows it."""
    return {
        "overall": _stars(_l("All in all")),
        **{name: _stars(DIMENSION_LABELS[name]) for name in DIMENSIONS[side]},
        "comment": TextAreaField(_l("Public comment"), validators=[Length(max=COMMENT_LENGTH, message=_TOO_LONG)]),
        "private_note": TextAreaField(
            _l("Private note to the other side"), validators=[Length(max=NOTE_LENGTH, message=_TOO_LONG)]
        ),
        "recommend": RadioField(
            _l("Between you and us: would you do it again?"),
            choices=[SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))],
            validators=[InputRequired(_l("Say yes or no: the other side never sees it."))],
        ),
    }


def _stars(label: LazyString) -> RadioField:
    return RadioField(label, choices=STARS, validators=[InputRequired(_MISSING)])


RATING_FORMS: dict[Side, type[_RatingForm]] = {side: _form_of(side) for side in Side}


class ReplyForm(FlaskForm):  # type: ignore[misc]  # untyped
    """The one public reply."""

    text = TextAreaField(
        _l("Your public reply"),
        validators=[
            InputRequired(_l("Write your reply first.")),
            Length(max=REPLY_LENGTH, message=_TOO_LONG),
        ],
    )
