"""Offerings: write, change, submit, pause, withdraw; read them with their slots and ratings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from marketplace.api import here
from marketplace.api.cards import card_out
from marketplace.api.etags import etag_of, require_match, stale_if_changed
from marketplace.api.here import PUBLIC
from marketplace.api.offerings_shapes import (
    Deleted,
    ExpertOut,
    ExpertPageOut,
    NewOffering,
    OfferingChange,
    OfferingOut,
    OwnOfferingOut,
    OwnOfferings,
    OwnPart,
    PriceOut,
    Slots,
    SlotsQuery,
    TopicOut,
)
from marketplace.api.operation import EXPERT, Reply, operation
from marketplace.api.shapes import shown, slot_out
from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import Invalid, NotFound
from marketplace.domain.offering import OfferingText
from marketplace.domain.tokens import Scope
from marketplace.queries import own_offerings as own
from marketplace.queries.experts import expert_page
from marketplace.queries.offering_slots import offering_slots
from marketplace.queries.offerings import OfferingPage, offering_page, preview_page
from marketplace.services import offerings as services
from marketplace.services.offerings import DraftOffering, OwnOffering, SaveOffering
from marketplace.work import Work

USUAL_LOOK = timedelta(days=28)
LONGEST_LOOK = timedelta(days=92)
TAG = "offerings"


@operation("GET", "/offerings/<int:offering_id>", tag=TAG, roles=(PUBLIC,), answer=OfferingOut, refusals=(404,))
def read_offering(offering_id: int) -> Reply:
    """Read an offering.

    Its expert, with the scope `read`, gets the newest text, where it stands and an ETag for changing it.
    """
    who = here.reader()
    editor = _editor(who, offering_id)
    if editor is None or who is None:
        page = offering_page(here.work(), offering_id, viewer=who, language=here.language(), zone=here.zone())
        return Reply(_offering(page, None))
    page = preview_page(here.work(), who, offering_id, language=here.language(), zone=here.zone())
    return Reply(_offering(page, editor.offering), etag=_etag(editor))


@operation("POST", "/offerings", tag=TAG, roles=(EXPERT,), scope=Scope.OFFERINGS, answer=OfferingOut, status=201)
def draft_offering(body: NewOffering) -> Reply:
    """Write a new offering.

    It is a draft until it is submitted: `POST /offerings/{offering_id}/submission`.
    """
    offering_id = services.draft_offering(here.work(), DraftOffering(here.actor(), _text(body)))
    return replace(_own(offering_id), status=201, location=f"/api/v1/offerings/{offering_id}")


@operation(
    "PATCH",
    "/offerings/<int:offering_id>",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=OfferingOut,
    refusals=(404, 409),
    edits=True,
)
def change_offering(offering_id: int, body: OfferingChange) -> Reply:
    """Change an offering.

    `If-Match` carries the ETag that was read. What is approved stays live until the change is approved, too.
    """
    editor = own.editor(here.work(), here.actor(), offering_id)
    require_match(_etag(editor))
    command = SaveOffering(here.actor(), offering_id, editor.number, editor.version, _changed(editor.text, body))
    with stale_if_changed():
        services.save_offering(here.work(), command)
    return _own(offering_id)


@operation("GET", "/me/offerings", tag=TAG, roles=(EXPERT,), scope=Scope.READ, answer=OwnOfferings)
def own_offerings() -> OwnOfferings:
    """List one's own offerings, drafts included."""
    page = own.own_offerings(here.work(), here.actor())
    return OwnOfferings(vetting=page.vetting, items=[_own_line(line) for line in page.offerings])


@operation(
    "POST",
    "/offerings/<int:offering_id>/submission",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=OfferingOut,
    refusals=(404, 409),
)
def submit_offering(offering_id: int) -> Reply:
    """Send the text to the admins."""
    return _moved(services.submit_offering, offering_id)


@operation(
    "POST",
    "/offerings/<int:offering_id>/recall",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=OfferingOut,
    refusals=(404, 409),
)
def take_back_offering(offering_id: int) -> Reply:
    """Take the text back from the admins, to change it."""
    return _moved(services.take_back_offering, offering_id)


@operation(
    "POST",
    "/offerings/<int:offering_id>/pause",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=OfferingOut,
    refusals=(404, 409),
)
def pause_offering(offering_id: int) -> Reply:
    """Hide a published offering; what is booked stays booked."""
    return _moved(services.pause_offering, offering_id)


