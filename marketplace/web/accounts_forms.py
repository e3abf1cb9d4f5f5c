"""Forms of accounts."""

from typing import Final
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

LONGEST_PASSWORD: Final = 128
ZONES: Final = tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))


class SignInForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Address and password."""

    email = EmailField(_l("E-mail address"), [InputRequired(_l("Enter your e-mail address.")), Length(max=254)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=LONGEST_PASSWORD)])
