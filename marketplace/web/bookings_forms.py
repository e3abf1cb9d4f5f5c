"""Forms that move a booking on."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

LONGEST_REASON = 400
_short = Length(max=LONGEST_REASON, message=_l("Please stay below 400 characters."))


class MoveForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A button alone."""


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why: the other side reads it."""

    reason = TextAreaField(
        _l("Why? The other side reads this."),
        validators=[InputRequired(_l("Please say why, in a sentence.")), _short],
    )
    shown_refund = HiddenField(validators=[Optional()])


class FreeReasonForm(FlaskForm):  # type: ignore[misc]
    """Why, if one likes to say it."""

    reason = TextAreaField(_l("Why? The other side reads this."), validators=[Optional(), _short])
    shown_refund = HiddenField(validators=[Optional()])
