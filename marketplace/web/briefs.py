"""Requests: write one, see who fits, invite; the expert's inbox, proposals and answers."""

from dataclasses import dataclass

from flask import Blueprint, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.domain.errors import Forbidden, Invalid
from marketplace.queries.briefs import brief_list, brief_page, inbox, request_for_expert
from marketplace.services import briefs
from marketplace.web.briefs_forms import AnswerForm, BriefForm, NoteForm
from marketplace.web.errors import show_on
from marketplace.web.here import Answer, actor, allow, done, page, viewer, work
from marketplace.web.incoming import whole

blueprint = Blueprint("briefs", __name__)


@dataclass(frozen=True, slots=True)
class NewBrief:
    """The form's page; `verified` decides whether it can be sent."""

    verified: bool


@blueprint.get("/requests")
@allow(Role.LEAD)
def index() -> Answer:
    """The lead's requests."""
    return page("briefs/index.html", brief_list(work(), actor()))


@blueprint.get("/requests/new")
@allow(Role.LEAD)
def new() -> Answer:
    """An empty form, or one that begins with the words of a search."""
    form = BriefForm(formdata=None, problem=request.args.get("problem", "")[:4000])
    return page("briefs/new.html", NewBrief(viewer().verified), form=form)


@blueprint.post("/requests/new")
@allow(Role.LEAD)
def publish() -> Answer:
    """Publish the request."""
    form = BriefForm()
    if not form.validate_on_submit():
        return page("briefs/new.html", NewBrief(viewer().verified), form=form, status=422)
    try:
        brief_id = briefs.publish(work(), briefs.Publish(actor(), form.text(), viewer().zone))
    except Invalid as refusal:
        form.blame(refusal)
        return page("briefs/new.html", NewBrief(viewer().verified), form=form, status=422)
    except Forbidden as refusal:  # the address is not confirmed: the text must survive until it is
        show_on(form, refusal)
        return page("briefs/new.html", NewBrief(verified=False), form=form, status=403)
    return done(url_for("briefs.show", brief_id=brief_id), gettext("Your request is published."))


@blueprint.get("/requests/<int:brief_id>")
@allow(Role.LEAD)
def show(brief_id: int) -> Answer:
    """The request with its matches, invitations and proposals."""
    who = viewer()
    return page(
        "briefs/show.html", brief_page(work(), actor(), brief_id, who.language, who.zone), form=NoteForm(formdata=None)
    )


@blueprint.post("/requests/<int:brief_id>/closing")
@allow(Role.LEAD)
def close(brief_id: int) -> Answer:
    """Stop looking."""
    briefs.close(work(), briefs.Close(actor(), brief_id))
    return done(url_for("briefs.show", brief_id=brief_id), gettext("Your request is closed."))


@blueprint.post("/requests/<int:brief_id>/invitations")
@allow(Role.LEAD)
def invite(brief_id: int) -> Answer:
    """Ask an expert to answer."""
    form = _note_form()
    briefs.invite(work(), briefs.Invite(actor(), brief_id, form.offering_id.data or 0, form.note.data or ""))
    return done(
        url_for("briefs.show", brief_id=brief_id), gettext("The expert is invited and has seven days to answer.")
    )


@blueprint.get("/expert/requests")
@allow(Role.EXPERT)
def received() -> Answer:
    """The expert's inbox."""
    return page("briefs/inbox.html", inbox(work(), actor()), form=AnswerForm(formdata=None))


@blueprint.get("/expert/requests/<int:brief_id>")
@allow(Role.EXPERT)
def read(brief_id: int) -> Answer:
    """A request that fits the expert."""
    return page("briefs/read.html", request_for_expert(work(), actor(), brief_id), form=NoteForm(formdata=None))


@blueprint.post("/expert/requests/<int:brief_id>/proposals")
@allow(Role.EXPERT)
def propose(brief_id: int) -> Answer:
    """Offer oneself."""
    form = _note_form()
    briefs.propose(work(), briefs.Propose(actor(), brief_id, form.offering_id.data or 0, form.note.data or ""))
    return done(url_for("briefs.read", brief_id=brief_id), gettext("Your proposal is with the lead."))


@blueprint.post("/invitations/<int:invitation_id>/answer")
@allow(Role.LEAD, Role.EXPERT)
def answer(invitation_id: int) -> Answer:
    """Say yes or no to an invitation or a proposal."""
    form = AnswerForm()
    if not form.validate_on_submit():
        raise BadRequest
    accept = form.answer.data == "accept"
    briefs.answer(work(), briefs.Answer(actor(), invitation_id, accept))
    return _back(gettext("You said yes.") if accept else gettext("You said no."))


def _note_form() -> NoteForm:
    form = NoteForm()
    if not form.validate_on_submit():
        raise Invalid("text_too_long", field="note") if form.note.errors else BadRequest
    return form


def _back(message: str) -> Response:
    brief_id = whole(request.form.get("brief", ""))
    if actor().role is Role.LEAD and brief_id > 0:
        return done(url_for("briefs.show", brief_id=brief_id), message)
    return done(url_for("briefs.received") if actor().role is Role.EXPERT else url_for("briefs.index"), message)
