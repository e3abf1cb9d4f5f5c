"""Forms of an expert's offerings. Prices are typed in euros, net of VAT."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, Optional, Regexp

from marketplace.domain.offering import LENGTHS, MAX_QUESTION, USUAL_LENGTH, OfferingText
from marketplace.queries.own_offerings import TopicChoice
from marketplace.web.here import viewer
from marketplace.web.offering_words import FORMATS
from marketplace.wording import PRICE, cents, duration

LANGUAGES = (SelectChoice("fr", "Français"), SelectChoice("en", "English"))


def clean(words: str | None) -> str:
    """Without spaces around it, and with one kind of line end."""
    return (words or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class OfferingForm(FlaskForm):  # type: ignore[misc]  # flask_wtf is untyped
    """Everything an offering says. `number` and `version` tell which text was before the expert's eyes."""

    number = HiddenField()
    version = HiddenField()
    language = RadioField(
        _l("Language of the text"),
        choices=LANGUAGES,
        validators=[InputRequired(_l("Choose the language you write in."))],
    )
    title = StringField(
        _l("Title"),
        [InputRequired(_l("Give it a title.")), Length(10, 100, _l("The title needs 10 to 100 characters."))],
        filters=[clean],
    )
    outcome = TextAreaField(
        _l("What the lead leaves with"),
        [
            InputRequired(_l("Say what the lead leaves with.")),
            Length(40, 1500, _l("What the lead leaves with needs 40 to 1,500 characters.")),
        ],
        filters=[clean],
    )
    experience = TextAreaField(
        _l("The lived experience behind it"),
        [
            InputRequired(_l("Say where you lived through this.")),
            Length(80, 3000, _l("The lived experience needs 80 to 3,000 characters.")),
        ],
        filters=[clean],
    )
    topic_1 = SelectField(_l("Main topic"), validators=[InputRequired(_l("Choose at least one topic."))])
    topic_2 = SelectField(_l("Second topic"), validators=[Optional()])
    topic_3 = SelectField(_l("Third topic"), validators=[Optional()])
    length_minutes = SelectField(_l("Length of the session"), coerce=int, default=USUAL_LENGTH)
    price = StringField(
        _l("Price in euros, excl. VAT"),
        [
            InputRequired(_l("Enter a price.")),
            Length(max=20, message=_l("Enter an amount in euros, for example 900 or 1,170.50.")),
            Regexp(PRICE, message=_l("Enter an amount in euros, for example 900 or 1,170.50.")),
        ],
    )
    format = RadioField(
        _l("Format"),
        choices=[SelectChoice(code, words) for code, words in FORMATS.items()],
        validators=[InputRequired(_l("Choose a format."))],
    )
    city = StringField(_l("City"), [Length(max=80, message=_l("The city has at most 80 characters."))], filters=[clean])
    question_1 = StringField(
        _l("First question"),
        [Length(max=MAX_QUESTION, message=_l("A question has at most 200 characters."))],
        filters=[clean],
    )
    question_2 = StringField(
        _l("Second question"),
        [Length(max=MAX_QUESTION, message=_l("A question has at most 200 characters."))],
        filters=[clean],
    )
    question_3 = StringField(
        _l("Third question"),
        [Length(max=MAX_QUESTION, message=_l("A question has at most 200 characters."))],
        filters=[clean],
    )

    def __init__(self, topics: Sequence[TopicChoice], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [SelectChoice(str(topic.id), topic.label) for topic in topics]
        self.topic_1.choices = [SelectChoice("", _l("Choose a topic")), *choices]
        self.topic_2.choices = self.topic_3.choices = [SelectChoice("", _l("None")), *choices]
        self.length_minutes.choices = [SelectChoice(one, duration(one, viewer().language)) for one in LENGTHS]

    def text(self) -> OfferingText:
        """What was typed; good after `validate`."""
        topics = [int(field.data) for field in (self.topic_1, self.topic_2, self.topic_3) if field.data]
        questions = [field.data for field in (self.question_1, self.question_2, self.question_3) if field.data]
        return OfferingText(
            language=self.language.data,
            title=clean(self.title.data),
            outcome=clean(self.outcome.data),
            experience=clean(self.experience.data),
            topic_ids=tuple(dict.fromkeys(topics)),
            length_minutes=self.length_minutes.data,
            price_minor=cents(clean(self.price.data)),
            format=self.format.data,
            city=clean(self.city.data) if self.format.data != "remote" else "",
            questions=tuple(questions),
        )


def filled(text: OfferingText, number: int, version: int) -> dict[str, Any]:
    """The form's values for a text."""
    topics = {f"topic_{place}": str(topic_id) for place, topic_id in enumerate(text.topic_ids, 1)}
    questions = {f"question_{place}": question for place, question in enumerate(text.questions, 1)}
    return {
        "number": number,
        "version": version,
        "language": text.language,
        "title": text.title,
        "outcome": text.outcome,
        "experience": text.experience,
        "length_minutes": text.length_minutes,
        "price": euros(text.price_minor),
        "format": text.format,
        "city": text.city,
        **topics,
        **questions,
    }


def euros(minor: int) -> str:
    """Cents as they are typed: '900' or '1170.50', with the viewer's decimal sign."""
    sign = "," if viewer().language == "fr" else "."
    return str(minor // 100) + (f"{sign}{minor % 100:02d}" if minor % 100 else "")
