"""The form for a new webhook."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired

from marketplace.domain.access import Role
from marketplace.domain.webhooks import events_of
from marketplace.sentences import EVENTS


class WebhookForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Where to send what."""

    url = StringField(_l("Address of your program"), [DataRequired(_l("Give an address."))])
    events = SelectMultipleField(_l("What shall it hear of?"), [InputRequired(_l("Choose at least one."))])

    def __init__(self, role: Role, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.events.choices = [SelectChoice(name, gettext(EVENTS[name])) for name in events_of(role)]
