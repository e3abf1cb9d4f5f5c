"""Requests: publish, read with matches, invite, propose, answer."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api import cursors, here
from marketplace.api.cards import Card, card_out
from marketplace.api.operation import EXPERT, LEAD, Reply, operation
from marketplace.api.paging import id_after, stretch
from marketplace.api.shapes import Id, In, Line, Listed, Out, Paged, Says, Text, shown
from marketplace.domain.brief import (
    CITY_LENGTH,
    HIGHEST_BUDGET_MINOR,
    MOST_PARTICIPANTS,
    OBJECTIVES_LENGTH,
    PROBLEM_LENGTH,
    SHORTEST_PROBLEM,
    TITLE_LENGTH,
    BriefText,
)
from marketplace.domain.tokens import Scope
from marketplace.queries import briefs as queries
from marketplace.queries.briefs import Answerable
from marketplace.services import briefs as services
from marketplace.services.briefs import NOTE_LENGTH

TAG = "requests"
Note = Annotated[Text, Field(max_length=NOTE_LENGTH), Says("text_too_long")]


class NewRequest(In):
    """What a lead looks for."""

    title: Annotated[Line, Field(min_length=1, max_length=TITLE_LENGTH), Says("brief_title")]
    problem: Annotated[Text, Field(min_length=SHORTEST_PROBLEM, max_length=PROBLEM_LENGTH), Says("brief_problem")]
    objectives: Annotated[Text, Field(max_length=OBJECTIVES_LENGTH), Says("text_too_long")] = ""
    level: Literal["beginner", "practising", "advanced"] = "practising"
    language: Literal["", "fr", "en"] = Field("", description="Of the session; empty for any.")
    earliest: date | None = None
    latest: date | None = None
    budget_minor: Annotated[int, Field(ge=1, le=HIGHEST_BUDGET_MINOR), Says("brief_budget")] | None = Field(
        None, description="Without VAT, in cents; null for no limit."
    )
    format: Literal["", "remote", "onsite"] = ""
    city: Annotated[Line, Field(max_length=CITY_LENGTH), Says("text_too_long")] = ""
    participants: Annotated[int, Field(ge=1, le=MOST_PARTICIPANTS), Says("brief_participants")] = 1


class RequestLine(Out):
    """A request in the list."""

    id: int
    title: str
    state: str
    matches: int
    proposals: int
    created_at: datetime
    expires_at: datetime


class Requests(Listed[RequestLine]):
    """The lead's requests, newest first."""


class InvitationOut(Out):
    """An invitation or a proposal, and what became of it."""

    id: int
    kind: Literal["invitation", "proposal"]
    state: str
    note: str
    expires_at: datetime
    request_id: int
    request_title: str
    offering_id: int
    offering_title: str
    expert_name: str
    lead_name: str


class RequestOut(Out):
    """A request. To an expert whom it fits, with their own invitation and proposal."""

    id: int
    state: str
    title: str
    problem: str
    objectives: str
    level: str
    language: str
    earliest: date | None
    latest: date | None
    budget_minor: int | None
    format: str
    city: str
    participants: int
    expires_at: datetime
    invitations: list[InvitationOut]
    proposals: list[InvitationOut]
    fitting_offerings: list[int] = Field(description="To an expert: their own offerings that fit.")


class Matches(Listed[Card]):
    """The offerings that fit, best first, each with its reasons and next free slots."""


class NewInvitation(In):
    """Ask the expert behind an offering to answer."""

    offering_id: Id
    note: Note = ""


class Made(Out):
    """The id of what was made."""

    id: int


class NewAnswer(In):
    """Yes or no."""

    accept: bool


class FittingOut(Out):
    """A request that fits one of the expert's offerings."""

    request_id: int
    title: str
    company: str
    expires_at: datetime
    offering_id: int
    offering_title: str
    is_proposed: bool


class Inbox(Out):
    """What waits for an expert."""

    invitations: list[InvitationOut]
    fitting: list[FittingOut]
    proposals: list[InvitationOut]


@operation("POST", "/requests", tag=TAG, roles=(LEAD,), scope=Scope.REQUESTS, answer=RequestOut, status=201)
def publish_request(body: NewRequest) -> Reply:
    """Publish a request; the worker matches it at once."""
    text = BriefText(**body.model_dump())
    brief_id = services.publish(here.work(), services.Publish(here.actor(), text, here.zone()))
    return Reply(_own(brief_id), location=f"/api/v1/requests/{brief_id}")


