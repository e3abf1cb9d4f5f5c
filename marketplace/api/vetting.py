"""The admins' desk for experts: applications, who holds one, and verdicts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api import here
from marketplace.api.etags import check_match
from marketplace.api.moderation import TAG, FieldOut, etag_of_item, field_out
from marketplace.api.operation import ADMIN, Reply, operation
from marketplace.api.shapes import In, Out, Says, Text, shown
from marketplace.domain.moderation import MAX_NOTE, Verdict
from marketplace.domain.tokens import Scope
from marketplace.queries import moderation as queries
from marketplace.services import moderation as services
from marketplace.services.moderation import Decide, Item

Reason = Literal[
    "more_details",
    "references_missing",
    "references_unclear",
    "teaching_unclear",
    "experience_short",
    "not_allowed",
    "other",
]


class ApplicationOut(Out):
    """An expert's application. `waiting`: it can still be decided."""

    expert_id: int
    expert_name: str
    state: str
    since: datetime | None
    waiting: bool
    claimed_by: str | None
    fields: list[FieldOut]


class NewVetting(In):
    """A decision; a rejection needs a reason, `other` needs a note."""

    decision: Literal["approve", "reject"]
    reason: Reason | None = None
    note: Annotated[Text, Field(max_length=MAX_NOTE), Says("note_length")] = ""


@operation(
    "GET",
    "/moderation/experts/<int:expert_id>",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=ApplicationOut,
    refusals=(404,),
)
def read_application(expert_id: int) -> Reply:
    """Read an expert's application; its ETag belongs to the verdict's If-Match."""
    return _application(expert_id)


@operation(
    "POST",
    "/moderation/experts/<int:expert_id>/claim",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=ApplicationOut,
    refusals=(404, 409),
)
def claim_application(expert_id: int) -> Reply:
    """Keep an application from the other admins for 20 minutes."""
    services.claim_application(here.work(), Item(here.actor(), expert_id))
    return _application(expert_id)


@operation(
    "POST",
    "/moderation/experts/<int:expert_id>/release",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=ApplicationOut,
    refusals=(404,),
)
def release_application(expert_id: int) -> Reply:
    """Give it back to the others."""
    services.release_application(here.work(), Item(here.actor(), expert_id))
    return _application(expert_id)


@operation(
    "POST",
    "/moderation/experts/<int:expert_id>/verdict",
    tag=TAG,
    roles=(ADMIN,),
    scope=Scope.MODERATION,
    answer=ApplicationOut,
    refusals=(404, 409, 412),
)
def vet(expert_id: int, body: NewVetting) -> Reply:
    """Decide on an application.

    With If-Match, only on the version that was read. The second admin gets 409.
    """
    item = queries.application_item(here.work(), here.actor(), expert_id)
    check_match(etag_of_item(item))
    command = Decide(here.actor(), item.id, item.version, Verdict(body.decision), body.reason or "", body.note)
    services.decide_application(here.work(), command)
    return _application(expert_id)


def _application(expert_id: int) -> Reply:
    item = queries.application_item(here.work(), here.actor(), expert_id)
    out = shown(
        ApplicationOut,
        item,
        claimed_by=item.claim.name if item.claim else None,
        fields=[field_out(each) for each in item.fields],
    )
    return Reply(out, etag=etag_of_item(item))
