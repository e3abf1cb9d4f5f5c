"""The admins' queue, and verdicts on offerings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api import cursors, here
from marketplace.api.etags import check_match, etag_of
from marketplace.api.operation import ADMIN, Reply, operation
from marketplace.api.paging import stretch
from marketplace.api.refusals import Unreadable
from marketplace.api.shapes import In, Listed, Out, Paged, Says, Text, shown
from marketplace.domain.moderation import MAX_NOTE, Change, Verdict
from marketplace.domain.tokens import Scope
from marketplace.queries import moderation as queries
from marketplace.queries.moderation import FieldChange, QueueItem, QueueRow
from marketplace.services import moderation as services
from marketplace.services.moderation import Decide, Item

TAG = "moderation"
Reason = Literal[
    "not_precise",
    "outcome_unclear",
    "experience_missing",
    "advertising",
    "contact_details",
    "price_unfit",
    "wrong_topics",
    "hard_to_read",
    "duplicate",
    "confidential",
    "not_allowed",
    "other",
]


class QueueItemOut(Out):
    """One waiting item; `offering_id` is null for an expert's application."""

    kind: Literal["offering", "expert"]
    id: int = Field(description="Of the revision, or of the expert.")
    offering_id: int | None
    title: str
    expert_name: str
    since: datetime
    is_change: bool = Field(description="An approved text is live already.")
    claimed_by: str | None


class Queue(Listed[QueueItemOut]):
    """Everything that waits, oldest first."""


class FieldOut(Out):
    """One field of the text, beside what is approved."""

    name: str
    text: str
    approved: str


class WaitingText(Out):
    """A text that waits for a verdict."""

    offering_id: int
    revision_id: int
    title: str
    expert_name: str
    expert_vetting: str
    since: datetime | None
    claimed_by: str | None
    fields: list[FieldOut]


class NewVerdict(In):
    """A decision; anything but an approval needs a reason, `other` needs a note."""

    decision: Literal["approve", "request_changes", "reject"]
    reason: Reason | None = None
    note: Annotated[Text, Field(max_length=MAX_NOTE), Says("note_length")] = ""


class Decided(Out):
    """What was decided."""

    offering_id: int
    decision: str


@operation("GET", "/moderation/queue", tag=TAG, roles=(ADMIN,), scope=Scope.MODERATION, answer=Queue)
def read_queue(query: Paged) -> Queue:
    """List what waits for a decision."""
    last = cursors.read("queue", query.cursor)
    if last is not None and len(last) != 3:
        raise Unreadable("cursor_unreadable")
    rows = [row for row in queries.queue(here.work(), here.actor()) if last is None or _place(row) > last]
    few, end = stretch(rows, query.limit)
    return Queue(items=[_item(row) for row in few], next=cursors.written("queue", *_place(end)) if end else None)


@operation(
    "GET",
    "/moderation/offerings/<int:offering_id>",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=WaitingText,
    refusals=(404,),
)
def read_waiting(offering_id: int) -> Reply:
    """Read the text that waits, beside the approved one; its ETag belongs to the verdict's If-Match."""
    return _waiting(offering_id)


@operation(
    "POST",
    "/moderation/offerings/<int:offering_id>/claim",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=WaitingText,
    refusals=(404, 409),
)
def claim(offering_id: int) -> Reply:
    """Keep the text that waits from the other admins for 20 minutes."""
    item = queries.waiting_item(here.work(), here.actor(), offering_id)
    services.claim_revision(here.work(), Item(here.actor(), item.id))
    return _waiting(offering_id)


@operation(
    "POST",
    "/moderation/offerings/<int:offering_id>/release",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=WaitingText,
    refusals=(404,),
)
def release(offering_id: int) -> Reply:
    """Give it back to the others."""
    item = queries.waiting_item(here.work(), here.actor(), offering_id)
    services.release_revision(here.work(), Item(here.actor(), item.id))
    return _waiting(offering_id)


@operation(
    "POST",
    "/moderation/offerings/<int:offering_id>/verdict",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=Decided,
    refusals=(404, 409, 412),
)
def decide(offering_id: int, body: NewVerdict) -> Decided:
    """Decide on the text that waits.

    With If-Match, only on the version that was read. The second admin gets 409.
    """
    item = queries.waiting_item(here.work(), here.actor(), offering_id)
    check_match(etag_of_item(item))
    command = Decide(here.actor(), item.id, item.version, Verdict(body.decision), body.reason or "", body.note)
    services.decide_revision(here.work(), command)
    return Decided(offering_id=offering_id, decision=body.decision)


def _waiting(offering_id: int) -> Reply:
    item = queries.waiting_item(here.work(), here.actor(), offering_id)
    text = shown(
        WaitingText,
        item,
        offering_id=offering_id,
        revision_id=item.id,
        fields=[field_out(each) for each in item.fields],
        claimed_by=item.claim.name if item.claim else None,
    )
    return Reply(text, etag=etag_of_item(item))


def etag_of_item(item: QueueItem) -> str:
    """The version that a verdict was made from."""
    return etag_of(item.kind, item.id, item.version)


def field_out(each: FieldChange) -> FieldOut:
    """One field as it waits, beside what is approved."""
    after = "".join(piece.text for piece in each.pieces if piece.change is not Change.REMOVED)
    before = "".join(piece.text for piece in each.pieces if piece.change is not Change.ADDED)
    return FieldOut(name=each.name, text=after, approved=before if each.changed else after)


def _place(row: QueueRow) -> tuple[str, ...]:
    return row.since.isoformat(), row.kind, f"{row.id:09}"


def _item(row: QueueRow) -> QueueItemOut:
    claimed_by = row.claim.name if row.claim else None
    return shown(QueueItemOut, row, is_change=row.change, claimed_by=claimed_by)
