"""Forms of an expert's profile and application."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.web.offerings_forms import LANGUAGES, clean


class ProfileForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What leads read about the expert."""

    headline = StringField(
        _l("Headline"),
        [
            InputRequired(_l("Say in a few words who you are.")),
            Length(10, 100, _l("The headline needs 10 to 100 characters.")),
        ],
        filters=[clean],
    )
    bio = TextAreaField(
        _l("About you"),
        [
            InputRequired(_l("Tell leads about you.")),
            Length(80, 2000, _l("The text about you needs 80 to 2,000 characters.")),
        ],
        filters=[clean],
    )
    languages = SelectMultipleField(
        _l("Languages in which you hold sessions"),
        choices=LANGUAGES,
        validators=[InputRequired(_l("Choose at least one language."))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    city = StringField(_l("City"), [Length(max=80, message=_l("The city has at most 80 characters."))], filters=[clean])
    vat_scheme = RadioField(
        _l("VAT"),
        choices=[
            SelectChoice("franchise", _l("No VAT (franchise en base, art. 293 B of the French tax code)")),
            SelectChoice("fr_vat", _l("French VAT, 20 %")),
        ],
        validators=[InputRequired(_l("Choose how you stand towards VAT."))],
    )


class ApplicationForm(FlaskForm):  # type: ignore[misc]
    """What admins read once before the first publication."""

    motivation = TextAreaField(
        _l("Why Cadran"),
        [
            InputRequired(_l("Say why you want to share your experience.")),
            Length(80, 3000, _l("Your motivation needs 80 to 3,000 characters.")),
        ],
        filters=[clean],
    )
    references = TextAreaField(
        _l("References"),
        [
            InputRequired(_l("Name who can vouch for you.")),
            Length(40, 3000, _l("The references need 40 to 3,000 characters.")),
        ],
        filters=[clean],
    )
    teaching = TextAreaField(
        _l("How a session would run"),
        [
            InputRequired(_l("Tell us how you would run a session.")),
            Length(80, 3000, _l("How a session would run needs 80 to 3,000 characters.")),
        ],
        filters=[clean],
    )
