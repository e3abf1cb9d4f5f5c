"""Sessions: book, answer, withdraw, cancel, pay again."""

from marketplace.api import cursors, here
from marketplace.api.bookings_shapes import (
    AnsweredOut,
    BookingLine,
    BookingOut,
    Bookings,
    Cancellation,
    CaseOut,
    MoneyOut,
    MoneyStepOut,
    NewBooking,
    NewProblem,
    PolicyOut,
    RatingsSeen,
    Reason,
    SeenRating,
    StepOut,
)
from marketplace.api.operation import EVERYBODY, EXPERT, LEAD, Reply, operation
from marketplace.api.paging import place_after, stretch
from marketplace.api.shapes import Paged, shown
from marketplace.domain.tokens import Scope
from marketplace.queries.booking_page import Draft, booking_draft
from marketplace.queries.ratings import ShownRating
from marketplace.queries.session_list import session_list
from marketplace.queries.session_page import SessionPage, session_page
from marketplace.services import bookings as services
from marketplace.services.bookings import Reserve, Reserved, reserve

TAG = "bookings"


@operation(
    "POST",
    "/bookings",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    status=201,
    refusals=(404, 409),
)
def book(body: NewBooking) -> Reply:
    """Hold a slot for 15 minutes; the lead pays at `checkout_url`.

    409 `slot_taken` names the nearest free slots.
    """
    draft = booking_draft(here.work(), here.actor(), body.offering_id, body.request_id)
    held = reserve(here.work(), _command(body, draft))
    return _to_pay(held)


@operation("GET", "/bookings", tag=TAG, roles=(LEAD, EXPERT), scope=Scope.READ, answer=Bookings)
def read_bookings(query: Paged) -> Bookings:
    """List one's own sessions."""
    rows = session_list(here.work(), here.actor(), place_after("bookings", query), query.limit + 1)
    few, last = stretch(rows, query.limit)
    return Bookings(
        items=[shown(BookingLine, each) for each in few],
        next=cursors.written("bookings", last.starts_at.isoformat(), last.id) if last else None,
    )


@operation(
    "GET",
    "/bookings/<int:booking_id>",
    tag=TAG,
    roles=EVERYBODY,
    scope=Scope.READ,
    answer=BookingOut,
    refusals=(404,),
)
def read_booking(booking_id: int) -> BookingOut:
    """Read a session in full."""
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/acceptance",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def accept(booking_id: int) -> BookingOut:
    """Accept: the card is charged."""
    services.accept(here.work(), services.Answer(here.actor(), booking_id))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/refusal",
    tag=TAG,
    roles=(EXPERT,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def decline(booking_id: int, body: Reason) -> BookingOut:
    """Decline: the card's hold is released and the slot is free."""
    services.decline(here.work(), services.Answer(here.actor(), booking_id, body.reason))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/withdrawal",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def withdraw(booking_id: int, body: Reason) -> BookingOut:
    """Take a request back before the expert has answered."""
    services.withdraw(here.work(), services.Answer(here.actor(), booking_id, body.reason))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/cancellation",
    tag=TAG,
    roles=EVERYBODY,
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def cancel(booking_id: int, body: Cancellation) -> BookingOut:
    """Cancel a confirmed session; the policy frozen on it says what comes back."""
    command = services.Cancel(here.actor(), booking_id, body.reason, body.expected_refund_minor)
    services.cancel(here.work(), command)
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/payment",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def pay_again(booking_id: int) -> Reply:
    """Get a new payment page after the bank refused."""
    return _to_pay(services.pay_again(here.work(), services.Again(here.actor(), booking_id)))


@operation(
    "POST",
    "/bookings/<int:booking_id>/release",
    tag=TAG,
    roles=(LEAD,),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def give_up(booking_id: int) -> BookingOut:
    """Let an unpaid slot go."""
    services.give_up(here.work(), services.Again(here.actor(), booking_id))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/problem",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def report_problem(booking_id: int, body: NewProblem) -> BookingOut:
    """Say that something went wrong: the money stands still until an admin has decided."""
    services.report_problem(here.work(), services.Problem(here.actor(), booking_id, body.words))
    return booking_out(booking_id)


@operation(
    "POST",
    "/bookings/<int:booking_id>/problem/answer",
    tag=TAG,
    roles=(LEAD, EXPERT),
    scope=Scope.BOOKINGS,
    answer=BookingOut,
    refusals=(404, 409),
)
def answer_problem(booking_id: int, body: NewProblem) -> BookingOut:
    """Say how one saw what the other side has reported: once, as long as nothing is decided."""
    services.answer_problem(here.work(), services.Problem(here.actor(), booking_id, body.words))
    return booking_out(booking_id)


def booking_out(booking_id: int) -> BookingOut:
    """A session as the caller may see it; `NotFound` for anybody else's."""
    page = session_page(here.work(), here.actor(), booking_id, here.zone())
    return shown(
        BookingOut,
        page,
        answers=[AnsweredOut(question=question, answer=answer) for question, answer in page.answers],
        can=sorted(page.can),
        money=shown(MoneyOut, page.money),
        story=[shown(MoneyStepOut, each) for each in page.story],
        policy=[shown(PolicyOut, each) for each in page.policy],
        timeline=[shown(StepOut, each) for each in page.timeline],
        ratings=_ratings(page),
        cases=[shown(CaseOut, each) for each in page.cases],
        url=f"{here.work().base_url}/bookings/{page.id}",
    )


def _command(body: NewBooking, draft: Draft) -> Reserve:
    return Reserve(
        actor=here.actor(),
        offering_id=body.offering_id,
        starts_at=body.starts_at,
        format=body.format or draft.format,
        objective=body.objective or draft.objective,
        answers=tuple(body.answers),
        po_number=body.po_number,
        brief_id=body.request_id,
        shown_gross_minor=body.expected_gross_minor,
    )


def _to_pay(held: Reserved) -> Reply:
    out = booking_out(held.booking_id).model_copy(update={"checkout_url": held.checkout_url})
    return Reply(out, location=f"/api/v1/bookings/{held.booking_id}")


def _ratings(page: SessionPage) -> RatingsSeen | None:
    if page.ratings is None:
        return None
    return shown(RatingsSeen, page.ratings, theirs=_seen(page.ratings.theirs), mine=_seen(page.ratings.mine))


def _seen(rating: ShownRating | None) -> SeenRating | None:
    if rating is None:
        return None
    return shown(SeenRating, rating, id=rating.rating_id, dimensions=dict(rating.dimensions))
