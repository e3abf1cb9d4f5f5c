"""An expert's offerings: list, editor, preview, and every move."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.moderation import Piece, difference
from marketplace.domain.offering import OfferingText, words_of
from marketplace.queries import own_offerings as queries
from marketplace.queries.offerings import OfferingPage, preview_page
from marketplace.services import offerings
from marketplace.services.offerings import DraftOffering, OwnOffering, SaveOffering
from marketplace.web.errors import show_on
from marketplace.web.here import Answer, actor, allow, done, page, status_for, viewer, work
from marketplace.web.incoming import whole
from marketplace.web.offerings_forms import OfferingForm, filled
from marketplace.work import Work

blueprint = Blueprint("own_offerings", __name__, url_prefix="/expert/offerings")

EXAMPLE = "example"  # ?start=example: the form begins with a model text


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """What was saved elsewhere meanwhile, field by field: from that text to the one in the form."""

    fields: tuple[tuple[str, tuple[Piece, ...]], ...]


@dataclass(frozen=True, slots=True)
class EditPage:
    """The editor; `offering` is None for a new one, `other` is set after a collision of two tabs."""

    offering: queries.OwnOffering | None
    other: OtherVersion | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The offering as leads would see it, and what the expert may do with it now."""

    shown: OfferingPage
    offering: queries.OwnOffering


@blueprint.get("")
@allow(Role.EXPERT)
def index() -> Answer:
    """All offerings with their states and the admins' reasons."""
    return page("own_offerings/index.html", queries.own_offerings(work(), actor()))


@blueprint.route("/new", methods=["GET", "POST"])
@allow(Role.EXPERT)
def new() -> Answer:
    """Write a new offering."""
    form = OfferingForm(_topics(), data=_example() if request.args.get("start") == EXAMPLE else None)
    if form.validate_on_submit():
        try:
            return _saved(offerings.draft_offering(work(), DraftOffering(actor(), form.text())))
        except Invalid as refusal:
            _complain(form, refusal)
    return page("own_offerings/edit.html", EditPage(None), form=form, status=status_for(form))


@blueprint.route("/<int:offering_id>", methods=["GET", "POST"])
@allow(Role.EXPERT)
def edit(offering_id: int) -> Answer:
    """Change an offering; what is approved stays live until the change is."""
    editor = queries.editor(work(), actor(), offering_id)
    if request.method == "GET" and "edit" not in editor.offering.actions:
        return redirect(url_for("own_offerings.preview", offering_id=offering_id), 303)
    topics = _topics()
    form = OfferingForm(topics, data=filled(editor.text, editor.number, editor.version))
    if not form.validate_on_submit():
        return page("own_offerings/edit.html", EditPage(editor.offering), form=form, status=status_for(form))
    try:
        offerings.save_offering(work(), _command(offering_id, form))
    except Invalid as refusal:
        _complain(form, refusal)
        return page("own_offerings/edit.html", EditPage(editor.offering), form=form, status=422)
    except Conflict as refusal:
        if refusal.code != "text_changed":
            raise
        return _collision(editor.offering, form, refusal, topics)
    return _saved(offering_id)


@blueprint.get("/<int:offering_id>/preview")
@allow(Role.EXPERT)
def preview(offering_id: int) -> Answer:
    """The newest text as leads would see it."""
    who = viewer()
    shown = preview_page(work(), actor(), offering_id, language=who.language, zone=who.zone)
    return page("own_offerings/preview.html", Preview(shown, queries.editor(work(), actor(), offering_id).offering))


@blueprint.post("/<int:offering_id>/submission")
@allow(Role.EXPERT)
def submit(offering_id: int) -> Answer:
    """Send the text to the admins' queue."""
    return _moved(
        offerings.submit_offering, offering_id, _("Sent. We read it within two working days and write to you.")
    )


@blueprint.post("/<int:offering_id>/recall")
@allow(Role.EXPERT)
def take_back(offering_id: int) -> Answer:
    """Take the text out of the queue."""
    return _moved(offerings.take_back_offering, offering_id, _("Taken back. It is a draft again."))


