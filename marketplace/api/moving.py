"""Moving a session in time: the lead takes another slot, or either side proposes and the other answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from marketplace.api import here
from marketplace.api.bookings import booking_out
from marketplace.api.bookings_shapes import BookingOut
from marketplace.api.operation import EVERYBODY, EXPERT, LEAD, operation
from marketplace.api.shapes import In, Moment, Out, Says, Text, shown
from marketplace.domain.moving import LONGEST_NOTE, MOST_TIMES
from marketplace.domain.tokens import Scope
from marketplace.queries.proposals import proposals_of
from marketplace.services import bookings as services
from marketplace.services.bookings import AnswerProposal

TAG = "bookings"
BOTH = (LEAD, EXPERT)


class NewTime(In):
    """When the session shall begin instead."""

    starts_at: Moment


class NewProposal(In):
    """Up to three other starts, in the order of preference."""

    starts: Annotated[list[Moment], Field(min_length=1, max_length=MOST_TIMES), Says("times_count")]
    note: Annotated[Text, Field(max_length=LONGEST_NOTE), Says("note_too_long")] = ""


class ProposalOut(Out):
    """Other times that one side proposed."""

    id: int
    by: str
    state: str
    note: str
    starts: list[datetime]
    made_at: datetime
    expires_at: datetime


class Proposals(Out):
    """All proposals about a session, newest first."""

    items: list[ProposalOut]


@operation(
    "POST",
    "/bookings/<int:booking_id>/reschedule",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def reschedule(booking_id: int, body: NewTime) -> BookingOut:
    """Take another of the expert's free slots; at most twice, until 48 hours before.

    409 `slot_taken` names the nearest free slots. An expert proposes: `POST /bookings/{booking_id}/proposals`.
    """
    services.reschedule(here.work(), services.Reschedule(here.actor(), booking_id, body.starts_at))
    return booking_out(booking_id)


@operation(
    "GET",
    "/bookings/<int:booking_id>/proposals",
    tag=TAG,
    roles=EVERYBODY,
    scope=Scope.READ,
    answer=Proposals,
    refusals=(404,),
)
def read_proposals(booking_id: int) -> Proposals:
    """List the times that were proposed."""
    return _proposals(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/proposals",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=Proposals,
    status=201,
    refusals=(404, 409),
)
def propose_times(booking_id: int, body: NewProposal) -> Proposals:
    """Propose other times; an open proposal of the other side is answered by it."""
    services.propose(here.work(), services.Propose(here.actor(), booking_id, tuple(body.starts), body.note))
    return _proposals(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/proposals/<int:proposal_id>/acceptance",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def accept_proposal(booking_id: int, proposal_id: int, body: NewTime) -> BookingOut:
    """Take one of the proposed times: the session moves there."""
    services.accept_proposal(here.work(), AnswerProposal(here.actor(), booking_id, proposal_id, body.starts_at))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/proposals/<int:proposal_id>/refusal",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=Proposals,
    refusals=(404, 409),
)
def refuse_proposal(booking_id: int, proposal_id: int) -> Proposals:
    """Say that none of the times fits: the session stays as it is."""
    services.refuse_proposal(here.work(), AnswerProposal(here.actor(), booking_id, proposal_id))
    return _proposals(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/proposals/<int:proposal_id>/withdrawal",
    tag=TAG,
    roles=BOTH,
    scope=Scope.BOOKINGS,
    answer=Proposals,
    refusals=(404, 409),
)
def withdraw_proposal(booking_id: int, proposal_id: int) -> Proposals:
    """Take back one's own proposal."""
    services.withdraw_proposal(here.work(), AnswerProposal(here.actor(), booking_id, proposal_id))
    return _proposals(booking_id)


def _proposals(booking_id: int) -> Proposals:
    return Proposals(items=[shown(ProposalOut, each) for each in proposals_of(here.work(), here.actor(), booking_id)])
