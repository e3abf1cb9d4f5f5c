"""For admins: say what a movement at Stripe is that belongs to nothing we know, and have it posted."""

from dataclasses import dataclass

from flask import Blueprint, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired, Length

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict
from marketplace.queries.foreign_lines import ForeignLine, foreign_line
from marketplace.services.audits import ADOPTED_INTO, AdoptLine, adopt_line
from marketplace.web.admin_words import LEDGER_ACCOUNTS
from marketplace.web.errors import sentence_of
from marketplace.web.here import Answer, actor, allow, done, page, work

blueprint = Blueprint("foreign_lines", __name__, url_prefix="/admin/stripe-lines")

LONGEST_NOTE = 2_000


class AdoptForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Where the movement belongs, and why."""

    account = RadioField(
        _l("What is it?"),
        choices=[SelectChoice(account, LEDGER_ACCOUNTS[account]) for account in ADOPTED_INTO],
        validators=[InputRequired(_l("Choose what it is."))],
    )
    note = TextAreaField(
        _l("Reason"),
        validators=[
            DataRequired(_l("Please say why: it is kept in the journal.")),
            Length(max=LONGEST_NOTE, message=_l("Please stay below 2,000 characters.")),
        ],
    )


@dataclass(frozen=True, slots=True)
class AskedLine:
    """The question what a movement is; `refusal` says why it is answered already."""

    line: ForeignLine
    refusal: str = ""


@blueprint.get("/<line_id>")
@allow(Role.ADMIN)
def show(line_id: str) -> Answer:
    """One movement and the question what it is."""
    return _show(foreign_line(work(), actor(), line_id), AdoptForm(formdata=None))


@blueprint.post("/<line_id>")
@allow(Role.ADMIN)
def adopt(line_id: str) -> Answer:
    """Post it where the admin says it belongs."""
    line, form = foreign_line(work(), actor(), line_id), AdoptForm()
    if line.known:
        raise Conflict("line_known")
    if not form.validate_on_submit():
        return _show(line, form, 422)
    adopt_line(work(), AdoptLine(actor(), line_id, form.account.data, form.note.data or ""))
    return done(url_for("admin_bookings.machinery"), gettext("Posted. The next comparison with Stripe checks it."))


def _show(line: ForeignLine, form: FlaskForm, status: int = 200) -> Answer:
    refusal = sentence_of(Conflict("line_known")) if line.known else ""
    return page("foreign_lines/show.html", AskedLine(line, refusal), form=form, status=409 if refusal else status)
