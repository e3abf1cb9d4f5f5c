"""Forms of the expert's calendar: times of the wall clock in the expert's own zone."""

from collections.abc import Iterable, Iterator
from datetime import date, time
from itertools import product
from typing import Any, cast

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, Field, IntegerField, RadioField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.domain.calendar import DAY_MINUTES, Span, check_hours
from marketplace.domain.errors import Invalid
from marketplace.outside.port import LONGEST_ADDRESS
from marketplace.services.availability import (
    MAX_BUFFER_MINUTES,
    MAX_HORIZON_DAYS,
    MAX_NOTICE_HOURS,
    MAX_SPANS,
    MOST_A_DAY,
    MOST_A_WEEK,
)

HOURS_WORDS: dict[str, LazyString] = {
    "hours_inverted": lazy_gettext("The end must come after the beginning."),
    "hours_overlap": lazy_gettext("These hours overlap with others of the same day."),
    "hours_off_quarter": lazy_gettext("Use full quarter-hours: :00, :15, :30 or :45."),
}
_HALF = lazy_gettext("Enter both the beginning and the end, or neither.")
_BUFFERS = (0, 15, 30, 45, 60, 90, 120)
_STEPS = (15, 30, 60, 90, 120)

Row = tuple[Field, Field]  # opens, closes


class HoursForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """A form with rows of opening and closing times, some of which belong to the same day."""

    def row(self, day: int, number: int) -> Row:
        """The two fields of a row."""
        return self[f"opens_{day}_{number}"], self[f"closes_{day}_{number}"]

    def rows(self, day: int) -> tuple[Row, ...]:
        """All rows of a day."""
        return tuple(self.row(day, number) for number in range(MAX_SPANS))

    def uses_more(self, day: int) -> bool:
        """Whether rows after the first are filled in or have something to say."""
        return any(field.data is not None or field.errors for row in self.rows(day)[1:] for field in row)

    def spans(self, day: int) -> tuple[Span, ...]:
        """The hours of a day, in the order of the clock; good after `validate`."""
        return tuple(sorted(_span(row) for row in self.rows(day) if _filled(row)))

    def fill(self, day: int, spans: tuple[Span, ...]) -> None:
        """Show these hours in the rows of a day."""
        for number, (opens, closes) in enumerate(self.rows(day)):
            span = spans[number] if number < len(spans) else None
            opens.data = span and _time(span.opens)
            closes.data = span and _time(span.closes)

    def check_day(self, day: int) -> bool:
        """Put words beside the first row of a day that is wrong; True when none is."""
        for row in self.rows(day):
            if not _filled(row) and any(field.data is not None for field in row):
                return _complain(row[0] if row[0].data is None else row[1], _HALF)
        rows = [row for row in self.rows(day) if _filled(row)]
        try:
            check_hours(_span(row) for row in rows)
        except Invalid as refusal:
            opens, closes = rows[refusal.facts["number"] - 1]
            return _complain(closes if refusal.code == "hours_inverted" else opens, HOURS_WORDS[refusal.code])
        return True


class WeekForm(HoursForm):
    """The usual week: up to three spans a day."""

    def validate(self, extra_validators: Any = None) -> bool:
        """All seven days are looked at, so that every mistake is shown at once."""
        return super().validate(extra_validators) and not [day for day in range(7) if not self.check_day(day)]

    def week(self) -> tuple[tuple[Span, ...], ...]:
        """The hours, seven entries from Monday."""
        return tuple(self.spans(day) for day in range(7))


