"""Webhooks: the programs that hear of events, made, tried, switched on, given another secret, with their logs."""

from dataclasses import dataclass

from flask import Blueprint, make_response, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.domain.errors import Conflict, Invalid
from marketplace.domain.webhooks import MOST_ENDPOINTS
from marketplace.queries import webhooks as queries
from marketplace.queries.webhooks import ShownWebhook, WebhookPage
from marketplace.sentences import EVENTS
from marketplace.services import webhooks
from marketplace.services.webhooks import AddWebhook, OwnWebhook, Replay
from marketplace.web.errors import show_on
from marketplace.web.here import Answer, actor, allow, done, page, status_for, work
from marketplace.web.incoming import whole
from marketplace.web.webhooks_forms import WebhookForm
from marketplace.web.webhooks_words import delivery_state, delivery_trouble

blueprint = Blueprint("webhooks", __name__, url_prefix="/account/webhooks")

BOTH = (Role.LEAD, Role.EXPERT)


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """All of one's own."""

    webhooks: tuple[ShownWebhook, ...]
    most: int = MOST_ENDPOINTS


@dataclass(frozen=True, slots=True)
class SecretPage:
    """A secret, this once, and the webhook that it belongs to; `renewed`: it had another before."""

    webhook_id: int
    secret: str
    renewed: bool


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "event_words": _event_words,
        "delivery_state": delivery_state,
        "delivery_trouble": delivery_trouble,
    }


@blueprint.get("")
@allow(*BOTH)
def index() -> Answer:
    """One's own, and how each does."""
    return page("webhooks/index.html", WebhooksPage(queries.own_webhooks(work(), actor())))


@blueprint.route("/new", methods=["GET", "POST"])
@allow(*BOTH)
def new() -> Answer:
    """Add one; the page that answers is the only one that ever shows its secret."""
    form = WebhookForm(actor().role)
    if form.validate_on_submit():
        command = AddWebhook(actor(), form.url.data or "", tuple(form.events.data or ()))
        try:
            added = webhooks.add_webhook(work(), command)
        except (Invalid, Conflict) as refusal:
            show_on(form, refusal)
        else:
            return _shown_once(SecretPage(added.id, added.secret, renewed=False))
    return page("webhooks/new.html", form=form, status=status_for(form))


@blueprint.get("/<int:webhook_id>")
@allow(*BOTH)
def show(webhook_id: int) -> Answer:
    """One of them, with the newest lines of its log; `?before=` goes further back."""
    return page("webhooks/show.html", _page(webhook_id))


@blueprint.post("/<int:webhook_id>/test")
@allow(*BOTH)
def try_out(webhook_id: int) -> Answer:
    """Send a message that means nothing."""
    webhooks.try_webhook(work(), OwnWebhook(actor(), webhook_id))
    return _back(webhook_id, gettext("A test is on its way. Its line in the log says how it went."))


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/replay")
@allow(*BOTH)
def replay(webhook_id: int, delivery_id: int) -> Answer:
    """Send a message once more."""
    webhooks.replay(work(), Replay(actor(), webhook_id, delivery_id))
    return _back(webhook_id, gettext("It is on its way once more, as a new line of the log."))


@blueprint.post("/<int:webhook_id>/secret")
@allow(*BOTH)
def renew(webhook_id: int) -> Answer:
    """Another secret; the one before is good for a day more."""
    secret = webhooks.renew_secret(work(), OwnWebhook(actor(), webhook_id))
    return _shown_once(SecretPage(webhook_id, secret, renewed=True))


@blueprint.post("/<int:webhook_id>/enabling")
@allow(*BOTH)
def enable(webhook_id: int) -> Answer:
    """Let it hear of events again."""
    webhooks.enable_webhook(work(), OwnWebhook(actor(), webhook_id))
    return _back(webhook_id, gettext("The webhook is switched on again."))


@blueprint.post("/<int:webhook_id>/deletion")
@allow(*BOTH)
def remove(webhook_id: int) -> Answer:
    """Forget it with its log."""
    webhooks.remove_webhook(work(), OwnWebhook(actor(), webhook_id))
    return done(url_for("webhooks.index"), gettext("The webhook is deleted, and its log with it."))


def _event_words(name: str) -> str:
    """What an event is, in words; the words are marked for the catalogue where they stand."""
    return str(gettext(EVENTS[name]))


def _page(webhook_id: int) -> WebhookPage:
    before = request.args.get("before")
    return queries.webhook_page(work(), actor(), webhook_id, whole(before) if before else None)


def _back(webhook_id: int, words: str) -> Response:
    return done(url_for("webhooks.show", webhook_id=webhook_id), words)


def _shown_once(made: SecretPage) -> Response:
    response = make_response(page("webhooks/secret.html", made, status=201))
    response.headers["Cache-Control"] = "no-store"
    return response
