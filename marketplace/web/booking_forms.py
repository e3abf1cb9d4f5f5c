"""The form on the booking page: slot, purpose, preparation, format."""

from collections.abc import Sequence
from typing import Any, cast

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, Optional

from marketplace.queries.booking_page import slot_start
from marketplace.services.bookings.reserving import LONGEST_PO_NUMBER, LONGEST_TEXT

FORMATS: dict[str, LazyString] = {"remote": lazy_gettext("By video"), "onsite": lazy_gettext("On site")}

_TOO_LONG = lazy_gettext("At most %(max)d characters, please.")
_NO_ANSWER = lazy_gettext("Please answer this question: the expert prepares with it.")


class BookingForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """What a lead sends; `booking_form` adds one answer per question of the offering."""

    slot = StringField(lazy_gettext("Slot"), [InputRequired(lazy_gettext("Choose a slot."))])
    objective = TextAreaField(
        lazy_gettext("What do you want to have achieved at the end?"),
        [InputRequired(lazy_gettext("Say what you want to achieve.")), Length(max=LONGEST_TEXT, message=_TOO_LONG)],
    )
    format = RadioField(lazy_gettext("Format"))
    po_number = StringField(
        lazy_gettext("Purchase-order number"), [Optional(), Length(max=LONGEST_PO_NUMBER, message=_TOO_LONG)]
    )
    clock = HiddenField()  # "expert" while times are shown on the expert's clock
    request = HiddenField()
    price = StringField()  # in cents; the page always sends the one it shows

    questions = 0

    def __init__(self, formats: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.format.choices = [SelectChoice(name, FORMATS[name]) for name in formats]

    @property
    def answer_fields(self) -> tuple[Field, ...]:
        """One field per question, in the offering's order."""
        return tuple(self[f"answer_{number}"] for number in range(self.questions))

    @property
    def answers(self) -> tuple[str, ...]:
        """What was answered."""
        return tuple((field.data or "").strip() for field in self.answer_fields)

    def validate_slot(self, field: Field) -> None:
        """A slot that cannot be read is as good as none."""
        if slot_start(field.data or "") is None:
            field.errors = [*field.errors, lazy_gettext("Choose a slot.")]

    def validate(self, extra_validators: Any = None) -> bool:
        """An error that a check put beside a field counts too."""
        return bool(super().validate(extra_validators)) and not self.errors


def booking_form(formats: Sequence[str], questions: Sequence[str], **values: Any) -> BookingForm:
    """The form for an offering: its formats, its questions."""
    fields: dict[str, Any] = {
        f"answer_{number}": TextAreaField(
            question, [InputRequired(_NO_ANSWER), Length(max=LONGEST_TEXT, message=_TOO_LONG)]
        )
        for number, question in enumerate(questions)
    }
    form = type("OfferingBookingForm", (BookingForm,), {**fields, "questions": len(questions)})
    return cast("BookingForm", form(formats, **values))
