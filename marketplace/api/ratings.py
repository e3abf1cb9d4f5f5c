"""Ratings: what leads said of an offering, rating a session, replying once."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api import cursors, here
from marketplace.api.here import PUBLIC
from marketplace.api.operation import EXPERT, LEAD, Reply, operation
from marketplace.api.paging import place_after, stretch
from marketplace.api.shapes import In, Listed, Out, Paged, Says, Text, shown
from marketplace.domain.rating import COMMENT_LENGTH, DIMENSIONS, NOTE_LENGTH, REPLY_LENGTH, Side
from marketplace.domain.tokens import Scope
from marketplace.queries.offering_ratings import offering_ratings
from marketplace.queries.ratings import ShownRating, standing_page
from marketplace.services import ratings as services

TAG = "ratings"
Stars = Annotated[int, Field(ge=1, le=5)]
Dimension = Literal[
    "depth", "clarity", "preparation", "usefulness", "punctuality", "brief_quality", "respect", "openness"
]


class RatingOut(Out):
    """A revealed rating by a lead."""

    id: int
    stars: int
    comment: str
    author: str
    given_at: datetime
    reply: str


class RatingsOut(Listed[RatingOut]):
    """Ratings, newest first, with how many there are and their plain mean."""

    count: int
    mean: float | None


class NewRating(In):
    """What one side says of the other. Sealed until both are in or the window shuts."""

    overall: Annotated[Stars, Says("rating_out_of_range")]
    dimensions: dict[Dimension, Stars] = Field(
        description=f"Leads answer {', '.join(DIMENSIONS[Side.LEAD])}; experts {', '.join(DIMENSIONS[Side.EXPERT])}."
    )
    comment: Annotated[Text, Field(max_length=COMMENT_LENGTH), Says("text_too_long")] = ""
    private_note: Annotated[Text, Field(max_length=NOTE_LENGTH), Says("text_too_long")] = ""
    recommend: bool = Field(description="Told to nobody but us.")


class Rated(Out):
    """Whether this was the second rating: then both are open now."""

    revealed: bool


class NewReply(In):
    """The one public answer to a rating."""

    text: Annotated[Text, Field(min_length=1, max_length=REPLY_LENGTH), Says("reply_length")]


class ReceivedRating(Out):
    """A revealed rating of oneself; the private note is for one's own eyes."""

    id: int
    author: str
    company: str
    overall: int
    dimensions: dict[str, int]
    comment: str
    private_note: str
    revealed_at: datetime
    reply: str
    replied_at: datetime | None


class Parts(Out):
    """What the standing is made of, in basis points."""

    quality: int = Field(description="All the others in one: what the ranking uses.")
    stars: int = Field(description="Bayesian mean of the revealed ratings.")
    recommend: int = Field(description="The private answers: would you again?")
    reliability: int = Field(description="Held, cancelled late, not come.")
    response: int = Field(description="Answers to requests and invitations.")
    load: int = Field(description="How booked: a full calendar steps back a little.")


class StandingOut(Out):
    """One's own standing with every part of it."""

    parts: Parts | None = Field(description="Null before there is anything to go by.")
    mean_stars: float | None
    ratings: int
    held: int
    late_cancellations: int
    received: list[ReceivedRating]


@operation("GET", "/offerings/<int:offering_id>/ratings", tag=TAG, roles=(PUBLIC,), answer=RatingsOut, refusals=(404,))
def read_ratings(offering_id: int, query: Paged) -> RatingsOut:
    """List what leads said of sessions on an offering."""
    kind = f"ratings {offering_id}"
    page = offering_ratings(here.work(), offering_id, place_after(kind, query), query.limit + 1)
    few, last = stretch(page.shown, query.limit)
    return RatingsOut(
        items=[shown(RatingOut, each) for each in few],
        next=cursors.written(kind, last.given_at.isoformat(), last.id) if last else None,
        count=page.count,
        mean=page.mean,
    )


@operation(
    "POST",
    "/bookings/<int:booking_id>/rating",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.RATINGS,
    answer=Rated,
    status=201,
    refusals=(404, 409),
)
def rate(booking_id: int, body: NewRating) -> Rated:
    """Rate the other side of a session, once, within 14 days."""
    command = services.Rate(
        here.actor(),
        booking_id,
        body.overall,
        {str(name): stars for name, stars in body.dimensions.items()},
        body.comment,
        body.private_note,
        body.recommend,
    )
    return Rated(revealed=services.rate(here.work(), command))


@operation(
    "POST",
    "/ratings/<int:rating_id>/reply",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.RATINGS,
    status=204,
    refusals=(404, 409),
)
def reply(rating_id: int, body: NewReply) -> Reply:
    """Answer a rating of oneself in public, once."""
    services.reply(here.work(), services.Reply(here.actor(), rating_id, body.text))
    return Reply()


@operation("GET", "/me/standing", tag=TAG, roles=(LEAD, EXPERT), scope=Scope.READ, answer=StandingOut)
def standing() -> StandingOut:
    """Read one's own standing with every part of the score."""
    page = standing_page(here.work(), here.actor())
    return shown(
        StandingOut,
        page,
        parts=shown(Parts, page.parts) if page.parts else None,
        ratings=page.count,
        received=[_received(each) for each in page.received],
    )


def _received(each: ShownRating) -> ReceivedRating:
    return shown(ReceivedRating, each, id=each.rating_id, dimensions=dict(each.dimensions))
