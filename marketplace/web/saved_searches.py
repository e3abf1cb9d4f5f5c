"""Saved searches: keep one, be told of new offerings, stop."""

from urllib.parse import parse_qs

from flask import Blueprint, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from marketplace.domain.access import Role
from marketplace.queries.saved_searches import saved_page
from marketplace.queries.search_address import Reader, address
from marketplace.services import saved_searches
from marketplace.web.here import PUBLIC, Answer, actor, allow, done, page, work

blueprint = Blueprint("saved_searches", __name__)


@blueprint.get("/searches")
@allow(Role.LEAD, Role.EXPERT)
def index() -> Answer:
    """One's own."""
    return page("saved_searches/index.html", saved_page(work(), actor()))


@blueprint.post("/searches")
@allow(Role.LEAD, Role.EXPERT)
def save() -> Answer:
    """Keep the search whose address the form holds: read as the search page reads it, and written anew."""
    ask = Reader(parse_qs(request.form.get("query", "")[: saved_searches.QUERY_LENGTH])).ask()
    query = address(ask).partition("?")[2]
    label = ask.words or request.form.get("label", "")
    saved_searches.save(work(), saved_searches.Save(actor(), query, label or gettext("All offerings")))
    return done(url_for("saved_searches.index"), gettext("Saved. We write when new offerings fit, once a day at most."))


@blueprint.post("/searches/<int:saved_id>/alerts")
@allow(Role.LEAD, Role.EXPERT)
def alerts(saved_id: int) -> Answer:
    """Letters on or off."""
    wanted = request.form.get("alerts") == "on"
    saved_searches.alerts(work(), saved_searches.Alerts(actor(), saved_id, wanted))
    message = (
        gettext("We write when new offerings fit.") if wanted else gettext("We no longer write about this search.")
    )
    return done(url_for("saved_searches.index"), message)


@blueprint.post("/searches/<int:saved_id>/deletion")
@allow(Role.LEAD, Role.EXPERT)
def forget(saved_id: int) -> Answer:
    """Not wanted any more."""
    saved_searches.forget(work(), saved_searches.Forget(actor(), saved_id))
    return done(url_for("saved_searches.index"), gettext("The search is deleted."))


@blueprint.get("/searches/stop/<token>")
@allow(PUBLIC)
def ask_stop(token: str) -> Answer:
    """The link of a letter: asks first, for mail programs open links by themselves."""
    return page("saved_searches/stop.html", token)


@blueprint.post("/searches/stop/<token>")
@allow(PUBLIC)
def stop(token: str) -> Response:
    """Stop the letters, without signing in."""
    saved_searches.stop(work(), token)
    return done("/search", gettext("We no longer write about this search."))
