"""Rate a session, reply to a rating, see one's own standing."""

from dataclasses import dataclass

from flask import Blueprint, url_for
from flask_babel import gettext

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict
from marketplace.queries.ratings import StandingPage, rating_form, standing_page
from marketplace.services import ratings
from marketplace.web.here import Answer, actor, allow, done, page, work
from marketplace.web.ratings_forms import RATING_FORMS, ReplyForm

blueprint = Blueprint("ratings", __name__)

# Why there is no form, by the state of the page.
REFUSALS = {
    "early": "rating_too_early",
    "never": "rating_not_held",
    "closed": "rating_closed",
    "revealed": "rating_closed",
    "sealed": "already_rated",
}


@dataclass(frozen=True, slots=True)
class StandingShown:
    """One's own standing, and the rating whose reply was sent and has to be put right."""

    standing: StandingPage
    replying_to: int | None = None


@blueprint.get("/bookings/<int:booking_id>/rating")
@allow(Role.LEAD, Role.EXPERT)
def ask(booking_id: int) -> Answer:
    """The rating form, or a word on why there is none."""
    shown = rating_form(work(), actor(), booking_id)
    return page("ratings/ask.html", shown, form=RATING_FORMS[shown.side](formdata=None))


@blueprint.post("/bookings/<int:booking_id>/rating")
@allow(Role.LEAD, Role.EXPERT)
def rate(booking_id: int) -> Answer:
    """Take the rating in."""
    shown = rating_form(work(), actor(), booking_id)
    if shown.state in REFUSALS:  # before the answers are read: they would not help
        raise Conflict(REFUSALS[shown.state])
    form = RATING_FORMS[shown.side]()
    if not form.validate_on_submit():
        return page("ratings/ask.html", shown, form=form, status=422)
    opened = ratings.rate(
        work(),
        ratings.Rate(
            actor(),
            booking_id,
            int(form.overall.data),
            form.dimensions(),
            form.comment.data or "",
            form.private_note.data or "",
            form.recommend.data == "yes",
        ),
    )
    thanks = (
        gettext("Thank you. Both ratings are open now.") if opened else gettext("Thank you. Your rating is sealed.")
    )
    return done(url_for("bookings.show", booking_id=booking_id), thanks)


@blueprint.get("/standing")
@allow(Role.LEAD, Role.EXPERT)
def standing() -> Answer:
    """One's own standing with every part of it, and what people said."""
    return page("ratings/standing.html", StandingShown(standing_page(work(), actor())), form=ReplyForm(formdata=None))


@blueprint.post("/ratings/<int:rating_id>/reply")
@allow(Role.LEAD, Role.EXPERT)
def reply(rating_id: int) -> Answer:
    """Answer once in public."""
    form = ReplyForm()
    if not form.validate_on_submit():
        shown = StandingShown(standing_page(work(), actor()), rating_id)
        return page("ratings/standing.html", shown, form=form, status=422)
    ratings.reply(work(), ratings.Reply(actor(), rating_id, form.text.data or ""))
    return done(url_for("ratings.standing"), gettext("Your reply stands below the rating."))