@blueprint.post("/<int:offering_id>/pause")
@allow(Role.EXPERT)
def pause(offering_id: int) -> Answer:
    """Hide it for a while."""
    return _moved(offerings.pause_offering, offering_id, _("Paused. Nobody finds it until you resume it."))


@blueprint.post("/<int:offering_id>/resumption")
@allow(Role.EXPERT)
def resume(offering_id: int) -> Answer:
    """Show it again."""
    return _moved(offerings.resume_offering, offering_id, _("It can be found again."))


@blueprint.route("/<int:offering_id>/withdrawal", methods=["GET", "POST"])
@allow(Role.EXPERT)
def withdraw(offering_id: int) -> Answer:
    """Ask first: a withdrawn offering does not come back."""
    if request.method == "POST":
        return _moved(offerings.withdraw_offering, offering_id, _("Withdrawn. Booked sessions stay booked."))
    return page("own_offerings/withdraw.html", queries.editor(work(), actor(), offering_id).offering)


@blueprint.route("/<int:offering_id>/deletion", methods=["GET", "POST"])
@allow(Role.EXPERT)
def delete(offering_id: int) -> Answer:
    """Ask first: a deleted draft does not come back."""
    if request.method == "POST":
        return _moved(offerings.delete_draft, offering_id, _("The draft is deleted."))
    return page("own_offerings/delete.html", queries.editor(work(), actor(), offering_id).offering)


def _topics() -> tuple[queries.TopicChoice, ...]:
    return queries.topic_choices(work(), viewer().language)


def _command(offering_id: int, form: OfferingForm) -> SaveOffering:
    return SaveOffering(actor(), offering_id, whole(form.number.data), whole(form.version.data), form.text())


def _saved(offering_id: int) -> Response:
    if request.form.get("then") == "preview":
        return redirect(url_for("own_offerings.preview", offering_id=offering_id), 303)
    return done(url_for("own_offerings.index"), _("Saved as a draft."))


def _moved(move: Callable[[Work, OwnOffering], object], offering_id: int, message: str) -> Response:
    move(work(), OwnOffering(actor(), offering_id))
    return done(url_for("own_offerings.index"), message)


def _complain(form: OfferingForm, refusal: Invalid) -> None:
    """The rules know topics and questions as one field each; the form has three inputs for them."""
    inputs = {"topics": "topic_1", "questions": "question_1"}
    field = str(refusal.facts.get("field", ""))
    show_on(form, Invalid(refusal.code, field=inputs.get(field, field)))


def _collision(
    offering: queries.OwnOffering, form: OfferingForm, refusal: Conflict, topics: tuple[queries.TopicChoice, ...]
) -> Answer:
    """Show both texts; saving once more puts this one over the other, knowingly."""
    labels = {topic.id: topic.label for topic in topics}
    form.number.data, form.version.data = refusal.facts["number"], refusal.facts["version"]
    other = OtherVersion(_differences(refusal.facts["theirs"], form.text(), labels))
    return page("own_offerings/edit.html", EditPage(offering, other), form=form, status=409)


def _differences(
    theirs: OfferingText, mine: OfferingText, labels: dict[int, str]
) -> tuple[tuple[str, tuple[Piece, ...]], ...]:
    before, after = words_of(theirs, labels), words_of(mine, labels)
    return tuple((name, difference(before[name], after[name])) for name in before if before[name] != after[name])


def _example() -> dict[str, object]:
    return {
        "language": viewer().language,
        "title": _("Your first 90 days with a data team"),
        "outcome": _(
            "You leave with three quick wins for your data team, a list of what to stop, and a one-page plan for the "
            "first 90 days that your management can read."
        ),
        "experience": _(
            "Say where you lived through it: which kind of company, how large, for how long, what went wrong first, "
            "and what you would do again. Two paragraphs are enough. Leave out the names of clients."
        ),
        "length_minutes": 180,
        "format": "remote",
        "question_1": _("What have you tried so far, and what came of it?"),
    }
