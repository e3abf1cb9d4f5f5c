"""An offering as everybody sees it."""

from dataclasses import dataclass

from flask import Blueprint

from marketplace.domain.errors import NotFound
from marketplace.queries.cards import OfferCard
from marketplace.queries.offerings import offering_page, similar_offerings
from marketplace.web import here, offering_words
from marketplace.web.here import PUBLIC, Answer, allow, page, viewer, work

blueprint = Blueprint("offerings", __name__)
offering_words.add_filters(blueprint)


@dataclass(frozen=True, slots=True)
class Gone:
    """What to offer instead of an offering that is not on the market."""

    similar: tuple[OfferCard, ...]
    viewer: here.Viewer


@blueprint.get("/offerings/<int:offering_id>")
@blueprint.get("/offerings/<int:offering_id>-<string:slug>")
@allow(PUBLIC)
def show(offering_id: int, slug: str = "") -> Answer:
    """The offering; gone or unknown ones are a 404 with three similar ones. The words in the address are for people."""
    who = viewer()
    try:
        shown = offering_page(work(), offering_id, viewer=who.actor, language=who.language, zone=who.zone)
    except NotFound:
        return page("offerings/gone.html", Gone(similar_offerings(work(), offering_id, who.zone), who), status=404)
    return page("offerings/show.html", shown)
