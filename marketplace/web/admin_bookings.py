"""For admins: all bookings, one with its books, and whether the machinery is well."""

from functools import partial

from flask import Blueprint, request, url_for
from flask_babel import gettext
from flask_wtf import FlaskForm

from marketplace.domain.access import Role
from marketplace.domain.booking import BookingState
from marketplace.queries.admin_bookings import booking_accounts, bookings_page
from marketplace.queries.money import health
from marketplace.services.alerts import SettleAlert, settle
from marketplace.services.audits import AskForBooks, ask_for_books
from marketplace.services.retries import RetryNotice, RetryOperation, retry_notice, retry_operation
from marketplace.web.admin_words import (
    ALERTS,
    BEATS,
    CASES,
    CHECKS,
    DISPUTES,
    ENTRIES,
    GAUGES,
    LEDGER_ACCOUNTS,
    OPERATION_STATES,
    OPERATIONS,
    PARTS,
    STATE_NAMES,
    named,
    story_state,
    story_words,
)
from marketplace.web.here import Answer, actor, allow, done, page, work

blueprint = Blueprint("admin_bookings", __name__, url_prefix="/admin")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "booking_states": tuple(BookingState),
        "state_name": partial(named, STATE_NAMES),
        "alert_label": partial(named, ALERTS),
        "gauge_label": partial(named, GAUGES),
        "ledger_label": partial(named, LEDGER_ACCOUNTS),
        "operation_label": partial(named, OPERATIONS),
        "operation_state": partial(named, OPERATION_STATES),
        "entry_label": partial(named, ENTRIES),
        "beat_label": partial(named, BEATS),
        "check_label": partial(named, CHECKS),
        "case_label": partial(named, CASES),
        "dispute_label": partial(named, DISPUTES),
        "part_label": partial(named, PARTS),
        "story_words": story_words,
        "story_state": story_state,
    }


@blueprint.get("/bookings")
@allow(Role.ADMIN)
def index() -> Answer:
    """All bookings; `?state=` and `?words=` filter, an unknown state is ignored."""
    state = request.args.get("state", "")
    shown = bookings_page(
        work(),
        actor(),
        state=state if state in tuple(BookingState) else "",
        words=request.args.get("words", "")[:80],
        page_number=request.args.get("page", 1, type=int),
    )
    return page("admin_bookings/index.html", shown)


@blueprint.get("/bookings/<int:booking_id>")
@allow(Role.ADMIN)
def show(booking_id: int) -> Answer:
    """One booking: timeline, operations, postings."""
    shown = booking_accounts(work(), actor(), booking_id)
    return page("admin_bookings/show.html", shown, form=FlaskForm(formdata=None))


@blueprint.get("/health")
@allow(Role.ADMIN)
def machinery() -> Answer:
    """Alerts, queues and books."""
    return page("admin_bookings/health.html", health(work(), actor()), form=FlaskForm(formdata=None))


@blueprint.post("/operations/<int:operation_id>/retry")
@allow(Role.ADMIN)
def try_again(operation_id: int) -> Answer:
    """Have Stripe asked at once."""
    known = retry_operation(work(), RetryOperation(actor(), operation_id))
    message = gettext("Stripe answered.") if known else gettext("Stripe gave no clear answer. We go on trying.")
    return done(_back(), message, "ok" if known else "warn")


@blueprint.post("/notices/<notice_id>/retry")
@allow(Role.ADMIN)
def hear_again(notice_id: str) -> Answer:
    """Give a parked notice to the worker again."""
    retry_notice(work(), RetryNotice(actor(), notice_id))
    return done(url_for("admin_bookings.machinery"), gettext("The notice is handled again."))


@blueprint.post("/books")
@allow(Role.ADMIN)
def look_at_books() -> Answer:
    """Have the worker compare with Stripe and check every rule now, instead of once a day."""
    ask_for_books(work(), AskForBooks(actor()))
    return done(url_for("admin_bookings.machinery"), gettext("The worker looks at the books within a minute."))


@blueprint.post("/alerts/<int:alert_id>/settlement")
@allow(Role.ADMIN)
def settle_alert(alert_id: int) -> Answer:
    """An admin has dealt with it."""
    settle(work(), SettleAlert(actor(), alert_id))
    return done(url_for("admin_bookings.machinery"), gettext("Settled. It comes back if it happens again."))


def _back() -> str:
    """Where the button was: a booking's page, or the health page."""
    booking_id = request.form.get("booking", type=int)
    if booking_id is None:
        return url_for("admin_bookings.machinery")
    return url_for("admin_bookings.show", booking_id=booking_id)