class DateForm(HoursForm):
    """One date with hours of its own."""

    day = DateField(lazy_gettext("Date"), [InputRequired(lazy_gettext("Choose a date."))])
    kind = RadioField(
        lazy_gettext("On this date"),
        choices=[
            SelectChoice("closed", lazy_gettext("I am away")),
            SelectChoice("hours", lazy_gettext("I have other hours")),
        ],
        default="closed",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Other hours need at least one row."""
        if not super().validate(extra_validators) or self.kind.data == "closed":
            return not self.errors
        if not any(_filled(row) for row in self.rows(0)) and not any(
            field.data for row in self.rows(0) for field in row
        ):
            return _complain(self.row(0, 0)[0], lazy_gettext("Enter at least one beginning and end."))
        return self.check_day(0)

    def chosen(self) -> date:
        """The date; good after `validate`."""
        return cast("date", self.day.data)

    def hours(self) -> tuple[Span, ...]:
        """The date's hours; none when away."""
        return self.spans(0) if self.kind.data == "hours" else ()


class RulesForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Notice, horizon, buffers, the step between starts and the caps."""

    min_notice_hours = IntegerField(
        lazy_gettext("Minimum notice, in hours"),
        [
            InputRequired(lazy_gettext("Enter a number of hours.")),
            NumberRange(0, MAX_NOTICE_HOURS, lazy_gettext("Enter a number from %(min)s to %(max)s.")),
        ],
    )
    horizon_days = IntegerField(
        lazy_gettext("How far ahead, in days"),
        [
            InputRequired(lazy_gettext("Enter a number of days.")),
            NumberRange(1, MAX_HORIZON_DAYS, lazy_gettext("Enter a number from %(min)s to %(max)s.")),
        ],
    )
    buffer_before = SelectField(lazy_gettext("Free time before a session"), coerce=int)
    buffer_after = SelectField(lazy_gettext("Free time after a session"), coerce=int)
    start_step = SelectField(lazy_gettext("A session can start"), coerce=int)
    max_per_day = SelectField(lazy_gettext("Sessions a day, at most"), coerce=int, default=0)
    max_per_week = SelectField(lazy_gettext("Sessions a week, at most"), coerce=int, default=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buffer_before.choices = self.buffer_after.choices = list(_buffer_choices())
        self.start_step.choices = list(_step_choices())
        self.max_per_day.choices = list(_cap_choices(MOST_A_DAY, range(1, MOST_A_DAY + 1)))
        self.max_per_week.choices = list(_cap_choices(MOST_A_WEEK, (*range(1, 11), 12, 15, 20, 25, 30, 40)))


class OtherCalendarForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Where another calendar can be read."""

    url = StringField(
        lazy_gettext("Address of your calendar (ICS)"),
        [
            InputRequired(lazy_gettext("Paste the address that your calendar gives you.")),
            Length(max=LONGEST_ADDRESS, message=lazy_gettext("This address is too long.")),
        ],
    )


class RemovalForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Nothing but the token."""


def _add_rows(form: type[HoursForm], days: int, ids: str) -> None:
    for day, number in product(range(days), range(MAX_SPANS)):
        opens, closes = f"opens_{day}_{number}", f"closes_{day}_{number}"
        setattr(form, opens, TimeField(lazy_gettext("Beginning"), [Optional()], id=f"{ids}_{opens}"))
        setattr(form, closes, TimeField(lazy_gettext("End"), [Optional()], id=f"{ids}_{closes}"))


# both forms stand on one page
_add_rows(WeekForm, 7, "week")
_add_rows(DateForm, 1, "date")


def _buffer_choices() -> Iterator[SelectChoice]:
    yield SelectChoice(0, lazy_gettext("No free time"))
    for minutes in _BUFFERS[1:]:
        if minutes <= MAX_BUFFER_MINUTES:
            yield SelectChoice(minutes, lazy_gettext("%(minutes)s minutes", minutes=minutes))


def _step_choices() -> Iterator[SelectChoice]:
    yield SelectChoice(0, lazy_gettext("One session after the other"))
    for minutes in _STEPS:
        yield SelectChoice(minutes, lazy_gettext("Every %(minutes)s minutes", minutes=minutes))


def _cap_choices(most: int, numbers: Iterable[int]) -> Iterator[SelectChoice]:
    yield SelectChoice(0, lazy_gettext("As many as fit"))
    for number in numbers:
        if number <= most:
            yield SelectChoice(number, str(number))


def _filled(row: Row) -> bool:
    return row[0].data is not None and row[1].data is not None


def _span(row: Row) -> Span:
    """The row as minutes; midnight as an end is the end of the day."""
    opens, closes = (field.data.hour * 60 + field.data.minute for field in row)
    return Span(opens, closes or DAY_MINUTES)


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _complain(field: Field, words: LazyString) -> bool:
    field.errors = [*field.errors, words]
    return False
