"""Sessions as they come in and go out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from marketplace.api.shapes import Id, In, Line, Listed, Minor, Moment, Out, Says, Text
from marketplace.services.bookings.problems import LONGEST_WORDS
from marketplace.services.bookings.reserving import LONGEST_PO_NUMBER, LONGEST_TEXT

Answer = Annotated[Text, Field(max_length=LONGEST_TEXT)]
MOST_ANSWERS = 3
LONGEST_REASON = 1_000


class NewBooking(In):
    """The slot that a lead wants. One answer to each of the offering's questions."""

    offering_id: Id
    starts_at: Moment
    answers: Annotated[list[Answer], Field(max_length=MOST_ANSWERS), Says("too_many_answers")] = Field([])
    objective: Annotated[Text, Field(max_length=LONGEST_TEXT), Says("text_too_long")] = Field(
        "", description="What shall be achieved; without it, what the request says."
    )
    format: Literal["remote", "onsite"] | None = Field(None, description="Without it, the offering's; remote if both.")
    request_id: Id | None = None
    po_number: Annotated[Line, Field(max_length=LONGEST_PO_NUMBER), Says("po_number_too_long")] = ""
    expected_gross_minor: Minor | None = Field(None, description="The price that was read: 409 if it is another now.")


class Reason(In):
    """Why; the other side reads it."""

    reason: Annotated[Text, Field(max_length=LONGEST_REASON), Says("text_too_long")] = ""


class Cancellation(Reason):
    """Why; and what was said to come back, so that nobody cancels under another policy than they read."""

    expected_refund_minor: Minor | None = None


class MoneyOut(Out):
    """A session's money in cents: the price, and what of it was sent to the expert."""

    currency: str
    net: int
    vat: int
    gross: int
    commission: int
    commission_vat: int
    payout: int
    share: int
    released_at: datetime | None


class MoneyStepOut(Out):
    """One movement of the money: when, what, how much (cents) and why."""

    at: datetime
    kind: str
    amount: int
    why: str


class AnsweredOut(Out):
    """A question of the expert and the lead's answer."""

    question: str
    answer: str


class StepOut(Out):
    """One step of the session's life."""

    at: datetime
    move: str
    by: str


class PolicyOut(Out):
    """Up to and including the moment, cancelling brings so many basis points back."""

    moment: datetime
    refund_bp: int


class SeenRating(Out):
    """A revealed rating of this session."""

    id: int
    overall: int
    dimensions: dict[str, int]
    comment: str
    private_note: str
    reply: str


class RatingsSeen(Out):
    """The session's ratings, as far as they are open. `state`: open, sealed, revealed, closed or early."""

    state: str
    rate_by: datetime | None
    theirs: SeenRating | None
    mine: SeenRating | None


class CaseOut(Out):
    """What one side reported, what the other answered, and the verdict. `side`: who opened it; `mine`: the caller."""

    id: int
    kind: str
    side: str
    mine: bool
    opened_at: datetime
    words: str
    answered_at: datetime | None
    answer: str
    settled_at: datetime | None
    verdict: str
    reason: str
    may_answer: bool


class BookingOut(Out):
    """A session in full. `can` names the moves open to the caller now."""

    id: int
    reference: str
    offering_id: int
    title: str
    state: str
    outcome: str = Field(description="The state, or what it is about to become.")
    starts_at: datetime
    ends_at: datetime
    format: str
    city: str
    lead: str
    expert: str
    expert_id: int
    company: str
    objective: str
    answers: list[AnsweredOut]
    po_number: str
    room_url: str | None
    hold_until: datetime
    accept_by: datetime | None
    checkout_url: str | None = Field(description="Where the lead pays, while that is due.")
    refund: int = Field(description="What cancelling now brings back, in cents.")
    reason: str
    can: list[str]
    money: MoneyOut
    story: list[MoneyStepOut] = Field(description="Every movement of the money so far.")
    policy: list[PolicyOut]
    timeline: list[StepOut]
    ratings: RatingsSeen | None
    cases: list[CaseOut] = Field(description="Problems and absences that were reported, and what became of them.")
    url: str


class BookingLine(Out):
    """A session in the list."""

    id: int
    reference: str
    offering_id: int
    title: str
    other: str
    starts_at: datetime
    ends_at: datetime
    state: str
    outcome: str
    gross_minor: int
    currency: str


class Bookings(Listed[BookingLine]):
    """Sessions, the latest start first."""


class NewProblem(In):
    """What went wrong; an admin reads it, and the money stands still until then."""

    words: Annotated[Text, Field(min_length=1, max_length=LONGEST_WORDS)]
