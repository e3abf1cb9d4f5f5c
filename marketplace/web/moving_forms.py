"""Forms that move a session in time, or say that somebody did not come."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from marketplace.domain.moving import LONGEST_NOTE, MOST_TIMES
from marketplace.queries.booking_page import slot_start
from marketplace.services.bookings.no_shows import LONGEST_WORDS


class SlotForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """One of the free slots."""

    slot = HiddenField(validators=[InputRequired(_l("Choose one of the slots."))])

    def start(self) -> datetime | None:
        """The chosen start, UTC; None when it cannot be read."""
        return slot_start(self.slot.data or "")


class NoteForm(FlaskForm):  # type: ignore[misc]
    """A word to the other side."""

    note = TextAreaField(
        _l("A word to the other side"),
        [Optional(), Length(max=LONGEST_NOTE, message=_l("Please stay below 400 characters."))],
    )


class WallTimeField(DateTimeLocalField):
    """A date and a time of the wall clock."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Says in our words when it cannot be read."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_l("Give a date and a time.")) from None


class TimesForm(NoteForm):
    """Up to three times on the proposer's own clock."""

    time_1 = WallTimeField(_l("First time"), [InputRequired(_l("Give at least one time."))])
    time_2 = WallTimeField(_l("Second time"), [Optional()])
    time_3 = WallTimeField(_l("Third time"), [Optional()])

    def starts(self, zone: ZoneInfo) -> Iterator[datetime]:
        """The times in UTC; good after `validate`."""
        for number in range(1, MOST_TIMES + 1):
            wall = self[f"time_{number}"].data
            if wall is not None:
                yield wall.replace(tzinfo=zone).astimezone(UTC)


class AbsenceForm(FlaskForm):  # type: ignore[misc]
    """What happened."""

    words = TextAreaField(
        _l("What happened? The other side and Cadran read this."),
        [
            InputRequired(_l("Please say in a sentence what happened.")),
            Length(max=LONGEST_WORDS, message=_l("Please stay below 1,000 characters.")),
        ],
    )