@operation(
    "POST",
    "/offerings/<int:offering_id>/resumption",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=OfferingOut,
    refusals=(404, 409),
)
def resume_offering(offering_id: int) -> Reply:
    """Show a paused offering again."""
    return _moved(services.resume_offering, offering_id)


@operation(
    "POST",
    "/offerings/<int:offering_id>/withdrawal",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=OfferingOut,
    refusals=(404, 409),
)
def withdraw_offering(offering_id: int) -> Reply:
    """Take an offering off the market for good; what is booked stays booked."""
    return _moved(services.withdraw_offering, offering_id)


@operation(
    "POST",
    "/offerings/<int:offering_id>/deletion",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.OFFERINGS,
    answer=Deleted,
    refusals=(404, 409),
)
def delete_draft(offering_id: int) -> Deleted:
    """Throw the unsubmitted text away, and the offering with it if it has no other."""
    return Deleted(gone=services.delete_draft(here.work(), OwnOffering(here.actor(), offering_id)))


@operation("GET", "/offerings/<int:offering_id>/slots", tag=TAG, roles=(PUBLIC,), answer=Slots, refusals=(404,))
def slots(offering_id: int, query: SlotsQuery) -> Slots:
    """List free slots."""
    start = query.from_ or here.work().now()
    end = query.to or start + USUAL_LOOK
    if not start < end <= start + LONGEST_LOOK:
        raise Invalid("slots_span", field="to", most=LONGEST_LOOK.days)
    found = offering_slots(here.work(), offering_id, start, end)
    return shown(Slots, found, items=[slot_out(slot) for slot in found.slots], next=None)


@operation("GET", "/experts/<int:expert_id>", tag="experts", roles=(PUBLIC,), answer=ExpertPageOut, refusals=(404,))
def read_expert(expert_id: int) -> ExpertPageOut:
    """Read about an expert."""
    page = expert_page(here.work(), expert_id, here.zone())
    return shown(
        ExpertPageOut,
        page,
        id=page.expert_id,
        ratings=page.ratings_count,
        offerings=[card_out(card) for card in page.offerings],
        url=f"{here.work().base_url}/experts/{page.expert_id}",
    )


def _editor(who: Actor | None, offering_id: int) -> own.Editor | None:
    """The offering as its expert edits it; None for everybody else."""
    if who is None or who.role is not Role.EXPERT:
        return None
    try:
        return own.editor(here.work(), who, offering_id)
    except NotFound:
        return None


def _moved(move: Callable[[Work, OwnOffering], object], offering_id: int) -> Reply:
    move(here.work(), OwnOffering(here.actor(), offering_id))
    return _own(offering_id)


def _own(offering_id: int) -> Reply:
    editor = own.editor(here.work(), here.actor(), offering_id)
    page = preview_page(here.work(), here.actor(), offering_id, language=here.language(), zone=here.zone())
    return Reply(_offering(page, editor.offering), etag=_etag(editor))


def _etag(editor: own.Editor) -> str:
    return etag_of("offering", editor.offering.offering_id, editor.number, editor.version, editor.offering.state)


def _text(body: NewOffering) -> OfferingText:
    given = body.model_dump()
    return OfferingText(**_named(given))


def _changed(before: OfferingText, body: OfferingChange) -> OfferingText:
    return replace(before, **_named(body.model_dump(exclude_unset=True, exclude_none=True)))


def _named(given: dict[str, Any]) -> dict[str, Any]:
    if "topics" in given:
        given["topic_ids"] = tuple(given.pop("topics"))
    if "questions" in given:
        given["questions"] = tuple(given["questions"])
    return given


def _offering(page: OfferingPage, mine: own.OwnOffering | None) -> OfferingOut:
    return shown(
        OfferingOut,
        page,
        id=page.offering_id,
        topics=[TopicOut(id=topic_id, label=label) for topic_id, label in page.topics],
        price=shown(PriceOut, page.price),
        expert=ExpertOut.model_validate(page.expert, from_attributes=True),
        mean_stars=page.ratings.mean,
        ratings=page.ratings.count,
        next_slots=[slot_out(slot) for slot in page.slots],
        url=f"{here.work().base_url}/offerings/{page.offering_id}",
        own=_own_part(mine) if mine else None,
    )


def _own_part(mine: own.OwnOffering) -> OwnPart:
    return shown(OwnPart, mine, is_live=mine.live, actions=sorted(mine.actions))


def _own_line(line: own.OwnOffering) -> OwnOfferingOut:
    return shown(OwnOfferingOut, line, id=line.offering_id, actions=sorted(line.actions))
