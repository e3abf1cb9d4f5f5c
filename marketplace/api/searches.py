"""Saved searches: keep one, have its letters stopped or sent again, forget it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from marketplace.api import here
from marketplace.api.operation import EXPERT, LEAD, Reply, operation
from marketplace.api.shapes import Id, In, Line, Minor, Out, shown
from marketplace.domain.errors import NotFound
from marketplace.domain.tokens import Scope
from marketplace.queries.filters import LENGTHS, RATINGS, Ask
from marketplace.queries.saved_searches import Saved, saved_page
from marketplace.queries.search_address import WORDS_LENGTH, address
from marketplace.services import saved_searches as services
from marketplace.services.saved_searches import LABEL_LENGTH
from marketplace.wording import Translator, one_line

TAG = "search"
BOTH = (LEAD, EXPERT)
MOST_CHOICES = 20


def _offered(stars: float) -> float:
    if stars not in RATINGS:
        raise PydanticCustomError("enum", "one of the page's choices")
    return stars


Stars = Annotated[float, AfterValidator(_offered), Field(json_schema_extra={"enum": sorted(RATINGS)})]


class NewSearch(In):
    """What to look for again and again: the filters of the search page. Empty: any."""

    q: Annotated[Line, Field(max_length=WORDS_LENGTH)] = ""
    topics: Annotated[list[Id], Field(max_length=MOST_CHOICES)] = Field([])
    languages: Annotated[list[Literal["fr", "en"]], Field(max_length=2)] = Field([])
    formats: Annotated[list[Literal["remote", "onsite"]], Field(max_length=2)] = Field([])
    cities: Annotated[list[Annotated[Line, Field(min_length=1, max_length=80)]], Field(max_length=MOST_CHOICES)] = (
        Field([])
    )
    lengths: Annotated[list[Literal[60, 90, 120, 150, 180, 210, 240]], Field(max_length=len(LENGTHS))] = Field([])
    min_price_minor: Minor | None = None
    max_price_minor: Minor | None = None
    min_rating: Stars | None = None
    free_within_days: Literal[7, 14, 28] | None = None
    sort: Literal["relevance", "slot", "price", "rating"] = "relevance"
    label: Annotated[Line, Field(max_length=LABEL_LENGTH, description="Without one, its words.")] = ""


class Switch(In):
    """On or off."""

    on: bool


class SavedOut(Out):
    """A saved search. `url` is its page; `alerts`: whether letters tell of new offerings, once a day at most."""

    id: int
    label: str
    url: str
    alerts: bool
    created_at: datetime


class SavedSearches(Out):
    """One's own saved searches, newest first."""

    items: list[SavedOut]


@operation("GET", "/me/searches", tag=TAG, roles=BOTH, scope=Scope.READ, answer=SavedSearches)
def read_searches() -> SavedSearches:
    """List one's own saved searches."""
    return _all()


@operation(
    "POST", "/me/searches", tag=TAG, roles=BOTH, scope=Scope.REQUESTS, answer=SavedOut, status=201, refusals=(409,)
)
def save_search(body: NewSearch) -> SavedOut:
    """Save a search, with letters; the same one twice is one."""
    label = body.label or one_line(body.q) or Translator(here.language()).gettext("All offerings")
    query = address(_ask(body)).partition("?")[2]
    saved_id = services.save(here.work(), services.Save(here.actor(), query, label))
    return _one(saved_id)


@operation(
    "POST",
    "/me/searches/<int:search_id>/alerts",
    tag=TAG,
    roles=BOTH,
    scope=Scope.REQUESTS,
    answer=SavedOut,
    refusals=(404,),
)
def switch_alerts(search_id: int, body: Switch) -> SavedOut:
    """Have letters about new offerings sent, or no more."""
    services.alerts(here.work(), services.Alerts(here.actor(), search_id, body.on))
    return _one(search_id)


@operation(
    "DELETE",
    "/me/searches/<int:search_id>",
    tag=TAG,
    roles=BOTH,
    scope=Scope.REQUESTS,
    status=204,
    refusals=(404,),
)
def forget_search(search_id: int) -> Reply:
    """Forget a saved search."""
    services.forget(here.work(), services.Forget(here.actor(), search_id))
    return Reply()


def _ask(body: NewSearch) -> Ask:
    return Ask(
        words=one_line(body.q),
        topics=tuple(dict.fromkeys(body.topics)),
        languages=tuple(dict.fromkeys(body.languages)),
        formats=tuple(dict.fromkeys(body.formats)),
        cities=tuple(dict.fromkeys(body.cities)),
        price_min=body.min_price_minor or None,
        price_max=body.max_price_minor or None,
        lengths=tuple(dict.fromkeys(body.lengths)),
        rating=float(body.min_rating or 0),
        days=body.free_within_days or 0,
        sort=body.sort,
    )


def _all() -> SavedSearches:
    return SavedSearches(items=[_out(each) for each in saved_page(here.work(), here.actor()).searches])


def _one(search_id: int) -> SavedOut:
    found = [each for each in _all().items if each.id == search_id]
    if not found:
        raise NotFound("saved_search_unknown")
    return found[0]


def _out(saved: Saved) -> SavedOut:
    return shown(SavedOut, saved, url=f"{here.work().base_url}{saved.href}")
