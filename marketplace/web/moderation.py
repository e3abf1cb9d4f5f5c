"""The admins' queue: list, item, claim and verdict, for revisions and applications alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, url_for
from flask_babel import gettext as _

from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.moderation import Verdict
from marketplace.queries import moderation as queries
from marketplace.queries.moderation import QueueItem
from marketplace.services import moderation
from marketplace.services.moderation import Decide, Item
from marketplace.web.errors import show_on
from marketplace.web.here import Answer, actor, allow, done, page, work
from marketplace.web.incoming import whole
from marketplace.web.moderation_forms import VerdictForm
from marketplace.web.offerings_forms import clean
from marketplace.work import Work

blueprint = Blueprint("moderation", __name__, url_prefix="/admin/queue")


@dataclass(frozen=True, slots=True)
class TooLate:
    """Somebody else was faster: who, and what they did."""

    code: str
    by: str
    state: str
    at: datetime | None
    expert_id: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The use cases of one kind of item."""

    item: Callable[[Work, Actor, int], QueueItem]
    claim: Callable[[Work, Item], None]
    release: Callable[[Work, Item], None]
    decide: Callable[[Work, Decide], None]


DESKS = {
    "offering": Desk(
        queries.revision_item,
        moderation.claim_revision,
        moderation.release_revision,
        moderation.decide_revision,
    ),
    "expert": Desk(
        queries.application_item,
        moderation.claim_application,
        moderation.release_application,
        moderation.decide_application,
    ),
}


@blueprint.get("")
@allow(Role.ADMIN)
def index() -> Answer:
    """Everything that waits, oldest first."""
    return page("moderation/index.html", queries.queue(work(), actor()))


@blueprint.get("/<string:kind>/<int:item_id>")
@allow(Role.ADMIN)
def show(kind: str, item_id: int) -> Answer:
    """One item, with the difference to what is approved."""
    item = _desk(kind).item(work(), actor(), item_id)
    return page("moderation/show.html", item, form=VerdictForm(kind, data={"version": item.version}))


@blueprint.post("/<string:kind>/<int:item_id>/claim")
@allow(Role.ADMIN)
def claim(kind: str, item_id: int) -> Answer:
    """Take it for twenty minutes."""
    try:
        _desk(kind).claim(work(), Item(actor(), item_id))
    except Conflict as refusal:
        return _too_late(refusal)
    return redirect(url_for("moderation.show", kind=kind, item_id=item_id), 303)


@blueprint.post("/<string:kind>/<int:item_id>/release")
@allow(Role.ADMIN)
def release(kind: str, item_id: int) -> Answer:
    """Give it back to the others."""
    _desk(kind).release(work(), Item(actor(), item_id))
    return done(url_for("moderation.index"), _("Given back to the queue."))


@blueprint.post("/<string:kind>/<int:item_id>/verdict")
@allow(Role.ADMIN)
def decide(kind: str, item_id: int) -> Answer:
    """Decide on it, once."""
    desk = _desk(kind)
    item = desk.item(work(), actor(), item_id)
    form = VerdictForm(kind)
    if form.validate_on_submit():
        try:
            desk.decide(work(), _command(item_id, form))
        except Invalid as refusal:
            show_on(form, refusal)
        except Conflict as refusal:
            return _too_late(refusal)
        else:
            return done(url_for("moderation.index"), _("Decided: %(title)s.", title=item.title))
    return page("moderation/show.html", item, form=form, status=422)


def _desk(kind: str) -> Desk:
    return DESKS.get(kind) or abort(404)


def _command(item_id: int, form: VerdictForm) -> Decide:
    return Decide(
        actor(),
        item_id,
        whole(form.version.data),
        Verdict(form.verdict.data),
        form.reason.data or "",
        clean(form.note.data),
    )


def _too_late(refusal: Conflict) -> Answer:
    facts: dict[str, Any] = refusal.facts
    told = TooLate(
        refusal.code, facts.get("by") or "", facts.get("state") or "", facts.get("at"), facts.get("expert_id")
    )
    return page("moderation/too_late.html", told, status=409)
