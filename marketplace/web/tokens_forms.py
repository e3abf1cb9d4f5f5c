"""The form for a new access token."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired, Length

from marketplace.domain.access import Role
from marketplace.domain.tokens import DAYS, NAME_LENGTH, Scope, scopes_of

USUAL_DAYS: Final = 90

SCOPE_WORDS: Final = {
    Scope.READ: _l("read: everything that you see on your pages"),
    Scope.OFFERINGS: _l("offerings: write, submit, pause and withdraw offerings, and set your hours"),
    Scope.REQUESTS: _l("requests: publish requests, invite experts, propose yourself and answer"),
    Scope.BOOKINGS: _l("bookings: book, accept, decline, move and cancel sessions"),
    Scope.RATINGS: _l("ratings: rate sessions and reply"),
    Scope.MODERATION: _l("moderation: read the queue and decide"),
    Scope.MONEY: _l("money: see your earnings"),
}


class TokenForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What the token is for, what it may do and for how long; the password shows whose wish it is."""

    name = StringField(
        _l("What is it for?"),
        [DataRequired(_l("Say what it is for.")), Length(max=NAME_LENGTH, message=_l("At most 80 characters."))],
    )
    scopes = SelectMultipleField(_l("What may it do?"), [InputRequired(_l("Choose at least one."))])
    days = SelectField(_l("How long shall it work?"), coerce=int, default=USUAL_DAYS)
    password = PasswordField(_l("Present password"), [InputRequired(_l("Enter your present password."))])

    def __init__(self, role: Role, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes.choices = [SelectChoice(str(scope), SCOPE_WORDS[scope]) for scope in scopes_of(role)]
        self.days.choices = [SelectChoice(days, ngettext("%(num)s day", "%(num)s days", days)) for days in DAYS]
