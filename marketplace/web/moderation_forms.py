"""Forms of the moderation desk."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length

from marketplace.domain.moderation import EXPERT_REASONS, MAX_NOTE, OFFERING_REASONS
from marketplace.web.offering_words import REASONS
from marketplace.web.offerings_forms import clean


class VerdictForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """The one verdict on an item; `version` is the one that was read."""

    version = HiddenField()
    verdict = RadioField(_l("Verdict"), validators=[InputRequired(_l("Choose a verdict."))])
    reason = SelectField(_l("Reason"))
    note = TextAreaField(
        _l("Note to the expert"),
        [Length(max=MAX_NOTE, message=_l("The note has at most 2,000 characters."))],
        filters=[clean],
    )

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verdicts = [
            SelectChoice("approve", _l("Approve")),
            SelectChoice("request_changes", _l("Request changes")),
            SelectChoice("reject", _l("Reject")),
        ]
        reasons = OFFERING_REASONS if kind == "offering" else EXPERT_REASONS
        self.verdict.choices = verdicts if kind == "offering" else [verdicts[0], verdicts[2]]
        self.reason.choices = [
            SelectChoice("", _l("Choose a reason")),
            *(SelectChoice(code, REASONS[code]) for code in reasons),
        ]


class SuspensionForm(FlaskForm):  # type: ignore[misc]
    """Why somebody is shut out."""

    reason = StringField(
        _l("Reason, for the journal"),
        [InputRequired(_l("Say why.")), Length(5, 400, _l("The reason needs 5 to 400 characters."))],
        filters=[clean],
    )