@operation("GET", "/requests", tag=TAG, roles=(LEAD,), scope=Scope.READ, answer=Requests)
def read_requests(query: Paged) -> Requests:
    """List one's own requests."""
    page = queries.brief_list(here.work(), here.actor(), id_after("requests", query), query.limit + 1)
    few, last = stretch(page.briefs, query.limit)
    return Requests(
        items=[shown(RequestLine, each, id=each.brief_id) for each in few],
        next=cursors.written("requests", last.brief_id) if last else None,
    )


@operation(
    "GET",
    "/requests/<int:request_id>",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.READ,
    answer=RequestOut,
    refusals=(404,),
)
def read_request(request_id: int) -> RequestOut:
    """Read one's own request, or, as an expert, one that fits."""
    return _own(request_id) if here.actor().role is LEAD else _fitting(request_id)


@operation(
    "GET",
    "/requests/<int:request_id>/matches",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.READ,
    answer=Matches,
    refusals=(404,),
)
def read_matches(request_id: int) -> Matches:
    """List the offerings that fit."""
    page = queries.brief_page(here.work(), here.actor(), request_id, here.language(), here.zone())
    return Matches(items=[card_out(card) for card in page.matches])


@operation(
    "POST",
    "/requests/<int:request_id>/invitations",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.REQUESTS,
    answer=Made,
    status=201,
    refusals=(404, 409),
)
def invite(request_id: int, body: NewInvitation) -> Made:
    """Invite the expert behind an offering."""
    command = services.Invite(here.actor(), request_id, body.offering_id, body.note)
    return Made(id=services.invite(here.work(), command))


@operation(
    "POST",
    "/requests/<int:request_id>/closing",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.REQUESTS,
    answer=RequestOut,
    refusals=(404, 409),
)
def close_request(request_id: int) -> RequestOut:
    """Stop looking."""
    services.close(here.work(), services.Close(here.actor(), request_id))
    return _own(request_id)


@operation(
    "POST",
    "/requests/<int:request_id>/proposals",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.REQUESTS,
    answer=Made,
    status=201,
    refusals=(404, 409),
)
def propose(request_id: int, body: NewInvitation) -> Made:
    """Propose oneself for a request that fits."""
    command = services.Propose(here.actor(), request_id, body.offering_id, body.note)
    return Made(id=services.propose(here.work(), command))


@operation("GET", "/me/requests", tag=TAG, roles=(EXPERT,), scope=Scope.READ, answer=Inbox)
def inbox() -> Inbox:
    """Read what waits for an expert: invitations, requests that fit, own proposals."""
    page = queries.inbox(here.work(), here.actor())
    return Inbox(
        invitations=[_invitation(each) for each in page.invitations],
        fitting=[shown(FittingOut, each, request_id=each.brief_id) for each in page.fitting],
        proposals=[_invitation(each) for each in page.proposals],
    )


@operation(
    "POST",
    "/invitations/<int:invitation_id>/answer",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.REQUESTS,
    status=204,
    refusals=(404, 409),
)
def answer_invitation(invitation_id: int, body: NewAnswer) -> Reply:
    """Answer an invitation (expert) or a proposal (lead), once."""
    services.answer(here.work(), services.Answer(here.actor(), invitation_id, body.accept))
    return Reply()


def _own(brief_id: int) -> RequestOut:
    page = queries.brief_page(here.work(), here.actor(), brief_id, here.language(), here.zone())
    return _request(page.brief_id, page.text, page.state, page.expires_at, page.answers, page.proposals)


def _fitting(brief_id: int) -> RequestOut:
    page = queries.request_for_expert(here.work(), here.actor(), brief_id)
    invitations = (page.invitation,) if page.invitation else ()
    proposals = (page.proposal,) if page.proposal else ()
    offerings = tuple(offering_id for offering_id, _ in page.offerings)
    return _request(page.brief_id, page.text, page.state, page.expires_at, invitations, proposals, offerings)


def _request(
    brief_id: int,
    text: BriefText,
    state: str,
    expires_at: datetime,
    invitations: tuple[Answerable, ...],
    proposals: tuple[Answerable, ...],
    offerings: tuple[int, ...] = (),
) -> RequestOut:
    return shown(
        RequestOut,
        text,
        id=brief_id,
        state=state,
        expires_at=expires_at,
        invitations=[_invitation(each) for each in invitations],
        proposals=[_invitation(each) for each in proposals],
        fitting_offerings=list(offerings),
    )


def _invitation(each: Answerable) -> InvitationOut:
    return shown(InvitationOut, each, id=each.invitation_id, request_id=each.brief_id, request_title=each.brief_title)
