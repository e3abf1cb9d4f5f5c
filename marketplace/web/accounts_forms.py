"""Forms of accounts: who somebody is, their password, their preferences."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from marketplace.domain.zones import all_zones

# Whether an address exists is shown by the letter that reaches it; this only catches slips.
ADDRESS: Final = r"^\s*[^@\s]+@[^@\s]+\.[^@\s.]+\s*$"
LANGUAGES: Final = (
    SelectChoice("fr", "Français"),
    SelectChoice("en", "English"),
)  # each in itself, for those who cannot read the page

NO_ADDRESS: Final = _l("Enter your e-mail address.")
BAD_ADDRESS: Final = _l("Enter an e-mail address like name@company.com.")
TOO_LONG: Final = _l("Use at most 120 characters.")

ADDRESS_CHECKS: Final = (
    InputRequired(NO_ADDRESS),
    Regexp(ADDRESS, message=BAD_ADDRESS),
    Length(max=254, message=BAD_ADDRESS),
)
NAME_CHECKS: Final = (DataRequired(_l("Enter your name.")), Length(max=120, message=TOO_LONG))
COMPANY_CHECKS: Final = (DataRequired(_l("Enter the name of your company.")), Length(max=120, message=TOO_LONG))


class SignInForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Address and password."""

    email = EmailField(_l("E-mail address"), [InputRequired(NO_ADDRESS)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password."))])


class ExpertForm(FlaskForm):  # type: ignore[misc]
    """Somebody who offers sessions."""

    name = StringField(_l("Your name"), NAME_CHECKS)
    email = EmailField(_l("E-mail address"), ADDRESS_CHECKS)
    password = PasswordField(_l("Password"), [InputRequired(_l("Choose a password."))])


class LeadForm(FlaskForm):  # type: ignore[misc]
    """Somebody who books, and the company that pays."""

    name = StringField(_l("Your name"), NAME_CHECKS)
    company = StringField(_l("Your company"), COMPANY_CHECKS)
    email = EmailField(_l("E-mail address"), ADDRESS_CHECKS)
    password = PasswordField(_l("Password"), [InputRequired(_l("Choose a password."))])


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    """Where to send the link for a new password."""

    email = EmailField(_l("E-mail address"), ADDRESS_CHECKS)


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, through a letter's link."""

    password = PasswordField(_l("New password"), [InputRequired(_l("Choose a password."))])


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, by somebody who knows the old one."""

    old = PasswordField(_l("Present password"), [InputRequired(_l("Enter your present password."))])
    password = PasswordField(_l("New password"), [InputRequired(_l("Choose a password."))])


class PreferencesForm(FlaskForm):  # type: ignore[misc]
    """How pages and letters address somebody."""

    name = StringField(_l("Your name"), NAME_CHECKS)
    language = RadioField(_l("Language of pages and letters"), choices=LANGUAGES)
    zone = SelectField(_l("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = [SelectChoice(zone, zone.replace("_", " ").replace("/", " / ")) for zone in all_zones()]
